"""Vibration of rotating machines: shaft harmonics, and in the test split the faults of a bearing and of imbalance.

A damaged outer race strikes once for each ball that passes and rings the housing: a train of decaying resonances, after
P. D. McFadden, J. D. Smith, "Model for the vibration produced by a single point defect in a rolling element bearing",
Journal of Sound and Vibration 96(1), 1984. Imbalance raises the radial vibration at the shaft's own frequency.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from neuralspot_edge.datasets.synthetic.subjects import SUBJECTS, WINDOWS_PER_SUBJECT, record_split
from neuralspot_edge.datasets.types import Split

__all__ = ["CLASSES", "SAMPLING_RATE", "load_anomaly"]

SAMPLING_RATE = 1600.0
CLASSES = ("normal", "faulty")

_Signal = npt.NDArray[np.float64]
_Condition: TypeAlias = Literal["normal", "bearing", "imbalance"]
_HARMONICS = np.array([1.0, 2.0, 3.0, 4.0])


@dataclass(frozen=True, eq=False)
class _Machine:
    """One machine, sound or not.

    Attributes:
        shaft: Revolutions per second.
        amplitudes: Acceleration of each shaft harmonic on each axis in g, `(4, 3)`.
        phases: Their phases in radians, `(4, 3)`.
        noise: Deviation of the background in g.
        ball_pass: Strikes of a damaged outer race per revolution.
        resonance: Frequency in Hz at which the housing rings.
        damping: Its decay per second.
    """

    shaft: float
    amplitudes: _Signal
    phases: _Signal
    noise: float
    ball_pass: float
    resonance: float
    damping: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> _Machine:
        per_axis = np.array([1.0, 0.9, 0.4]) * rng.uniform(0.8, 1.2, size=3)
        per_harmonic = np.array([0.12, 0.06, 0.04, 0.02]) * rng.uniform(0.7, 1.3, size=4)
        return cls(
            shaft=rng.uniform(23, 30),
            amplitudes=per_harmonic[:, None] * per_axis,
            phases=rng.uniform(0, 2 * np.pi, size=(4, 3)),
            noise=rng.uniform(0.02, 0.04),
            ball_pass=rng.uniform(3.0, 3.6),
            resonance=rng.uniform(380, 520),
            damping=rng.uniform(150, 300),
        )

    def turning(self, revolutions: _Signal, imbalance: float) -> _Signal:
        """Shaft harmonics in g, `(steps, 3)`; imbalance multiplies the first one on the two radial axes."""
        amplitudes = self.amplitudes.copy()
        amplitudes[0, :2] *= imbalance
        angles = 2 * np.pi * revolutions[:, None, None] * _HARMONICS[:, None] + self.phases
        return np.asarray((amplitudes * np.sin(angles)).sum(axis=1))

    def striking(self, rng: np.random.Generator, revolutions: _Signal, times: _Signal) -> _Signal:
        """Strikes of a damaged bearing in g, `(steps, 3)`."""
        strikes = revolutions * self.ball_pass
        first = np.flatnonzero(np.diff(np.floor(strikes)) > 0) + 1
        impulses = np.zeros(len(times))
        impulses[first] = rng.uniform(0.2, 0.5, size=len(first))
        ring_time = times[times < 5 / self.damping]
        ring = np.exp(-self.damping * ring_time) * np.sin(2 * np.pi * self.resonance * ring_time)
        return np.asarray(np.convolve(impulses, ring)[: len(times), None] * np.array([0.8, 1.0, 0.3]))


def _record(rng: np.random.Generator, steps: int, condition: _Condition) -> tuple[_Signal, npt.NDArray[np.int64]]:
    machine = _Machine.draw(rng)
    times = np.arange(steps) / SAMPLING_RATE
    slip = 0.01 * np.sin(2 * np.pi * (rng.uniform(0.1, 0.5) * times + rng.uniform()))
    revolutions = np.cumsum(machine.shaft * (1 + slip)) / SAMPLING_RATE
    samples = machine.turning(revolutions, rng.uniform(1.6, 2.5) if condition == "imbalance" else 1.0)
    if condition == "bearing":
        samples = samples + machine.striking(rng, revolutions, times)
    samples = samples + machine.noise * rng.standard_normal(samples.shape)
    return samples, np.full(steps, int(condition != "normal"), dtype=np.int64)


def _load_part(conditions: dict[_Condition, tuple[range, int]], window: int, hop: int, seed: int) -> Split:
    """Windows of the machines under each condition, with one label each."""
    splits = [
        record_split(partial(_record, condition=condition), machines, window, hop, seed, windows=windows)
        for condition, (machines, windows) in conditions.items()
    ]
    y = np.concatenate([split.y[:, 0] for split in splits if split.y is not None])
    groups = np.concatenate([split.groups for split in splits if split.groups is not None])
    return Split(np.concatenate([split.x for split in splits]), y, groups)


def load_anomaly(window: int, hop: int, seed: int) -> tuple[Split, Split, Split]:
    """Windows of three axes, 0 for normal and 1 for faulty, int64 `(windows,)`.

    Train and validation are normal only. Each machine of the test split is there before and after its fault, half of
    them with a damaged bearing, half with imbalance.
    """
    tested, half = SUBJECTS["test"], WINDOWS_PER_SUBJECT // 2
    train = _load_part({"normal": (SUBJECTS["train"], WINDOWS_PER_SUBJECT)}, window, hop, seed)
    validation = _load_part({"normal": (SUBJECTS["validation"], WINDOWS_PER_SUBJECT)}, window, hop, seed)
    test = _load_part(
        {"normal": (tested, half), "bearing": (tested[::2], half), "imbalance": (tested[1::2], half)},
        window,
        hop,
        seed,
    )
    return train, validation, test
