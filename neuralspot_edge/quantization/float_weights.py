"""Which float weights the integers of an int8 file were rounded from, found in the float file of the same model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from neuralspot_edge.errors import ConversionError
from neuralspot_edge.graph import Graph, Operator, Tensor
from neuralspot_edge.quantization.operators import WEIGHTED, constant, is_weight, real_values

__all__ = ["FloatWeights", "find_float_weights", "find_gates"]

_HALF_STEP = 0.51
_OF_FLOAT32 = 1e-6
"""How far rounding moves a weight: a share of its step, and a share of itself where 32 bits hold more than a float."""

_GATE = 6.0
"""What `conversion.gates` divides a hard sigmoid's convolution by."""


@dataclass(frozen=True)
class FloatWeights:
    """The real numbers behind an int8 file.

    Attributes:
        values: Of each constant, as the file lays it out, by the index of its tensor.
        gates: Outputs of hard sigmoids, which the limits of int8 keep between 0 and 1; no activation says so.
    """

    values: Mapping[int, np.ndarray]
    gates: frozenset[int]


def find_float_weights(graph: Graph, floating: Graph) -> FloatWeights:
    """The weights of a float file, by the tensors of the int8 file of the same model.

    The quantizer keeps the order of operators and may drop some; those of one kind are compared one after the other.

    Args:
        graph: The int8 file.
        floating: The float file.

    Raises:
        ConversionError: They are not of one model.
    """
    rest = {operator.kind: _with_constants(floating, operator.kind) for operator in graph.operators}
    values: dict[int, np.ndarray] = {}
    gates = set()
    for operator in graph.operators:
        if not any(is_weight(tensor) for tensor in operator.inputs):
            continue
        for candidate in rest[operator.kind]:
            factor = _GATE if _is_gate(operator, candidate) else 1.0
            found = _matching(operator, candidate, factor)
            if found is not None:
                break
        else:
            raise ConversionError(f"layer {operator.outputs[0].name!r}: the float file has no such weights")
        values.update(found)
        if factor == _GATE:
            gates.add(operator.outputs[0].index)
    return FloatWeights(values, frozenset(gates))


def find_gates(graph: Graph, floating: Graph) -> frozenset[int]:
    """The `gates` alone, of a file whose weights have changed since it was made from the float file.

    Raises:
        ConversionError: They are not of one model.
    """
    ours, others = _weighted(graph), _weighted(floating)
    if [operator.kind for operator in ours] != [operator.kind for operator in others]:
        raise ConversionError("the float file is of another model: its operators with a kernel are others")
    pairs = zip(ours, others, strict=True)
    return frozenset(operator.outputs[0].index for operator, other in pairs if _is_gate(operator, other))


def _weighted(graph: Graph) -> list[Operator]:
    return [operator for operator in graph.operators if operator.kind in WEIGHTED]


def _with_constants(graph: Graph, kind: str) -> Iterator[Operator]:
    return (o for o in graph.operators if o.kind == kind and any(is_weight(tensor) for tensor in o.inputs))


def _is_gate(operator: Operator, candidate: Operator) -> bool:
    name = "fused_activation_function"
    return operator.options.get(name) == "NONE" and candidate.options.get(name) == "RELU6"


def _matching(operator: Operator, candidate: Operator, factor: float) -> dict[int, np.ndarray] | None:
    """The constants of a float operator by the tensors of an int8 one, None where those are not the same rounded."""
    found = {}
    for tensor, other in zip(operator.inputs, candidate.inputs, strict=False):
        if not is_weight(tensor):
            continue
        if other is None or not other.is_constant or other.shape != tensor.shape:
            return None
        values = constant(other) / np.float32(factor)
        if not _is_rounded(tensor, values):
            return None
        found[tensor.index] = values
    return found


def _is_rounded(tensor: Tensor, values: np.ndarray) -> bool:
    if tensor.quantization is None:
        return np.array_equal(constant(tensor), values)
    apart = np.abs(real_values(tensor) - values)
    most = _HALF_STEP * float(np.max(tensor.quantization.scale)) + _OF_FLOAT32 * np.abs(values)
    return bool(np.all(apart <= most))
