"""Series of a user's file on one clock, and the windows cut from them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from neuralspot_edge.datasets.types import AnyArray, FloatArray, IntArray
from neuralspot_edge.datasets.windows import window_starts
from neuralspot_edge.errors import InputError

__all__ = ["Recordings", "Windows", "cut_windows", "from_recording", "from_series"]


@dataclass(frozen=True, eq=False)
class Recordings:
    """Series laid end to end; no window crosses from one to the next.

    Attributes:
        steps: Samples of all series, `(steps, channels)`.
        bounds: Where each series begins, and the end of the last, `(series + 1,)`.
        times: First step of each series on one clock, ascending, `(series,)`. Series cut from one signal with overlap
            are nearer to each other than their length.
        labels: As they are in the file: of each step `(steps, ...)`, or of each series `(series, ...)`; or None.
        per_step: Whether the labels are of each step.
        groups: Group of each series, `(series,)`; or None.
    """

    steps: FloatArray
    bounds: IntArray
    times: IntArray
    labels: AnyArray | None
    per_step: bool
    groups: AnyArray | None

    @property
    def lengths(self) -> IntArray:
        """Steps of each series."""
        return np.diff(self.bounds)


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows in order of time.

    Attributes:
        x: `(windows, window, channels)`.
        labels: `(windows, window, ...)` from labels of each step, or `(windows, ...)` from those of each series.
        groups: `(windows,)` or None.
        starts: First step of each on one clock, ascending, `(windows,)`.
    """

    x: FloatArray
    labels: AnyArray | None
    groups: AnyArray | None
    starts: IntArray


def from_series(x: FloatArray, labels: AnyArray | None, per_step: bool, groups: AnyArray | None) -> Recordings:
    """Recordings from series of one length.

    Args:
        x: `(series, time, channels)`.
        labels: `(series, ...)`, where `per_step` says so `(series, time, ...)`; or None.
        per_step: Whether the labels are of each step.
        groups: `(series,)` or None.
    """
    series, length, channels = x.shape
    if labels is not None and per_step:
        labels = labels.reshape(series * length, *labels.shape[2:])
    return Recordings(
        steps=x.reshape(-1, channels),
        bounds=np.arange(series + 1, dtype=np.int64) * length,
        times=np.concatenate([[0], np.cumsum(_shifts(x))]).astype(np.int64),
        labels=labels,
        per_step=per_step,
        groups=groups,
    )


def from_recording(
    steps: FloatArray, labels: AnyArray | None, groups: AnyArray | None, breaks: IntArray | None = None
) -> Recordings:
    """Recordings from one signal, a new series wherever the group changes.

    Args:
        steps: `(time, channels)`.
        labels: `(time, ...)` or None.
        groups: Group of each step, `(time,)`; or None.
        breaks: Further steps at which a series begins.
    """
    begins = [np.zeros(1, dtype=np.int64)]
    if groups is not None:
        begins.append(np.flatnonzero(groups[1:] != groups[:-1]) + 1)
    if breaks is not None:
        begins.append(breaks)
    first = np.unique(np.concatenate(begins))
    return Recordings(
        steps=steps,
        bounds=np.append(first, len(steps)),
        times=first,
        labels=labels,
        per_step=True,
        groups=None if groups is None else groups[first],
    )


def cut_windows(recordings: Recordings, window: int, hop: int) -> Windows:
    """Cuts every series into windows.

    Series shorter than a window are left out with a warning.

    Raises:
        InputError: All series are shorter than a window.
    """
    lengths = recordings.lengths
    if lengths.max() < window:
        raise InputError(
            f"window {window} is longer than the longest series of {lengths.max()} steps: choose a shorter window"
        )
    if (short := int((lengths < window).sum())) > 0:
        warnings.warn(f"{short} of {len(lengths)} series are shorter than window {window}: left out", stacklevel=2)
    local = [window_starts(int(length), window, hop) for length in lengths]
    series = np.repeat(np.arange(len(lengths)), [len(starts) for starts in local])
    offset = np.concatenate(local)
    clock = recordings.times[series] + offset
    # Series cut with overlap interleave once they are cut again, and splits need the order of time.
    order = np.argsort(clock, kind="stable")
    series, offset = series[order], offset[order]
    rows = (recordings.bounds[series] + offset)[:, None] + np.arange(window)
    labels = recordings.labels
    if labels is not None:
        labels = labels[rows] if recordings.per_step else labels[series]
    groups = None if recordings.groups is None else recordings.groups[series]
    return Windows(recordings.steps[rows], labels, groups, clock[order])


def _shifts(x: FloatArray) -> IntArray:
    """Steps from each series to the next: their length, or fewer where the next one repeats the end of this one.

    Two steps or more must agree: one alone does so by chance too often.
    """
    series, length, _ = x.shape
    shifts = np.full(series - 1, length, dtype=np.int64)
    # A signal that stands still repeats itself without being the same piece of time.
    changes = (x[:, 1:] != x[:, :-1]).any(axis=-1) * np.arange(1, length)
    last_change = changes.max(axis=1, initial=0)
    for shift in range(1, length - 1):
        pairs = np.flatnonzero((shifts == length) & (last_change[:-1] > shift))
        for place in (0, length - shift - 1):
            pairs = pairs[(x[pairs, shift + place] == x[pairs + 1, place]).all(axis=-1)]
        pairs = pairs[(x[pairs, shift:] == x[pairs + 1, : length - shift]).all(axis=(1, 2))]
        shifts[pairs] = shift
    return shifts
