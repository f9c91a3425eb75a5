"""The part of the arena that is kept as long as the interpreter lives: TFLite Micro fills it from the arena's end.

Sources: `micro_allocator.cc`, `micro_interpreter.cc` and `micro_resource_variable.cc` of
https://github.com/tensorflow/tflite-micro.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from neuralspot_edge.graph.memory.kernels import DATA, PARAMETERS, buffers_of
from neuralspot_edge.graph.memory.platforms import Platform, align
from neuralspot_edge.graph.view import Graph, Operator, Subgraph, Tensor

__all__ = ["ARENA_ALIGNMENT", "QUANTIZATION", "TENSOR", "Persistent", "count_persistent", "is_handle", "planned_bytes"]

ARENA_ALIGNMENT = 16

_EVAL_TENSOR = "2pi"
_NODE = "6pip"
TENSOR = "ip2i3p2ib"
QUANTIZATION = "2pi"
_SUBGRAPH = "2p[p]"
_VARIABLES = "p2i"
_VARIABLE = "5p"


@dataclass(frozen=True)
class Persistent:
    """The arena's tail.

    Attributes:
        total_bytes: All of it.
        planned_bytes: What is there while the plan for the tensors is made: all but the inputs and outputs.
    """

    total_bytes: int
    planned_bytes: int


class _Tail:
    """The end of an arena, in bytes from its very end."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.used = 0

    def take(self, size: int, alignment: int = ARENA_ALIGNMENT) -> None:
        self.used = align(self.used + size, alignment)

    def take_structures(self, layout: str, count: int = 1) -> None:
        structure = self.platform.structure(layout)
        self.take(structure.size * count, structure.alignment)


def count_persistent(graph: Graph, scratch_count: int, platform: Platform) -> Persistent:
    """Adds up what TFLite Micro keeps for a model, each structure at its alignment.

    Args:
        graph: Any model.
        scratch_count: How many scratch buffers its operators ask for; each has a handle.
        platform: The machine.

    Returns:
        The arena's tail.
    """
    tail = _Tail(platform)
    *allocators, data_allocator = platform.allocator
    for layout in allocators:
        tail.take_structures(layout)
    _take_resource_table(tail, graph)
    tail.take_structures(data_allocator)
    _take_subgraphs(tail, graph.subgraphs)
    for operator in _operators(graph):
        _take_operator_data(tail, operator)
    _take_resources(tail, graph)
    tail.take_structures("p", scratch_count)
    for tensor in (tensor for subgraph in graph.subgraphs for tensor in subgraph.tensors):
        if tensor.is_variable:
            tail.take(planned_bytes(tensor))
    planned = tail.used
    _take_ends(tail, graph.inputs)
    _take_ends(tail, graph.outputs)
    return Persistent(tail.used, planned)


def planned_bytes(tensor: Tensor) -> int:
    """What TFLite Micro sets aside for a tensor: unlike a file, it keeps each int4 in a byte."""
    wide = {"int4": 1, "resource": 4}.get(tensor.dtype)
    return tensor.size_bytes if wide is None else wide * tensor.element_count


def _operators(graph: Graph) -> Iterator[Operator]:
    return (operator for subgraph in graph.subgraphs for operator in subgraph.operators)


def _take_subgraphs(tail: _Tail, subgraphs: tuple[Subgraph, ...]) -> None:
    tail.take_structures(_SUBGRAPH, len(subgraphs))
    for subgraph in subgraphs:
        tail.take_structures(_EVAL_TENSOR, len(subgraph.tensors))
    for subgraph in subgraphs:
        tail.take_structures(_NODE, len(subgraph.operators))
    for operator in (operator for subgraph in subgraphs for operator in subgraph.operators):
        tail.take_structures(PARAMETERS.get(operator.kind, ""))


def _take_operator_data(tail: _Tail, operator: Operator) -> None:
    name = operator.custom_code or operator.kind
    if name in DATA:
        tail.take(tail.platform.structure(DATA[name]).size)
    for size in buffers_of(operator, tail.platform):
        tail.take(size)


def _take_resource_table(tail: _Tail, graph: Graph) -> None:
    names = {_resource_name(operator) for operator in _operators(graph) if operator.kind == "VAR_HANDLE"}
    if names:
        tail.take(tail.platform.structure(_VARIABLES).size)
        tail.take(tail.platform.structure(_VARIABLE).size * len(names))


def _take_resources(tail: _Tail, graph: Graph) -> None:
    """The content of each resource variable, as the first assignment to it sizes it."""
    sizes: dict[str, int] = {}
    for subgraph in graph.subgraphs:
        handles = {o.outputs[0].index: _resource_name(o) for o in subgraph.operators if is_handle(o)}
        for operator in subgraph.operators:
            handle, value = (*operator.inputs, None, None)[:2]
            if operator.kind == "ASSIGN_VARIABLE" and handle is not None and value is not None:
                sizes.setdefault(handles.get(handle.index, ""), value.size_bytes)
    for size in sizes.values():
        tail.take(size)


def is_handle(operator: Operator) -> bool:
    """Whether it names a resource variable."""
    return operator.kind == "VAR_HANDLE" and bool(operator.outputs)


def _resource_name(operator: Operator) -> str:
    return str(operator.options.get("shared_name"))


def _take_ends(tail: _Tail, tensors: tuple[Tensor, ...]) -> None:
    """The inputs or outputs as whole tensors with their quantization, and the list of them."""
    tail.take(tail.platform.pointer_bytes * len(tensors))
    for tensor in tensors:
        tail.take_structures(TENSOR)
        if tensor.quantization is not None:
            tail.take_structures(QUANTIZATION)
            tail.take_structures("i", 1 + len(tensor.quantization.scale))
