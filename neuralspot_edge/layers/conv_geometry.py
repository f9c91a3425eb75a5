"""Where a convolution along time looks. No Keras here: plans are made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["ConvGeometry", "Padding"]

Padding = Literal["same", "causal"]


@dataclass(frozen=True)
class ConvGeometry:
    """Which steps of its input a convolution sees, and which of its outputs are wanted.

    Attributes:
        before: Zeros put before the first step.
        after: Zeros put after the last step.
        dilation: Steps from one tap of the kernel to the next.
        stride: Steps from one output to the next.
    """

    before: int = 0
    after: int = 0
    dilation: int = 1
    stride: int = 1

    @classmethod
    def whole(cls, kernel_size: int, dilation: int, padding: Padding) -> ConvGeometry:
        """The one that keeps the length."""
        total = (kernel_size - 1) * dilation
        before = total if padding == "causal" else total // 2
        return cls(before, total - before, dilation)
