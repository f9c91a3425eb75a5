"""When each tensor must be in memory, by the rules of TFLite Micro's `micro_allocation_info.cc`.

Time is counted in scopes: 0 before the first operator, then one for each operator, and one more on entering each body
of control flow, whose operators have scopes of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.view import Graph, Operator, Subgraph

__all__ = ["NEVER", "Lifetime", "Lifetimes", "trace_lifetimes"]

NEVER = -1
DEEPEST_NESTING = 32
MOST_SCOPES = 1 << 20


@dataclass
class Lifetime:
    """The first and the last scope in which something is needed; `NEVER` for what no operator touches."""

    first: int = NEVER
    last: int = NEVER

    def create(self, scope: int) -> None:
        """Marks it as written: it is there from the first time on."""
        if self.first == NEVER:
            self.first = scope
        self.last = scope


@dataclass
class Lifetimes:
    """The lifetimes of everything in a model.

    Attributes:
        tensors: By subgraph and tensor index.
        operators: By subgraph and operator index, from the operator's own scope to the end of the bodies that it runs;
            what an operator asks for as scratch lives as long. Only for what is reached from the main subgraph.
    """

    tensors: dict[tuple[int, int], Lifetime] = field(default_factory=dict)
    operators: dict[tuple[int, int], Lifetime] = field(default_factory=dict)


def trace_lifetimes(graph: Graph) -> Lifetimes:
    """Follows the order of execution through the main subgraph and the bodies that it runs.

    Args:
        graph: Any model.

    Returns:
        The lifetimes of its tensors and operators.

    Raises:
        InputError: Its control flow has no end, or runs through more bodies than any model has.
    """
    tracer = _Tracer(graph)
    tracer.visit(graph.main, depth=0)
    return tracer.found


class _Tracer:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.scope = 0
        tensors = {(s.index, t.index): Lifetime() for s in graph.subgraphs for t in s.tensors}
        self.found = Lifetimes(tensors)

    def visit(self, subgraph: Subgraph, depth: int) -> None:
        if depth > DEEPEST_NESTING or self.scope > MOST_SCOPES:
            raise InputError(f"the control flow of the model never ends: subgraph {subgraph.index} runs itself")
        tensors = self.found.tensors
        for tensor in subgraph.inputs:
            tensors[subgraph.index, tensor.index].create(self.scope)
        for operator in subgraph.operators:
            self._visit_operator(subgraph, operator, depth)
        for tensor in subgraph.outputs:
            # One that nothing writes is there from the last scope on.
            tensors[subgraph.index, tensor.index].create(self.scope)

    def _visit_operator(self, subgraph: Subgraph, operator: Operator, depth: int) -> None:
        tensors = self.found.tensors
        self.scope += 1
        start = self.scope
        for tensor in operator.outputs:
            tensors[subgraph.index, tensor.index].create(start)
        for body in operator.bodies:
            self.scope += 1
            self.visit(self.graph.subgraphs[body], depth + 1)
        for used in (*operator.inputs, *operator.outputs):
            if used is not None:
                tensors[subgraph.index, used.index].last = self.scope
        self.found.operators[subgraph.index, operator.index] = Lifetime(start, self.scope)
