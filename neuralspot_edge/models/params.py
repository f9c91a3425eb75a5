"""What the params of all families share. No Keras here."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from neuralspot_edge.strict import Count, Flag, Number, Rate, StrictModel, Text, explain, validate

__all__ = [
    "Activation",
    "Count",
    "DilationRate",
    "Flag",
    "KernelSize",
    "Number",
    "OutputActivation",
    "ParamsWarning",
    "Rate",
    "StrictModel",
    "Text",
    "explain",
    "time_of",
    "validate",
]

Activation = Literal[
    "celu",
    "elu",
    "gelu",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "softplus",
    "softsign",
    "swish",
    "tanh",
]
OutputActivation = Activation | Literal["softmax", "log_softmax"]


class ParamsWarning(UserWarning):
    """Params that are legal but hardly meant: a field that its block type ignores, a part that spoils causality."""


_Kernel = Annotated[int, Field(strict=True, ge=1, le=1024)]
KernelSize = _Kernel | tuple[_Kernel, _Kernel]
"""A kernel size, an int or a pair (height, time); a JSON list is a pair."""

_Dilation = Annotated[int, Field(strict=True, ge=1, le=65536)]
DilationRate = _Dilation | tuple[_Dilation, _Dilation]
"""A dilation rate, an int or a pair (height, time)."""


def time_of(pair: int | tuple[int, int]) -> int:
    """The extent along time of a `KernelSize` or a `DilationRate`."""
    return pair if isinstance(pair, int) else pair[1]
