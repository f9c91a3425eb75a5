"""The echo sequence: 0.0, 0.2, 0.4, 0.6, 0.8 is to be said after, step by step or as a whole.

As J. Brownlee, "How to Use the TimeDistributed Layer in Keras", 2017,
https://machinelearningmastery.com/timedistributed-layer-for-long-short-term-memory-networks-in-python/, sets it up: one
sequence, which is both learned and tested.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from neuralspot_edge.datasets.entry import Loaded, Request
from neuralspot_edge.datasets.types import Split
from neuralspot_edge.datasets.windows import check_whole
from neuralspot_edge.errors import InputError
from neuralspot_edge.strict import Count, StrictModel

__all__ = ["EchoOptions", "load_echo"]


class EchoOptions(StrictModel):
    """Options of the echo sequence."""

    kind: Literal["one-to-one", "many-to-one", "many-to-many"] = Field(
        default="many-to-many",
        description="one-to-one: a window for each value; many-to-one: the whole sequence in, all values out at its "
        "end; many-to-many: each value out as it comes in",
    )
    length: Annotated[Count, Field(ge=1, le=1_000_000)] = Field(default=5, description="Values of the sequence")


def load_echo(request: Request) -> Loaded:
    """Windows `(1, 1)` with targets `(1,)`, or one window `(length, 1)` with targets `(length,)` or `(length, 1)`.

    Raises:
        InputError: The window is not 1 for one-to-one, or else not the length.
    """
    kind, length = request.options.kind, request.options.length
    check_whole(request.window, request.hop)
    wanted = 1 if kind == "one-to-one" else length
    if request.window != wanted:
        raise InputError(f"window {request.window} does not suit a {kind} echo of {length} values: write {wanted}")
    values = (np.arange(length) / length).astype(np.float32)
    x = values.reshape(-1, wanted, 1)
    split = Split(x, x.copy() if kind == "many-to-many" else values.reshape(len(x), -1))
    return Loaded((split, split, split))
