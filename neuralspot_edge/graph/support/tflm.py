"""Operators and types of TFLite Micro's reference kernels.

Facts from `micro_mutable_op_resolver.h` and `kernels/` of https://github.com/tensorflow/tflite-micro, October 2026; the
tests ask its interpreter about every line of the table. The processor's own kernels (CMSIS-NN, ESP-NN) take the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from neuralspot_edge.graph.operands import input_of, output_of
from neuralspot_edge.graph.support.verdict import RUNS, Verdict
from neuralspot_edge.graph.view import Operator

__all__ = ["judge_tflm"]

OUTPUT = -1


class Accepted(NamedTuple):
    """Types that a kernel takes: of the tensors at `places`, inputs by number or `OUTPUT`."""

    types: frozenset[tuple[str, ...]]
    places: tuple[int, ...] = (0,)


def _data(types: str, place: int = 0) -> Accepted:
    """A kernel for which the type of one input decides."""
    return Accepted(frozenset((name,) for name in types.split()), (place,))


def _pairs(types: str, places: tuple[int, int]) -> Accepted:
    """A kernel for which the types of two tensors decide, written `input:weights`."""
    pairs = (pair.split(":") for pair in types.split())
    return Accepted(frozenset((first, second) for first, second in pairs), places)


_FLOAT = _data("float32")
_INT8 = _data("float32 int8")
_INT16 = _data("float32 int8 int16")
_NUMBERS = _data("float32 int8 int16 int32")
_ALL_NUMBERS = _data("float32 int8 int16 int32 int64")
_MOVED = _data("float32 int8 int16 int32 bool")
_ORDERED = _data("float32 int8 int32 int64")
_ANYTHING = Accepted(frozenset(), ())
_CONVERSIONS = " ".join(
    f"{given}:{wanted}"
    for given in ("float32", "int8", "int16", "int32", "bool")
    for wanted in ("float32", "int8", "int16", "int32", "bool")
)

_KERNELS: Mapping[str, Accepted] = {
    # Matrices
    "CONV_2D": _pairs("float32:float32 int8:int8 int8:int4 int16:int8", (0, 1)),
    "DEPTHWISE_CONV_2D": _pairs("float32:float32 int8:int8 int8:int4 int16:int8", (0, 1)),
    "TRANSPOSE_CONV": _pairs("float32:float32 int8:int8 int16:int8", (2, 1)),
    "FULLY_CONNECTED": _pairs("float32:float32 int8:int8 int8:int4 int16:int8", (0, 1)),
    "BATCH_MATMUL": _pairs("float32:float32 int8:int8 int16:int16", (0, 1)),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _pairs("float32:float32 int8:int8 int16:int8", (0, 2)),
    "SVDF": _pairs("float32:float32 int8:int8", (0, 1)),
    # Functions of one value
    **dict.fromkeys(("CEIL", "COS", "EXP", "FLOOR", "LOG", "NEG", "ROUND", "SIN", "SQRT", "SQUARE"), _FLOAT),
    **dict.fromkeys(("ELU", "HARD_SWISH"), _INT8),
    **dict.fromkeys(("ABS", "LEAKY_RELU", "LOGISTIC", "PRELU", "RELU", "RELU6", "RSQRT", "TANH"), _INT16),
    "LOGICAL_NOT": _data("bool"),
    "QUANTIZE": _pairs(
        "float32:int8 float32:int16 int8:int8 int8:int16 int8:int32 int8:uint8 int16:int8 int16:int16 int16:int32 "
        "int32:int8 int32:int16 uint8:int8",
        (0, OUTPUT),
    ),
    "DEQUANTIZE": _pairs("int8:float32 int16:float32 uint8:float32", (0, OUTPUT)),
    "CAST": _pairs(_CONVERSIONS, (0, OUTPUT)),
    # Functions of two values
    **dict.fromkeys(("ADD", "SUB", "MUL", "SQUARED_DIFFERENCE"), _NUMBERS),
    "DIV": _data("float32 int8 int32"),
    "ADD_N": _INT8,
    **dict.fromkeys(("FLOOR_DIV", "FLOOR_MOD"), _FLOAT),
    **dict.fromkeys(("MAXIMUM", "MINIMUM"), _ALL_NUMBERS),
    **dict.fromkeys(("EQUAL", "NOT_EQUAL"), _data("float32 int8 int32 int64 bool")),
    "GREATER": _ALL_NUMBERS,
    **dict.fromkeys(("GREATER_EQUAL", "LESS", "LESS_EQUAL"), _ORDERED),
    **dict.fromkeys(("LOGICAL_AND", "LOGICAL_OR"), _data("bool")),
    "SELECT_V2": _data("float32 int8 int16", 1),
    # Reductions
    **dict.fromkeys(("MEAN", "SUM", "SOFTMAX", "AVERAGE_POOL_2D", "MAX_POOL_2D"), _INT16),
    **dict.fromkeys(("ARG_MAX", "ARG_MIN", "CUMSUM", "L2_NORMALIZATION", "LOG_SOFTMAX"), _INT8),
    **dict.fromkeys(("REDUCE_MAX", "REDUCE_MIN"), _INT8),
    "REDUCE_ALL": _data("bool"),
    "L2_POOL_2D": _FLOAT,
    # Moves
    **dict.fromkeys(("RESHAPE", "SQUEEZE", "SHAPE", "REVERSE_V2", "BROADCAST_TO"), _ANYTHING),
    "BROADCAST_ARGS": _data("int32 int64"),
    "CONCATENATION": _data("float32 int8 int16 int32 int64 bool"),
    "PACK": _ALL_NUMBERS,
    "UNPACK": _NUMBERS,
    "SPLIT": _data("float32 int8 int16 int32", 1),
    "SPLIT_V": _NUMBERS,
    **dict.fromkeys(("SLICE", "STRIDED_SLICE"), _MOVED),
    "DYNAMIC_UPDATE_SLICE": _NUMBERS,
    **dict.fromkeys(("PAD", "PADV2"), _NUMBERS),
    **dict.fromkeys(("EXPAND_DIMS", "RESIZE_NEAREST_NEIGHBOR", "TRANSPOSE"), _INT16),
    **dict.fromkeys(("DEPTH_TO_SPACE", "SPACE_TO_DEPTH", "MIRROR_PAD", "RESIZE_BILINEAR"), _INT8),
    **dict.fromkeys(("GATHER", "GATHER_ND"), _INT8),
    "EMBEDDING_LOOKUP": _pairs("float32:float32 int8:int8", (1, OUTPUT)),
    "FILL": _data("float32 int8 int32", 1),
    "ZEROS_LIKE": _data("float32 int8 int32 int64"),
    # Control flow and state
    **dict.fromkeys(("IF", "WHILE", "CALL_ONCE", "VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE"), _ANYTHING),
}

_BATCHED_DILATION = frozenset({"SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND"})
_CUSTOM_CODES = frozenset({"CIRCULAR_BUFFER", "TFLite_Detection_PostProcess", "ethos-u"})
_SIGNAL_LIBRARY = "Signal"
"""How the custom codes of TFLite Micro's signal library begin: `SignalWindow`, `SignalRfft`."""


