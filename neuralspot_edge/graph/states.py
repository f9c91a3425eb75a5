"""How a state that goes in and out of a graph is named: an output `NAME.next` is the new value of the input `NAME`."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["NEXT", "state_pairs"]

NEXT = ".next"
"""What the name of a state's new value ends with."""


def state_pairs(input_names: Sequence[str], output_names: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """The places of each state among the inputs and the outputs, in the order of the outputs."""
    places = {f"{name}{NEXT}": index for index, name in enumerate(input_names)}
    return tuple((places[name], index) for index, name in enumerate(output_names) if name in places)
