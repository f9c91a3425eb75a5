"""Elementwise operations of one operator, by kind; the conventions stand in `neuralspot_edge.graph.costs`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from neuralspot_edge.graph.operands import input_of, option_of, output_of
from neuralspot_edge.graph.view import Operator

__all__ = ["ELEMENTWISE_RULES"]

Rule = Callable[[Operator], int]

_ONE_STEP = (
    *("ADD", "SUB", "MUL", "DIV", "FLOOR_DIV", "FLOOR_MOD", "POW", "MAXIMUM", "MINIMUM", "ATAN2"),
    *("ABS", "NEG", "SIGN", "CEIL", "FLOOR", "ROUND", "SQUARE", "SQRT", "RSQRT", "EXP", "LOG", "SIN", "COS"),
    *("RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "LEAKY_RELU", "PRELU", "ELU", "GELU"),
    *("LOGISTIC", "TANH", "HARD_SWISH"),
    *("QUANTIZE", "DEQUANTIZE", "FAKE_QUANT", "CAST"),
    *("EQUAL", "NOT_EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL"),
    *("LOGICAL_AND", "LOGICAL_OR", "LOGICAL_NOT", "BITWISE_XOR", "RIGHT_SHIFT", "SELECT", "SELECT_V2"),
)
_REDUCTIONS = (
    *("MEAN", "SUM", "REDUCE_PROD", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_ANY", "REDUCE_ALL"),
    *("ARG_MAX", "ARG_MIN", "CUMSUM"),
)
_MOVES = (
    *("RESHAPE", "SQUEEZE", "EXPAND_DIMS", "BITCAST", "SHAPE", "RANK"),
    *("CONCATENATION", "PACK", "UNPACK", "SPLIT", "SPLIT_V", "SLICE", "STRIDED_SLICE", "DYNAMIC_UPDATE_SLICE"),
    *("PAD", "PADV2", "MIRROR_PAD", "TILE", "BROADCAST_TO", "BROADCAST_ARGS", "FILL", "ZEROS_LIKE", "RANGE"),
    *("TRANSPOSE", "REVERSE_V2", "REVERSE_SEQUENCE", "RESIZE_NEAREST_NEIGHBOR"),
    *("SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND", "SPACE_TO_DEPTH", "DEPTH_TO_SPACE"),
    *("GATHER", "GATHER_ND", "SCATTER_ND", "EMBEDDING_LOOKUP", "ONE_HOT", "DENSIFY"),
    *("VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "CIRCULAR_BUFFER"),
)
_MATRIX_KINDS = (
    *("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "CONV_3D", "CONV_3D_TRANSPOSE"),
    *("FULLY_CONNECTED", "BATCH_MATMUL"),
)
_SOFTMAX_STEPS = 5  # Largest value, difference, exponential, sum, quotient (or second difference).
_L2_STEPS = 3  # Square, sum, product with the inverse root.
_BILINEAR_STEPS = 7  # Four products, three sums.
_LSTM_STEPS = 9  # Four gates' functions; two products and a sum for the cell; its function and a product for the state.


def _steps(count: int) -> Rule:
    """So many steps for each output element."""
    return lambda operator: count * output_of(operator).element_count


def _inputs_read(operator: Operator) -> int:
    return input_of(operator, 0).element_count


def _nothing(_: Operator) -> int:
    return 0


def _sum_of_many(operator: Operator) -> int:
    return (len(operator.inputs) - 1) * output_of(operator).element_count


def _pooling(operator: Operator) -> int:
    window = option_of(operator, "filter_width") * option_of(operator, "filter_height")
    return window * output_of(operator).element_count


def _l2_pooling(operator: Operator) -> int:
    return 2 * _pooling(operator) + output_of(operator).element_count


def _svdf(operator: Operator) -> int:
    """The sums of the filters of a unit: batch times filters."""
    batch, filters = input_of(operator, 0).shape[:1], input_of(operator, 1).shape[:1]
    return batch[0] * filters[0] if batch and filters else 0


def _lstm(operator: Operator) -> int:
    """The cell has as many units as the weights of the output gate have rows."""
    units = input_of(operator, 4).shape[:1]
    width = input_of(operator, 0).shape[-1:]
    if not units or not width or not width[0]:
        return 0
    return _LSTM_STEPS * units[0] * (input_of(operator, 0).element_count // width[0])


ELEMENTWISE_RULES: Mapping[str, Rule] = {
    **dict.fromkeys(_ONE_STEP, _steps(1)),
    **dict.fromkeys(_REDUCTIONS, _inputs_read),
    **dict.fromkeys((*_MOVES, *_MATRIX_KINDS), _nothing),
    **dict.fromkeys(("IF", "WHILE", "CALL_ONCE"), _nothing),
    **dict.fromkeys(("SOFTMAX", "LOG_SOFTMAX"), _steps(_SOFTMAX_STEPS)),
    **dict.fromkeys(("AVERAGE_POOL_2D", "MAX_POOL_2D"), _pooling),
    **dict.fromkeys(("UNIDIRECTIONAL_SEQUENCE_RNN", "RNN"), _steps(1)),
    "ADD_N": _sum_of_many,
    "SQUARED_DIFFERENCE": _steps(2),
    "L2_NORMALIZATION": _steps(_L2_STEPS),
    "L2_POOL_2D": _l2_pooling,
    "RESIZE_BILINEAR": _steps(_BILINEAR_STEPS),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _lstm,
    "SVDF": _svdf,
}
"""How many elementwise operations an operator takes; a kind that is missing here is not counted, and said to be so."""
