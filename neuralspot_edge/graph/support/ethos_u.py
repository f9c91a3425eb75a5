"""Operators that an Ethos-U55 or Ethos-U65 runs; the processor beside it runs the others.

Facts from `SUPPORTED_OPS.md` of https://pypi.org/project/ethos-u-vela and from what its version 5.2 does with files of
one operator. Both accelerators take the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from neuralspot_edge.graph.operands import input_of
from neuralspot_edge.graph.support.ethos_u_limits import (
    argmax_limit,
    average_pool_limit,
    convolution_limit,
    lstm_limit,
    max_pool_limit,
    mean_limit,
    no_limit,
    resize_limit,
    softmax_limit,
    strided_slice_limit,
    transposed_convolution_limit,
)
from neuralspot_edge.graph.support.tflm import judge_tflm
from neuralspot_edge.graph.support.verdict import FAST, Verdict
from neuralspot_edge.graph.view import Operator

__all__ = ["judge_ethos_u"]

COMPILED = "ethos-u"
"""The custom code of what vela has already compiled."""


class Accepted(NamedTuple):
    """Types of the input at `place` that the accelerator takes, and what else must hold."""

    types: frozenset[str]
    limit: Callable[[Operator], str] = no_limit
    place: int = 0


_WIDE = frozenset({"int8", "uint8", "int16"})
_WIDEST = _WIDE | {"int32"}
_BYTES = frozenset({"int8", "uint8"})
_SIGNED = frozenset({"int8", "int16"})
_INT8 = frozenset({"int8"})

_OPERATORS: Mapping[str, Accepted] = {
    # Matrices
    "CONV_2D": Accepted(_WIDE, convolution_limit),
    "DEPTHWISE_CONV_2D": Accepted(_WIDE, convolution_limit),
    "TRANSPOSE_CONV": Accepted(_WIDE, transposed_convolution_limit, place=2),
    "FULLY_CONNECTED": Accepted(_WIDE),
    "BATCH_MATMUL": Accepted(_INT8),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": Accepted(_SIGNED, lstm_limit),
    # Functions
    **dict.fromkeys(("ADD", "SUB", "MUL", "NEG", "SUM"), Accepted(_WIDEST)),
    **dict.fromkeys(("ABS", "EXP", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE"), Accepted(_WIDE)),
    **dict.fromkeys(("RELU", "RELU6", "RELU_0_TO_1", "RELU_N1_TO_1", "LEAKY_RELU", "PRELU"), Accepted(_WIDE)),
    **dict.fromkeys(("LOGISTIC", "TANH", "QUANTIZE"), Accepted(_WIDE)),
    **dict.fromkeys(("GELU", "HARD_SWISH"), Accepted(_BYTES)),
    **dict.fromkeys(("LOG", "RSQRT"), Accepted(_SIGNED)),
    "ELU": Accepted(_INT8),
    "SOFTMAX": Accepted(_WIDE, softmax_limit),
    # Reductions
    "MEAN": Accepted(_WIDE, mean_limit),
    **dict.fromkeys(("REDUCE_MAX", "REDUCE_MIN"), Accepted(_WIDE)),
    "ARG_MAX": Accepted(_BYTES, argmax_limit),
    "AVERAGE_POOL_2D": Accepted(_WIDE, average_pool_limit),
    "MAX_POOL_2D": Accepted(_WIDE, max_pool_limit),
    # Moves
    **dict.fromkeys(("RESHAPE", "SQUEEZE", "EXPAND_DIMS", "TRANSPOSE", "MIRROR_PAD"), Accepted(_WIDEST)),
    **dict.fromkeys(("CONCATENATION", "PACK", "UNPACK", "SPLIT_V", "SLICE", "PAD", "TILE"), Accepted(_WIDE)),
    "SPLIT": Accepted(_WIDE, place=1),
    "STRIDED_SLICE": Accepted(_WIDE, strided_slice_limit),
    **dict.fromkeys(("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"), Accepted(_WIDE, resize_limit)),
}


def judge_ethos_u(operator: Operator) -> Verdict:
    """Whether an Ethos-U runs an operator.

    Args:
        operator: Any operator.

    Returns:
        `fast` on the accelerator, `runs` where it falls to the processor, `refused` where TFLite Micro has no kernel
        there either.

    Raises:
        InputError: The operator lacks an input or output that it cannot do without.
    """
    if operator.custom_code == COMPILED:
        return FAST
    reason, int8_helps = _obstacle(operator)
    if not reason:
        return FAST
    processor = judge_tflm(operator)
    if processor.level == "refused":
        return Verdict("refused", f"{reason}, and {processor.reason}", int8_helps)
    return Verdict("runs", f"{reason}; the processor runs it", int8_helps)


def _obstacle(operator: Operator) -> tuple[str, bool]:
    """Why the accelerator does not take an operator, empty where it does, and whether it would in int8."""
    accepted = _OPERATORS.get(operator.kind)
    if accepted is None:
        return f"the Ethos-U has no {operator.custom_code or operator.kind}", False
    dtype = input_of(operator, accepted.place).dtype
    if dtype not in accepted.types:
        return f"the Ethos-U has no {operator.kind} in {dtype}", True
    return accepted.limit(operator), False
