"""Where an int8 graph rounds, and which of its tensors must do so by one scale.

Nothing is guessed: the graph is that which the device runs, so that every tensor in it is rounded and no other value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from neuralspot_edge.graph import Graph, Operator, Tensor
from neuralspot_edge.graph.states import state_pairs
from neuralspot_edge.quantization.lstm import hidden_state
from neuralspot_edge.quantization.operators import LSTM, is_number, is_weight, kernels_of

__all__ = ["MOVES", "RangeGroup", "group_ranges"]

MOVES = frozenset(
    {
        *("CONCATENATION", "EXPAND_DIMS", "MAX_POOL_2D", "PACK", "PAD", "RESHAPE", "REVERSE_V2", "SLICE", "SPLIT"),
        *("SQUEEZE", "STRIDED_SLICE", "TRANSPOSE", "UNPACK"),
    }
)
"""Operators whose int8 kernels copy integers: what they give needs no rounding."""

_ONE_SCALE = MOVES | {"AVERAGE_POOL_2D"}
"""Operators whose int8 kernels take input and output to have one scale and zero point."""

_PRESCRIBED = frozenset({"LOGISTIC", "SOFTMAX", "TANH"})
"""Operators whose int8 kernels prescribe the scale of their output (LiteRT 8-bit quantization specification,
https://ai.google.dev/edge/litert/models/quantization_spec)."""

_LEAST, _LARGEST = -128, 127


@dataclass(frozen=True)
class RangeGroup:
    """Activations with one range.

    Attributes:
        tensors: Their indices.
        scale: The size of a step in the file.
        zero_point: The integer that stands for 0 in the file.
        is_prescribed: Whether the kernels know no other scale.
    """

    tensors: frozenset[int]
    scale: float
    zero_point: int
    is_prescribed: bool

    @property
    def low(self) -> float:
        """The least value."""
        return (_LEAST - self.zero_point) * self.scale

    @property
    def high(self) -> float:
        """The largest value."""
        return (_LARGEST - self.zero_point) * self.scale


def group_ranges(graph: Graph) -> tuple[RangeGroup, ...]:
    """The groups of all int8 tensors but kernels, in the order in which they are read or written first."""
    members = [{index} for index in dict.fromkeys(tensor.index for tensor in _rounded(graph))]
    for operator in graph.operators:
        if operator.kind in _ONE_SCALE:
            members = _merged(members, {tensor.index for tensor in _ends(operator)})
        if operator.kind == LSTM:
            members = _merged(members, {hidden_state(operator).index, operator.outputs[0].index})
    for place_in, place_out in state_pairs(graph.input_names, graph.output_names):
        # What comes out of one call goes into the next as it is.
        members = _merged(
            members, {graph.inputs[place_in].index, graph.outputs[place_out].index} & set().union(*members)
        )
    fixed = {o.outputs[0].index for o in graph.operators if o.kind in _PRESCRIBED}
    fixed |= {tensor.index for tensor in graph.tensors if is_weight(tensor) and is_number(tensor)}
    return tuple(_group(graph, group, fixed) for group in members)


def _rounded(graph: Graph) -> Iterator[Tensor]:
    yield from (tensor for tensor in graph.inputs if tensor.dtype == "int8")
    for operator in graph.operators:
        yield from _ends(operator)


def _ends(operator: Operator) -> Iterator[Tensor]:
    """Inputs and outputs that have a range; a kernel has the scale that its own numbers need."""
    for place, end in enumerate((*operator.inputs, *operator.outputs)):
        if end is not None and end.dtype == "int8" and place not in kernels_of(operator):
            yield end


def _merged(groups: list[set[int]], together: set[int]) -> list[set[int]]:
    """The groups, those that meet `together` as one in the place of the first of them."""
    touched = [group for group in groups if group & together]
    one = together.union(*touched)
    return [one if group is touched[0] else group for group in groups if group not in touched[1:]]


def _group(graph: Graph, group: set[int], fixed: Iterable[int]) -> RangeGroup:
    known = group.intersection(fixed)
    quantization = graph.tensors[min(known or group)].quantization
    assert quantization is not None
    return RangeGroup(frozenset(group), quantization.scale[0], quantization.zero_point[0], bool(known))
