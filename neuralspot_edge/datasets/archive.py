"""Public time series that aeon's wheel carries: loaded from the installed package, never from the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neuralspot_edge.datasets.splits import split_stratified
from neuralspot_edge.datasets.types import FloatArray, IntArray, Split
from neuralspot_edge.datasets.windows import sliding_windows
from neuralspot_edge.errors import InputError

__all__ = ["ArchiveLoader"]

_VALIDATION = 0.2


@dataclass(frozen=True)
class ArchiveLoader:
    """Loads one problem of the UCR/UEA archive.

    Attributes:
        function: Name of the loader in `aeon.datasets`.
        labels: The archive's name of each class, in the order of our classes.
        length: Steps of a series; shorter ones are padded with zeros at the end.
    """

    function: str
    labels: tuple[str, ...]
    length: int

    def __call__(self, window: int, hop: int, seed: int) -> tuple[Split, Split, Split]:
        """Windows with the class of their series, int64 `(windows,)`.

        The archive's test split stays what it is; validation is a fifth of each class of its training split.

        Raises:
            InputError: aeon is not installed, or `window` is longer than the series.
        """
        if window > self.length:
            raise InputError(f"window {window} is longer than the series of {self.length} steps: at most {self.length}")
        x, y = self._series("train")
        stay, held_out = split_stratified(y, _VALIDATION, seed)
        x_test, y_test = self._series("test")
        return (
            _windows(x[stay], y[stay], window, hop),
            _windows(x[held_out], y[held_out], window, hop),
            _windows(x_test, y_test, window, hop),
        )

    def _series(self, part: str) -> tuple[FloatArray, IntArray]:
        try:
            from aeon import datasets
        except ImportError as error:
            raise InputError(
                'this data set comes with the package aeon, which is not installed: pip install "neuralspot-edge[data]"'
            ) from error
        series, labels = getattr(datasets, self.function)(split=part)
        y = np.array([self.labels.index(str(label)) for label in labels], dtype=np.int64)
        return _padded(series, self.length), y


def _padded(series: Sequence[FloatArray], length: int) -> FloatArray:
    """Series of `(channels, time)` as one array `(series, length, channels)`, zeros after the end of short ones."""
    x = np.zeros((len(series), length, len(series[0])), dtype=np.float32)
    for row, values in zip(x, series, strict=True):
        row[: values.shape[1]] = values.T
    return x


def _windows(x: FloatArray, y: IntArray, window: int, hop: int) -> Split:
    cut = np.concatenate([sliding_windows(series, window, hop) for series in x])
    return Split(cut, np.repeat(y, len(cut) // len(x)))
