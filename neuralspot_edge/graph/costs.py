"""What each operator of a model costs, as counts that hold on any machine.

Two kinds of arithmetic are counted apart, since a core does several of the first and rarely more than one of the second
at a time:

- A MAC is one multiply-accumulate of a convolution, a fully connected layer, a matrix product or a recurrent gate. All
  taps of a kernel count, also those that lie on padding, as in MLPerf Tiny's published figures. Biases, the scaling of
  accumulators back to integers and fused activations are part of the operator and add nothing.
- An elementwise operation is one arithmetic step for one element: an addition, a function such as tanh, a conversion
  between types. Pooling takes its window for each output, a reduction the elements that it reads, softmax five steps.
  Moving data (reshape, concatenation, padding, slices) takes none.

Bytes are counted beside them: `weight_bytes` are all constants that an operator reads, small tables of shapes and axes
among them, for the flash holds them too; `activation_bytes` is what it reads and writes in RAM.

Shapes are taken as the file fixes them, batch included; a free dimension counts as 1. The bodies of IF, WHILE and
CALL_ONCE count once, however often they run. An operator without a rule is not taken for free: `Costs.uncounted` names
its kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from neuralspot_edge.graph.costs_elementwise import ELEMENTWISE_RULES
from neuralspot_edge.graph.costs_macs import MAC_RULES
from neuralspot_edge.graph.view import Graph, Operator, Subgraph, Tensor

__all__ = ["Costs", "OperatorCost", "count_costs"]


@dataclass(frozen=True)
class OperatorCost:
    """What one operator costs in one run.

    Attributes:
        operator: The operator.
        macs: Multiply-accumulates.
        elementwise: Elementwise operations.
        weight_bytes: Constants that it reads, as they lie in the file.
        activation_bytes: What it reads and writes that is not constant, its state included.
        subgraph_index: The subgraph that it belongs to; all but 0 are bodies of control flow.
        counted: Whether there is a rule for its arithmetic; without one `macs` and `elementwise` are 0.
    """

    operator: Operator
    macs: int
    elementwise: int
    weight_bytes: int
    activation_bytes: int
    subgraph_index: int = 0
    counted: bool = True


@dataclass(frozen=True)
class Costs:
    """What a whole model costs in one run.

    Attributes:
        operators: The operators of the main subgraph in the order of execution, then those of the bodies that it
            runs, each body once.
    """

    operators: tuple[OperatorCost, ...]

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all operators."""
        return sum(cost.macs for cost in self.operators)

    @property
    def elementwise(self) -> int:
        """Elementwise operations of all operators."""
        return sum(cost.elementwise for cost in self.operators)

    @property
    def weight_bytes(self) -> int:
        """Constants that operators read; what several of them share counts once."""
        constants = (tensor for cost in self.operators for tensor in _constants(cost.operator))
        return sum({tensor.buffer: len(tensor.data or b"") for tensor in constants}.values())

    @property
    def activation_bytes(self) -> int:
        """What all operators read and write: traffic, and not the memory that they need at one time."""
        return sum(cost.activation_bytes for cost in self.operators)

    @property
    def uncounted(self) -> tuple[str, ...]:
        """Kinds whose arithmetic is not in the figures, a custom operator by its code; sorted."""
        missing = (cost.operator for cost in self.operators if not cost.counted)
        return tuple(sorted({operator.custom_code or operator.kind for operator in missing}))


def count_costs(graph: Graph) -> Costs:
    """Counts what a model costs in one run.

    Args:
        graph: Any model.

    Returns:
        The costs of the main subgraph and of the bodies that its control flow runs, each body once.

    Raises:
        InputError: An operator lacks an input or output that it cannot do without.
    """
    reached = [0, *sorted(_bodies_of(graph, graph.main) - {0})]
    return Costs(tuple(_cost(operator, index) for index in reached for operator in graph.subgraphs[index].operators))


def _bodies_of(graph: Graph, subgraph: Subgraph) -> set[int]:
    """The subgraphs that a subgraph runs, and those that they run."""
    found: set[int] = set()
    waiting = [subgraph]
    while waiting:
        bodies = {index for operator in waiting.pop().operators for index in operator.bodies}
        waiting.extend(graph.subgraphs[index] for index in bodies - found)
        found |= bodies
    return found


def _cost(operator: Operator, subgraph_index: int) -> OperatorCost:
    name = operator.custom_code or operator.kind
    macs, elementwise = MAC_RULES.get(name), ELEMENTWISE_RULES.get(name)
    computed = (tensor for tensor in (*operator.inputs, *operator.outputs) if tensor is not None and not tensor.data)
    return OperatorCost(
        operator=operator,
        macs=macs(operator) if macs else 0,
        elementwise=elementwise(operator) if elementwise else 0,
        weight_bytes=sum(len(tensor.data or b"") for tensor in _constants(operator)),
        activation_bytes=sum(tensor.size_bytes for tensor in computed),
        subgraph_index=subgraph_index,
        counted=elementwise is not None,
    )


def _constants(operator: Operator) -> Iterator[Tensor]:
    return (tensor for tensor in operator.inputs if tensor is not None and tensor.is_constant)
