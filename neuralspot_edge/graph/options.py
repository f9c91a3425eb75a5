"""The builtin options of an operator as plain values by name."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from neuralspot_edge.graph.enums import enum_name

__all__ = ["read_options"]

_ENUMS = {
    "padding": "Padding",
    "fusedActivationFunction": "ActivationFunctionType",
    "mode": "MirrorPadMode",
    "kernelType": "LSTMKernelType",
    "weightsFormat": "FullyConnectedOptionsWeightsFormat",
    "inDataType": "TensorType",
    "outDataType": "TensorType",
    "outputType": "TensorType",
    "outType": "TensorType",
}


def read_options(packed: Any) -> Mapping[str, Any]:
    """The options of a schema operator.

    Args:
        packed: An `OperatorT`. A damaged file may hold no options, or those of another operator; they are given as
            they are.

    Returns:
        Value by field name in snake_case: numbers, names of enumerations, text, tuples; None where a field is absent
        or a table of its own.

    Raises:
        InputError: A padding, activation or type is none that the schema knows.
    """
    options = packed.builtinOptions if packed.builtinOptions is not None else packed.builtinOptions2
    fields = {} if options is None else vars(options)
    return MappingProxyType({_snake_case(name): _value(name, value) for name, value in fields.items()})


def _value(name: str, value: Any) -> Any:
    if name in _ENUMS and isinstance(value, int):
        return enum_name(_ENUMS[name], value)
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, np.ndarray):
        return tuple(value.tolist())
    return None


@functools.cache
def _snake_case(name: str) -> str:
    return re.sub(r"(?=[A-Z])", "_", name).lower()
