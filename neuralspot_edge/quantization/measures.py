"""How far the values of an int8 model are from the unrounded ones, and samples in batches that fit into memory."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

__all__ = ["batches", "relative", "relative_error", "sqnr_db"]


def batches(samples: Sequence[np.ndarray], size: int = 64) -> Iterator[list[np.ndarray]]:
    """A few samples of each input at a time: what is computed of all of them may not fit into memory."""
    for begin in range(0, len(samples[0]), size):
        yield [x[begin : begin + size] for x in samples]


def relative(error: float, power: float) -> float:
    """The square of an error over that of what it is the error of; infinite where something stands for nothing."""
    if power:
        return error / power
    return math.inf if error else 0.0


def relative_error(received: np.ndarray, expected: np.ndarray) -> float:
    """The squares of all differences over the squares of what was expected."""
    real = expected.astype(np.float64)
    return relative(float(np.square(received - real).sum()), float(np.square(real).sum()))


def sqnr_db(error: float) -> float:
    """A relative mean square error in dB: infinite where there is none."""
    return -10 * math.log10(error) if error > 0 else math.inf
