"""Splits of generated recordings, each subject in one split only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from neuralspot_edge.datasets.types import Split
from neuralspot_edge.datasets.windows import sliding_windows

__all__ = ["SUBJECTS", "WINDOWS_PER_SUBJECT", "Recorder", "record_split", "slow_noise"]

SUBJECTS: Mapping[str, range] = MappingProxyType(
    {"train": range(20), "validation": range(20, 25), "test": range(25, 35)}
)
WINDOWS_PER_SUBJECT = 30

Recorder = Callable[[np.random.Generator, int], tuple[npt.NDArray[np.float64], npt.NDArray[np.generic]]]
"""From a random generator and a number of steps to samples `(steps, channels)` and labels or targets `(steps, ...)`."""


def record_split(
    record: Recorder, subjects: Sequence[int], window: int, hop: int, seed: int, *, windows: int = WINDOWS_PER_SUBJECT
) -> Split:
    """Windows of one recording of each subject.

    Args:
        record: Makes a recording; whole numbers become int64 step labels, real ones float32 targets.
        subjects: Numbers of the subjects; each has a random generator of its own.
        window: Steps in a window.
        hop: Steps from one window to the next.
        seed: Another seed gives other subjects.
        windows: Windows of each subject.

    Returns:
        `len(subjects) * windows` windows, with the subject of each in `groups`.
    """
    steps = window + (windows - 1) * hop
    x, y = [], []
    for subject in subjects:
        samples, labels = record(np.random.default_rng((seed, subject)), steps)
        x.append(sliding_windows(samples.astype(np.float32), window, hop))
        kind = np.int64 if labels.dtype.kind in "iu" else np.float32
        y.append(sliding_windows(labels.astype(kind), window, hop))
    return Split(np.concatenate(x), np.concatenate(y), np.repeat(np.array(subjects, dtype=np.int64), windows))


def slow_noise(
    rng: np.random.Generator, times: npt.NDArray[np.float64], low: float, high: float, amplitude: float
) -> npt.NDArray[np.float64]:
    """A sum of sines with random frequencies and phases, as breath and electrodes move a baseline.

    Args:
        rng: Source of randomness.
        times: Seconds, `(steps,)`.
        low: Lowest frequency in Hz.
        high: Highest frequency in Hz.
        amplitude: Root mean square of the sum.
    """
    frequencies = rng.uniform(low, high, size=(4, 1))
    phases = rng.uniform(0, 2 * np.pi, size=(4, 1))
    waves = np.sin(2 * np.pi * frequencies * times + phases).sum(axis=0)
    return np.asarray(amplitude * waves / np.sqrt(2))
