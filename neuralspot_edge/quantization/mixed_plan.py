"""Which operators of an int8 file run in int16, so that the outputs of some layers are int16."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TypeGuard, TypeVar

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import Graph, Operator, Tensor
from neuralspot_edge.graph.layer_names import layer_of
from neuralspot_edge.graph.support.remedies import remedy_for
from neuralspot_edge.graph.support.tflm import judge_tflm
from neuralspot_edge.graph.support.verdict import Verdict
from neuralspot_edge.quantization.operators import WEIGHTED
from neuralspot_edge.quantization.placement import MOVES
from neuralspot_edge.suggestions import unknown_name

__all__ = ["CONVERSIONS", "ONE_SCALE", "Int16Plan", "is_activation", "plan_int16", "rounding_layers"]

ONE_SCALE = MOVES | {"AVERAGE_POOL_2D"}
"""Operators whose kernels take input and output to have one scale, in int16 as in int8."""

CONVERSIONS = ("QUANTIZE", "DEQUANTIZE")
"""Operators that read int16 and int8 alike, and write another type."""

_ALIKE = (
    ONE_SCALE
    | {"ABS", "ADD", "LEAKY_RELU", "LOGISTIC", "MEAN", "MUL", "PRELU", "RELU", "RELU6", "SOFTMAX", "SUB", "TANH"}
    | {*WEIGHTED}
)
"""Kinds that TensorFlow Lite Micro and LiteRT's reference kernels run in int16 with one result.

The tests ask both. Others that TensorFlow Lite Micro takes cannot be verified: LiteRT has no SQUARED_DIFFERENCE in
int16, and its RSQRT and SUM overflow.
"""


AnyTensor = TypeVar("AnyTensor", Tensor, Tensor | None)


@dataclass(frozen=True)
class Int16Plan:
    """What becomes int16.

    Attributes:
        operators: Indices of the operators that run in int16.
        layers: Which of the chosen layers computed a tensor, by the index of each that is int16 for whoever reads it.
    """

    operators: frozenset[int]
    layers: Mapping[int, str]


def rounding_layers(graph: Graph) -> dict[str, list[Operator]]:
    """The operators that round to int8, by layer, as `Study.layers` names them."""
    found: dict[str, list[Operator]] = {}
    for operator in graph.operators:
        if operator.kind not in MOVES and any(is_activation(tensor) for tensor in operator.outputs):
            found.setdefault(_name(operator), []).append(operator)
    return found


def plan_int16(graph: Graph, layers: Collection[str]) -> Int16Plan:
    """Follows the outputs of some layers to all that reads them.

    Args:
        graph: An int8 file.
        layers: Names from `rounding_layers`.

    Raises:
        InputError: The file is none of int8, or has control flow; there is no such layer; or an operator of it, or one
            that reads it, does not run in int16.
    """
    named = _named(graph, layers)
    operators: set[int] = set()
    wide: dict[int, str] = {}
    for operator in graph.operators:
        cause = named.get(operator.index) or _cause(operator, wide)
        if cause is None or (operator.kind in CONVERSIONS and operator.index not in named):
            continue
        obstacle = _obstacle(operator)
        is_copy = operator.kind in ONE_SCALE and operator.index not in named
        if obstacle.reason and is_copy:
            continue  # It reads the result of a QUANTIZE.
        if obstacle.reason:
            raise _refusal(operator, cause, obstacle)
        operators.add(operator.index)
        if is_copy or operator.index in named:
            wide.update((tensor.index, cause) for tensor in operator.outputs if is_activation(tensor))
    return Int16Plan(frozenset(operators), wide)


def is_activation(tensor: Tensor | None) -> TypeGuard[Tensor]:
    """Whether a tensor holds int8 values with one scale, computed or constant."""
    return tensor is not None and tensor.dtype == "int8" and tensor.quantization is not None


def _named(graph: Graph, layers: Collection[str]) -> dict[int, str]:
    """The chosen layer of each operator that is of one."""
    known = rounding_layers(graph)
    if not known:
        raise InputError("model: no layer of it computes in int8; layers become int16 in an int8 model")
    if len(graph.subgraphs) > 1:
        raise InputError("model: it has control flow, and the branches and loops of an int8 model stay int8")
    for name in layers:
        if name not in known:
            raise InputError(f"layers: {unknown_name('layer', name, known)}")
    return {operator.index: name for name in layers for operator in known[name]}


def _cause(operator: Operator, wide: Mapping[int, str]) -> str | None:
    return next((wide[tensor.index] for tensor in operator.inputs if tensor is not None and tensor.index in wide), None)


def _obstacle(operator: Operator) -> Verdict:
    """Why an operator does not run in int16, without a reason where it does."""
    is_conversion = operator.kind in CONVERSIONS
    if not is_conversion and operator.kind not in _ALIKE:
        return Verdict("refused", f"TFLite Micro does not run {operator.kind} in int16, or not as LiteRT does")
    inputs = [
        tensor if is_conversion or (operator.kind in WEIGHTED and place == 1) else _int16(tensor)
        for place, tensor in enumerate(operator.inputs)
    ]
    outputs = [_int16(tensor) for tensor in operator.outputs]
    verdict = judge_tflm(replace(operator, inputs=tuple(inputs), outputs=tuple(outputs)))
    return verdict._replace(int8_helps=False)


def _int16(tensor: AnyTensor) -> AnyTensor:
    return replace(tensor, dtype="int16") if is_activation(tensor) else tensor


def _refusal(operator: Operator, layer: str, obstacle: Verdict) -> InputError:
    remedy = ", or ".join(filter(None, (remedy_for(operator, obstacle), f"leave {layer!r} in int8")))
    return InputError(f"layers: {layer!r} cannot be int16 because of {_name(operator)!r}: {obstacle.reason}; {remedy}")


def _name(operator: Operator) -> str:
    return layer_of(operator) or f"{operator.kind} {operator.index}"
