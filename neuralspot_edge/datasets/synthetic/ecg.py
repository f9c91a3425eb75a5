"""Single-lead ECG: one Gaussian in phase for each of the P, Q, R, S and T waves.

P. E. McSharry, G. D. Clifford, L. Tarassenko, L. A. Smith, "A dynamical model for generating synthetic
electrocardiogram signals", IEEE Transactions on Biomedical Engineering 50(3), 2003. The places and widths of the waves
and their change with the heart rate are those of that model (ECGSYN). Here the waves are summed instead of integrated,
with amplitudes in mV that are usual for lead II.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuralspot_edge.datasets.synthetic.heart import Rhythm, beat_phase
from neuralspot_edge.datasets.synthetic.subjects import SUBJECTS, Recorder, record_split, slow_noise
from neuralspot_edge.datasets.types import Split

__all__ = ["SAMPLING_RATE", "WAVE_CLASSES", "load_denoise", "load_qrs", "load_segmentation"]

SAMPLING_RATE = 100.0
WAVE_CLASSES = ("none", "p-wave", "qrs", "t-wave")

_Signal = npt.NDArray[np.float64]

# One entry for each of P, Q, R, S, T.
_CENTRES = np.deg2rad([-70.0, -15.0, 0.0, 15.0, 100.0])
_WIDTHS = np.array([0.25, 0.1, 0.1, 0.1, 0.4])
_AMPLITUDES = np.array([0.16, -0.12, 1.1, -0.25, 0.32])
_REACH = 1.5
"""A wave lasts from so many widths before its centre to so many after: at 60 beats P 120, QRS 130, T 190 ms."""


@dataclass(frozen=True, eq=False)
class _Heart:
    """The ECG of one subject.

    Attributes:
        rhythm: How it beats.
        centres: Phase of each wave in radians, `(5,)`.
        widths: Deviation of each Gaussian in radians, `(5,)`.
        amplitudes: Height of each wave in mV, `(5,)`.
    """

    rhythm: Rhythm
    centres: _Signal
    widths: _Signal
    amplitudes: _Signal

    @classmethod
    def draw(cls, rng: np.random.Generator) -> _Heart:
        rhythm = Rhythm.draw(rng)
        # ECGSYN: at a faster rate the waves take a larger share of the beat.
        stretch = np.sqrt(rhythm.rate / 60)
        shift = np.array([np.sqrt(stretch), stretch, 1, stretch, np.sqrt(stretch)])
        return cls(
            rhythm=rhythm,
            centres=_CENTRES * shift * rng.uniform(0.95, 1.05, size=5),
            widths=_WIDTHS * stretch * rng.uniform(0.85, 1.1, size=5),
            amplitudes=_AMPLITUDES * rng.uniform(0.7, 1.3, size=5),
        )

    def signal(self, phase: _Signal) -> _Signal:
        """Millivolts at each phase, `(steps,)`."""
        # The phase is a circle: the nearest way from a wave's centre may lead over its end.
        distance = np.angle(np.exp(1j * (phase[:, None] - self.centres)))
        return np.asarray(np.exp(-0.5 * (distance / self.widths) ** 2) @ self.amplitudes)

    def labels(self, phase: _Signal) -> npt.NDArray[np.int64]:
        """Index in `WAVE_CLASSES` at each phase, `(steps,)`."""
        begin = self.centres - _REACH * self.widths
        end = self.centres + _REACH * self.widths
        classes = np.zeros(len(phase), dtype=np.int64)
        for label, (first, last) in enumerate([(0, 0), (1, 3), (4, 4)], start=1):
            classes[(phase >= begin[first]) & (phase <= end[last])] = label
        return classes


def _clean(rng: np.random.Generator, steps: int) -> tuple[_Signal, npt.NDArray[np.int64]]:
    times = np.arange(steps) / SAMPLING_RATE
    heart = _Heart.draw(rng)
    phase = beat_phase(rng, heart.rhythm, times)
    return heart.signal(phase), heart.labels(phase)


def _disturbance(rng: np.random.Generator, steps: int, strength: float) -> _Signal:
    """Baseline wander, muscle bursts and sensor noise in mV."""
    times = np.arange(steps) / SAMPLING_RATE
    wander = slow_noise(rng, times, 0.05, 0.5, strength * rng.uniform(0.05, 0.2))
    envelope = np.clip(slow_noise(rng, times, 0.05, 0.4, 1.0), 0, None)
    muscle = strength * rng.uniform(0.02, 0.06) * envelope * rng.standard_normal(steps)
    return wander + muscle + strength * rng.uniform(0.01, 0.04) * rng.standard_normal(steps)


def _record_segmentation(rng: np.random.Generator, steps: int) -> tuple[_Signal, npt.NDArray[np.int64]]:
    signal, labels = _clean(rng, steps)
    return (signal + _disturbance(rng, steps, 1.0))[:, None], labels


def _record_qrs(rng: np.random.Generator, steps: int) -> tuple[_Signal, npt.NDArray[np.int64]]:
    samples, labels = _record_segmentation(rng, steps)
    return samples, (labels == WAVE_CLASSES.index("qrs")).astype(np.int64)


def _record_denoise(rng: np.random.Generator, steps: int) -> tuple[_Signal, _Signal]:
    signal, _ = _clean(rng, steps)
    return (signal + _disturbance(rng, steps, 3.0))[:, None], signal[:, None]


def _load(record: Recorder, window: int, hop: int, seed: int) -> tuple[Split, Split, Split]:
    train, validation, test = (record_split(record, part, window, hop, seed) for part in SUBJECTS.values())
    return train, validation, test


def load_segmentation(window: int, hop: int, seed: int) -> tuple[Split, Split, Split]:
    """Windows of noisy ECG with the wave that each step belongs to, int64 `(windows, window)`."""
    return _load(_record_segmentation, window, hop, seed)


def load_qrs(window: int, hop: int, seed: int) -> tuple[Split, Split, Split]:
    """Windows of noisy ECG with 1 at the steps of a QRS complex and 0 elsewhere, int64 `(windows, window)`."""
    return _load(_record_qrs, window, hop, seed)


def load_denoise(window: int, hop: int, seed: int) -> tuple[Split, Split, Split]:
    """Windows of strongly disturbed ECG with the clean ECG in mV as target, float32 `(windows, window, 1)`."""
    return _load(_record_denoise, window, hop, seed)
