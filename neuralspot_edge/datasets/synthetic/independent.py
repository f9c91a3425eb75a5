"""Splits of sequences that are drawn one by one, each independent of all others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Protocol

import numpy as np
from pydantic import Field

from neuralspot_edge.datasets.entry import Loaded, Request
from neuralspot_edge.datasets.types import Split
from neuralspot_edge.datasets.windows import check_memory, check_whole
from neuralspot_edge.strict import Count

__all__ = ["Sequences", "Sizes", "independent_splits"]

Sequences = Annotated[Count, Field(ge=1, le=10_000_000)]
"""How many sequences a split has."""


class Sizes(Protocol):
    """Options that say how many sequences each split has."""

    @property
    def train(self) -> int:
        """Sequences to learn from."""

    @property
    def validation(self) -> int:
        """Sequences for early stopping."""

    @property
    def test(self) -> int:
        """Sequences held out."""


def independent_splits(
    request: Request, sizes: Sizes, values: int, draw: Callable[[np.random.Generator, int], Split]
) -> Loaded:
    """Draws each split with a random generator of its own, so that the size of one changes no other.

    Args:
        request: What the data set is asked for.
        sizes: How many sequences each split has.
        values: Numbers in one sequence and its targets.
        draw: From a random generator and a number of sequences to a split.

    Raises:
        InputError: The request has a hop, or asks for more than fits into memory.
    """
    check_whole(request.window, request.hop)
    counts = (sizes.train, sizes.validation, sizes.test)
    check_memory(sum(counts), values)
    train, validation, test = (
        draw(np.random.default_rng((request.seed, part)), count) for part, count in enumerate(counts)
    )
    return Loaded((train, validation, test))
