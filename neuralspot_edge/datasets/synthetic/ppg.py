"""Photoplethysmogram: a systolic and a diastolic Gaussian for each beat, disturbed by motion.

The shape is the two-Gaussian pulse of Q. Tang, Z. Chen, R. Ward, M. Elgendi, "Synthetic photoplethysmogram generation
using two Gaussian functions", Scientific Reports 10, 13883, 2020, with ranges of our own for the subjects.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neuralspot_edge.datasets.synthetic.heart import Rhythm, beat_phase
from neuralspot_edge.datasets.synthetic.subjects import SUBJECTS, record_split, slow_noise
from neuralspot_edge.datasets.types import Split

__all__ = ["SAMPLING_RATE", "load_denoise"]

SAMPLING_RATE = 50.0

_Signal = npt.NDArray[np.float64]


def _clean(rng: np.random.Generator, times: _Signal) -> _Signal:
    """A pulse wave with peaks of about 1."""
    rhythm = Rhythm.draw(rng)
    phase = beat_phase(rng, rhythm, times)
    centres = np.array([rng.uniform(-0.9, -0.6), rng.uniform(0.8, 1.3)])
    widths = np.array([rng.uniform(0.45, 0.6), rng.uniform(0.7, 0.95)])
    heights = np.array([1.0, rng.uniform(0.25, 0.5)])
    distance = np.angle(np.exp(1j * (phase[:, None] - centres)))
    pulse = np.exp(-0.5 * (distance / widths) ** 2) @ heights
    breath = 1 + 0.1 * np.sin(2 * np.pi * (rhythm.breath * times + rng.uniform()))
    return np.asarray(pulse * breath)


def _motion(rng: np.random.Generator, times: _Signal) -> _Signal:
    """Bursts of arm swing at the cadence of walking with its harmonic, while the rest of the time is still."""
    duration = times[-1] - times[0]
    motion = np.zeros(len(times))
    for _ in range(max(1, round(duration / 8))):
        centre, length = rng.uniform(times[0], times[-1]), rng.uniform(2, 6)
        inside = np.clip((times - centre) / length + 0.5, 0, 1)
        cadence = rng.uniform(0.8, 2.5)
        swing = np.sin(2 * np.pi * cadence * times + rng.uniform(0, 2 * np.pi))
        swing += 0.5 * np.sin(4 * np.pi * cadence * times + rng.uniform(0, 2 * np.pi))
        motion += rng.uniform(0.3, 1.2) * np.sin(np.pi * inside) ** 2 * swing
    return motion


def _record(rng: np.random.Generator, steps: int) -> tuple[_Signal, _Signal]:
    times = np.arange(steps) / SAMPLING_RATE
    clean = _clean(rng, times)
    wander = slow_noise(rng, times, 0.05, 0.4, rng.uniform(0.05, 0.2))
    noise = rng.uniform(0.01, 0.05) * rng.standard_normal(steps)
    return (clean + wander + _motion(rng, times) + noise)[:, None], clean[:, None]


def load_denoise(window: int, hop: int, seed: int) -> tuple[Split, Split, Split]:
    """Windows of disturbed pulse wave with the clean wave as target, float32 `(windows, window, 1)`."""
    train, validation, test = (record_split(_record, part, window, hop, seed) for part in SUBJECTS.values())
    return train, validation, test
