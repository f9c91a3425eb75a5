"""Windows of a fixed length over a longer signal."""

from __future__ import annotations

import operator

import numpy as np

from neuralspot_edge.datasets.types import AnyArray, IntArray
from neuralspot_edge.errors import InputError

__all__ = ["check_memory", "check_seed", "check_whole", "check_window", "sliding_windows", "window_starts"]

_MOST_GIB = 8.0


def check_window(window: int, hop: int | None) -> tuple[int, int]:
    """The window and the hop as integers of at least 1; a hop of None is the window.

    Raises:
        InputError: One of them is not a whole number of at least 1.
    """
    return _whole("window", window, 1), _whole("hop", window if hop is None else hop, 1)


def check_whole(window: int, hop: int) -> None:
    """Refuses a hop where each sequence is a window by itself.

    Raises:
        InputError: There is one that is not the window.
    """
    if hop != window:
        raise InputError(f"hop is for windows over one signal, here each sequence is one: leave out hop {hop}")


def check_memory(windows: int, values: int) -> None:
    """Refuses arrays of float32 that would not fit into memory.

    Args:
        windows: How many windows there are.
        values: Numbers in each.

    Raises:
        InputError: They take more than 8 GiB.
    """
    size = windows * values * 4 / 2**30
    if size > _MOST_GIB:
        raise InputError(
            f"{windows:,} windows of {values:,} numbers take {size:,.1f} GiB, allowed are {_MOST_GIB:g}: ask for fewer "
            "or for shorter ones"
        )


def check_seed(seed: int) -> int:
    """The seed as an integer of at least 0.

    Raises:
        InputError: It is not one.
    """
    return _whole("seed", seed, 0)


def _whole(name: str, value: object, least: int) -> int:
    try:
        number = operator.index(value)  # type: ignore[arg-type]  # what is no integer is the case handled here
    except TypeError:
        number = least - 1
    if number < least or isinstance(value, bool):
        raise InputError(f"{name} must be a whole number of at least {least}; received {value!r}")
    return number


def window_starts(length: int, window: int, hop: int) -> IntArray:
    """First step of every whole window in `length` steps; empty where `length` is less than `window`."""
    return np.arange(0, length - window + 1, hop, dtype=np.int64)


def sliding_windows(x: AnyArray, window: int, hop: int | None = None) -> AnyArray:
    """Cuts a signal into windows; steps after the last whole window are left out.

    Args:
        x: The signal, `(time, ...)`.
        window: Steps in a window.
        hop: Steps from one window to the next; None is `window`, so that windows do not overlap.

    Returns:
        A copy of shape `(windows, window, ...)`.

    Raises:
        InputError: `window` or `hop` is below 1, or `x` is shorter than a window.
    """
    x = np.asarray(x)
    window, hop = check_window(window, hop)
    length = len(x) if x.ndim else 0
    if length < window:
        raise InputError(f"window {window} is longer than the signal of {length} steps: choose a shorter window")
    return x[window_starts(length, window, hop)[:, None] + np.arange(window)]
