"""Classes of kernels: operators whose work costs about the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from neuralspot_edge.graph import Operator

__all__ = ["KernelClass", "Work", "classify"]

KernelClass = Literal[
    "convolution",
    "pointwise",
    "depthwise",
    "fully_connected",
    "pooling",
    "reduction",
    "arithmetic",
    "function",
    "softmax",
    "copy",
    "movement",
]
"""What the tables of `data/cores` and `data/reference_kernels.yaml` have a row for."""


@dataclass(frozen=True)
class Work:
    """The work of one operator, as far as its time depends on it.

    Attributes:
        kind: What to call it: the operator's kind.
        kernel: Its class of kernel.
        macs: Multiply-accumulates.
        outputs: Elements that it writes.
        elementwise: Elementwise operations.
        dtype: Type of its activations.
        may_be_fast: Whether it may run on the core's fast kernels, if there is one of its class and type.
    """

    kind: str
    kernel: KernelClass
    macs: int
    outputs: int
    elementwise: int
    dtype: str = "int8"
    may_be_fast: bool = True


_CLASSES: dict[str, KernelClass] = {
    **dict.fromkeys(("CONV_2D", "CONV_3D", "TRANSPOSE_CONV", "CONV_3D_TRANSPOSE"), "convolution"),
    "DEPTHWISE_CONV_2D": "depthwise",
    **dict.fromkeys(("FULLY_CONNECTED", "BATCH_MATMUL", "RNN", "SVDF"), "fully_connected"),
    **dict.fromkeys(("UNIDIRECTIONAL_SEQUENCE_RNN", "UNIDIRECTIONAL_SEQUENCE_LSTM"), "fully_connected"),
    **dict.fromkeys(("AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D"), "pooling"),
    **dict.fromkeys(("MEAN", "SUM", "REDUCE_PROD", "REDUCE_MAX", "REDUCE_MIN"), "reduction"),
    **dict.fromkeys(("REDUCE_ANY", "REDUCE_ALL", "ARG_MAX", "ARG_MIN", "CUMSUM"), "reduction"),
    **dict.fromkeys(("LOGISTIC", "TANH", "HARD_SWISH", "ELU", "GELU", "EXP", "LOG", "POW"), "function"),
    **dict.fromkeys(("SIN", "COS", "SQRT", "RSQRT", "ATAN2", "L2_NORMALIZATION"), "function"),
    **dict.fromkeys(("SOFTMAX", "LOG_SOFTMAX"), "softmax"),
    **dict.fromkeys(("RESHAPE", "SQUEEZE", "EXPAND_DIMS", "BITCAST", "CONCATENATION"), "copy"),
    **dict.fromkeys(("SPLIT", "SPLIT_V", "PACK", "UNPACK", "READ_VARIABLE", "ASSIGN_VARIABLE"), "copy"),
}


def classify(operator: Operator, elementwise: int) -> KernelClass:
    """The class of an operator.

    Args:
        operator: The operator.
        elementwise: Its elementwise operations, by which arithmetic is told from moving data where it has no class of
            its own.
    """
    if operator.kind == "CONV_2D" and _is_pointwise(operator):
        return "pointwise"
    return _CLASSES.get(operator.kind, "arithmetic" if elementwise else "movement")


def _is_pointwise(operator: Operator) -> bool:
    weights = operator.inputs[1] if len(operator.inputs) > 1 else None
    return weights is not None and weights.shape[1:3] == (1, 1)