def judge_tflm(operator: Operator) -> Verdict:
    """Whether TFLite Micro has a kernel for an operator in its types.

    Args:
        operator: Any operator.

    Returns:
        `runs` or `refused`.

    Raises:
        InputError: The operator lacks an input or output that it cannot do without.
    """
    if operator.kind in _BATCHED_DILATION:
        return Verdict(
            "refused", f"a dilation was left as {operator.kind}, which TFLite Micro runs wrong without a word"
        )
    if operator.kind == "CUSTOM":
        return _judge_custom(operator)
    accepted = _KERNELS.get(operator.kind)
    if accepted is None:
        return Verdict("refused", f"TFLite Micro has no {operator.kind}")
    types = tuple((output_of(operator) if i == OUTPUT else input_of(operator, i)).dtype for i in accepted.places)
    if accepted.types and types not in accepted.types:
        reason = f"TFLite Micro has no {operator.kind} for {_named(operator.kind, types)}"
        return Verdict("refused", reason, types[0] != "int8" and any(first == "int8" for first, *_ in accepted.types))
    return RUNS


def _judge_custom(operator: Operator) -> Verdict:
    code = operator.custom_code
    if code == "CIRCULAR_BUFFER" and (dtype := input_of(operator, 0).dtype) != "int8":
        return Verdict("refused", f"TFLite Micro has no {code} for {dtype}", int8_helps=True)
    if code in _CUSTOM_CODES or code.startswith(_SIGNAL_LIBRARY):
        return RUNS
    return Verdict("refused", f"TFLite Micro has no custom operator {code!r}")


def _named(kind: str, types: tuple[str, ...]) -> str:
    if len(types) == 1:
        return types[0]
    return f"{types[0]} to {types[1]}" if OUTPUT in _KERNELS[kind].places else f"{types[0]} with {types[1]} weights"
