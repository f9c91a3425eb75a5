"""Where each buffer lies: the placement that TFLite Micro's `greedy_memory_planner.cc` makes."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Buffer", "place"]


@dataclass(frozen=True)
class Buffer:
    """What the planner is asked to place.

    Attributes:
        size: Bytes.
        first: The first scope in which it is needed.
        last: The last scope in which it is needed.
        fixed_offset: Where it must lie, if an offline plan in the file says so.
    """

    size: int
    first: int
    last: int
    fixed_offset: int | None = None


def place(buffers: Sequence[Buffer]) -> tuple[int, ...]:
    """Places buffers greedily: the largest first, each in the first gap between those that live at the same time.

    Args:
        buffers: In the order in which TFLite Micro adds them: of two of one size, it places the later first.

    Returns:
        The offset of each, in bytes.
    """
    fixed = [index for index, buffer in enumerate(buffers) if buffer.fixed_offset is not None]
    free = [index for index, buffer in enumerate(buffers) if buffer.fixed_offset is None]
    free.sort(key=lambda index: (-buffers[index].size, -index))
    offsets = [0] * len(buffers)
    placed: list[tuple[int, int]] = []  # Offset and order of placement: stable where offsets are equal.
    order = [*fixed, *free]
    for rank, index in enumerate(order):
        buffer = buffers[index]
        if buffer.fixed_offset is None:
            alive = ((at, buffers[order[other]]) for at, other in placed)
            offsets[index] = _first_gap(buffer, [(at, other) for at, other in alive if _overlap(buffer, other)])
        else:
            offsets[index] = buffer.fixed_offset
        bisect.insort(placed, (offsets[index], rank))
    return tuple(offsets)


def _first_gap(buffer: Buffer, alive: Sequence[tuple[int, Buffer]]) -> int:
    """The lowest offset that is free beside buffers sorted by theirs."""
    candidate = 0
    for offset, other in alive:
        if offset - candidate >= buffer.size:
            break
        candidate = max(candidate, offset + other.size)
    return candidate


def _overlap(one: Buffer, other: Buffer) -> bool:
    return one.first <= other.last and other.first <= one.last
