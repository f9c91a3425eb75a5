"""Which windows go to which part, such that no part has seen another.

All functions give indices, ascending within a part, and depend on nothing but their arguments.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from neuralspot_edge.datasets.types import AnyArray, IntArray
from neuralspot_edge.errors import InputError

__all__ = ["FRACTIONS", "hold_out_tail", "split_by_group", "split_contiguous", "split_stratified"]

FRACTIONS = (0.6, 0.2, 0.2)
"""Train, validation and test."""

_GROUP_ORDERS = 64
_CONTIGUOUS_ROUNDS = 32


def split_by_group(
    groups: AnyArray,
    fractions: Sequence[float] = FRACTIONS,
    seed: int = 0,
    presence: npt.NDArray[np.bool_] | None = None,
) -> tuple[IntArray, ...]:
    """Splits so that all windows of a group are in one part.

    Of a number of seeded orders of the groups the one is taken that leaves the fewest classes out of a part and then
    comes nearest to the fractions, counted in windows.

    Args:
        groups: Group of each window, `(windows,)`.
        fractions: Share of each part; they sum to 1.
        seed: Another seed gives another choice of groups.
        presence: Whether each class is in each window, `(windows, classes)`; None where there are no classes.

    Returns:
        The indices of each part, none empty.

    Raises:
        InputError: There are fewer groups than parts.
    """
    names, group_of, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    if len(names) < len(fractions):
        raise InputError(
            f"{len(names)} group(s) in {len(groups)} windows cannot be split into {len(fractions)} parts of whole "
            "groups: give data of more groups, or leave the groups out to split by time"
        )
    if presence is None:
        presence = np.zeros((len(groups), 0), dtype=bool)
    classes_of = np.zeros((len(names), presence.shape[1]), dtype=bool)
    np.logical_or.at(classes_of, group_of, presence)

    rng = np.random.default_rng(seed)
    candidates = []
    for _ in range(_GROUP_ORDERS):
        order = rng.permutation(len(names))
        parts = np.split(order, _group_borders(sizes[order], fractions))
        missing = sum(int((~classes_of[part].any(axis=0)).sum()) for part in parts)
        error = sum(abs(sizes[part].sum() / len(groups) - share) for part, share in zip(parts, fractions, strict=True))
        candidates.append((missing, round(float(error), 9), parts))
    best = min(candidates, key=lambda candidate: candidate[:2])[2]
    return tuple(np.flatnonzero(np.isin(group_of, part)) for part in best)


def _group_borders(sizes: IntArray, fractions: Sequence[float]) -> list[int]:
    """Where to cut a row of groups so that no part is empty and the sizes come near to the fractions."""
    ends = np.cumsum(sizes)
    borders: list[int] = []
    for index in range(len(fractions) - 1):
        low = (borders[-1] if borders else 0) + 1
        high = len(sizes) - (len(fractions) - 1 - index)
        target = sum(fractions[: index + 1]) * ends[-1]
        borders.append(low + int(np.argmin(np.abs(ends[low - 1 : high] - target))))
    return borders


def split_contiguous(starts: IntArray, window: int, fractions: Sequence[float] = FRACTIONS) -> tuple[IntArray, ...]:
    """Splits in order of time; windows that share steps with an earlier part are dropped.

    Args:
        starts: First step of each window on one clock, ascending, `(windows,)`.
        window: Steps in a window.
        fractions: Share of each part among the windows that are kept.

    Returns:
        The indices of each part. A part is empty where the time is too short for all of them.
    """
    # How many windows the borders cost depends on where they are, and where they are on how many remain.
    kept = len(starts)
    parts: tuple[IntArray, ...] = ()
    for _ in range(_CONTIGUOUS_ROUNDS):
        parts = _parts_in_order(starts, window, _part_sizes(kept, fractions))
        used = sum(map(len, parts))
        if used == kept and all(map(len, parts)):
            break
        kept = used if used != kept else kept - 1
    return parts


def _parts_in_order(starts: IntArray, window: int, sizes: Sequence[int]) -> tuple[IntArray, ...]:
    parts = []
    begin = 0
    for size in sizes[:-1]:
        end = min(begin + size, len(starts))
        parts.append(np.arange(begin, end))
        begin = int(np.searchsorted(starts, starts[end - 1] + window)) if end else 0
    return (*parts, np.arange(begin, len(starts)))


def _part_sizes(count: int, fractions: Sequence[float]) -> list[int]:
    """`count` shared out by the fractions, each part at least 1, the last one the rest."""
    sizes: list[int] = []
    for index, share in enumerate(fractions[:-1]):
        room = count - sum(sizes) - (len(fractions) - 1 - index)
        sizes.append(max(1, min(round(share * count), room)))
    return [*sizes, max(1, count - sum(sizes))]


def split_stratified(y: IntArray, fraction: float, seed: int) -> tuple[IntArray, IntArray]:
    """Holds out a seeded choice with the same share of every class.

    Args:
        y: Class of each series, `(series,)`.
        fraction: Share to hold out of each class: at least one of every class that has two or more.
        seed: Another seed gives another choice.

    Returns:
        The indices that stay and those held out.
    """
    rng = np.random.default_rng(seed)
    held = []
    for label in np.unique(y):
        members = rng.permutation(np.flatnonzero(y == label))
        count = min(max(1, round(fraction * len(members))), len(members) - 1)
        held.append(members[:count])
    held_out = np.sort(np.concatenate(held))
    return np.setdiff1d(np.arange(len(y)), held_out), held_out


def hold_out_tail(starts: IntArray, window: int, strata: IntArray, fraction: float = 0.2) -> tuple[IntArray, IntArray]:
    """Holds out the last windows of every stratum, without those that share steps with a window that stays.

    Args:
        starts: First step of each window on one clock, ascending, `(windows,)`.
        window: Steps in a window.
        strata: Class of each window, or all zero where there are none, `(windows,)`.
        fraction: Share to hold out of each stratum.

    Returns:
        The indices that stay and those held out; the latter are empty where everything overlaps.
    """
    held = np.zeros(len(starts), dtype=bool)
    for label in np.unique(strata):
        members = np.flatnonzero(strata == label)
        count = min(max(1, round(fraction * len(members))), len(members) - 1)
        held[members[len(members) - count :]] = True
    staying = starts[~held]
    before = np.searchsorted(staying, starts - window, side="right")
    after = np.searchsorted(staying, starts + window, side="left")
    return np.flatnonzero(~held), np.flatnonzero(held & (before == after))
