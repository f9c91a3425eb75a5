"""Which steps of a stack of residual blocks must be computed where only one step of its output is wanted.

A block of dilation d reads steps at multiples of d from those that the next block wants. So before block i all wanted
steps lie on a grid whose spacing is the greatest common divisor of its own dilation and those of all later blocks. On
that grid its dilation is smaller by the spacing (for 1, 2, 4, ... it is 1), and steps off the grid are not computed.
Zeros before the first step are zeros on the grid too, so that the wanted step is the same number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd

from neuralspot_edge.layers.conv_geometry import ConvGeometry, Padding

__all__ = ["BlockPlan", "Steps", "plan_blocks"]


@dataclass(frozen=True)
class Steps:
    """Steps of time at equal distances.

    Attributes:
        first: The first one.
        count: How many.
        distance: From one to the next.
    """

    first: int
    count: int = 1
    distance: int = 1

    @property
    def last(self) -> int:
        """The last one."""
        return self.first + (self.count - 1) * self.distance

    def within(self, others: Steps) -> Steps:
        """Places of these steps in `others`, which has them all."""
        first = (self.first - others.first) // others.distance
        return Steps(first, self.count, self.spacing_on(others.distance))

    def spacing_on(self, grid: int) -> int:
        """From one to the next in units of `grid`, which divides it; 1 where there is no next."""
        return self.distance // grid if self.count > 1 else 1


@dataclass(frozen=True)
class BlockPlan:
    """What a residual block computes.

    Attributes:
        entry: Steps of the full sequence that it reads.
        exit: Steps of the full sequence that it gives.
        first: Geometry of its first convolution.
        second: Geometry of its second convolution.
        thinning: Stride with which the second convolution's outputs are taken where a dilation is left, as a
            convolution has a stride or a dilation, not both.
    """

    entry: Steps
    exit: Steps
    first: ConvGeometry
    second: ConvGeometry
    thinning: int = 1


def plan_blocks(
    dilations: Sequence[int], kernel_size: int, padding: Padding, length: int, wanted: int
) -> tuple[BlockPlan, ...]:
    """Plans for blocks of two convolutions each, in order.

    Args:
        dilations: Of each block.
        kernel_size: Of all convolutions.
        padding: `causal` or `same`.
        length: Steps of the input.
        wanted: The step of the output that is wanted.

    Returns:
        One plan a block. The first one's `entry` is what to take from the input; the last one's `exit` is `wanted`.
    """
    plans: list[BlockPlan] = []
    wanted_steps, grid = Steps(wanted), 0
    for dilation in reversed(dilations):
        whole = ConvGeometry.whole(kernel_size, dilation, padding)
        # An even kernel with padding on both sides may look half a dilation away.
        grid = gcd(grid, dilation, whole.before)
        plan = _plan_block(whole, kernel_size, grid, wanted_steps, length)
        plans.insert(0, plan)
        wanted_steps = plan.entry
    return tuple(plans)


def _plan_block(whole: ConvGeometry, kernel_size: int, grid: int, wanted: Steps, length: int) -> BlockPlan:
    hidden, second = _look(whole, kernel_size, grid, wanted, length)
    entry, first = _look(whole, kernel_size, grid, hidden, length)
    stride = wanted.spacing_on(grid)
    if second.dilation > 1:
        return BlockPlan(entry, wanted, first, second, thinning=stride)
    return BlockPlan(entry, wanted, first, ConvGeometry(second.before, second.after, 1, stride))


def _look(whole: ConvGeometry, kernel_size: int, grid: int, wanted: Steps, length: int) -> tuple[Steps, ConvGeometry]:
    """The steps that a convolution reads for those that are wanted of it, and its geometry on their grid."""
    first = wanted.first - whole.before
    last = wanted.last - whole.before + (kernel_size - 1) * whole.dilation
    before = max(0, -(first // grid))
    after = max(0, -((length - 1 - last) // grid))
    first, last = first + before * grid, last - after * grid
    return Steps(first, (last - first) // grid + 1, grid), ConvGeometry(before, after, whole.dilation // grid)
