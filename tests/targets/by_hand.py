"""Operators, costs and targets by hand."""

from __future__ import annotations

from typing import Any

from neuralspot_edge.graph import Operator, Tensor
from neuralspot_edge.graph.costs import Costs, OperatorCost
from neuralspot_edge.graph.support import Support
from neuralspot_edge.targets import Target


def tensor(*shape: int, dtype: str = "int8", name: str = "t") -> Tensor:
    return Tensor(0, name, shape, dtype, None, None)


def cost(
    kind: str, *shape: int, macs: int = 0, elementwise: int = 0, dtype: str = "int8", kernel: int = 3, index: int = 0
) -> OperatorCost:
    """An operator that writes `shape`; a convolution's weights have `kernel` steps."""
    weights = tensor(1, 1, kernel, 1, name="weights")
    operator = Operator(index, kind, (tensor(*shape, dtype=dtype), weights), (tensor(*shape, dtype=dtype),))
    return OperatorCost(operator, macs, elementwise, 0, 0)


def costs(*operators: OperatorCost) -> Costs:
    return Costs(operators)


def verdict(of: OperatorCost, backend: str, level: Any) -> Support:
    return Support(of.operator, backend, level, "", "", "")


def target(core: str = "cortex-m4", **fields: Any) -> Target:
    """A chip at 100 MHz with 1 MB of flash and 200,000 bytes of RAM."""
    given = {"flash_bytes": 1_000_000, "ram_bytes": 200_000, **fields}
    return Target(name="mine", description="by hand", core=core, clock_mhz=100.0, **given)
