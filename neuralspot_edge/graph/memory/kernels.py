"""What each operator of TFLite Micro asks of the arena: its parameters, its own data, and scratch buffers.

The layouts (see `Platform.structure`) and requests are those of the reference kernels, read from
https://github.com/tensorflow/tflite-micro (`tensorflow/lite/micro/kernels`, `.../builtin_op_data.h`) and compared with
what the interpreter reports. An operator that is not in a table asks for nothing; of custom ones CIRCULAR_BUFFER is
known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from neuralspot_edge.graph.memory.platforms import Platform
from neuralspot_edge.graph.view import Operator, Tensor

__all__ = ["DATA", "PARAMETERS", "buffers_of", "scratch_of"]

Sizes: TypeAlias = list[int]

PARAMETERS = {
    **dict.fromkeys(("ADD", "SUB"), "ib"),
    **dict.fromkeys(("MUL", "DIV", "L2_NORMALIZATION", "LEAKY_RELU", "SOFTMAX", "SHAPE", "MIRROR_PAD"), "i"),
    **dict.fromkeys(("ARG_MAX", "ARG_MIN", "SPLIT", "SPLIT_V", "SPACE_TO_DEPTH", "DEPTH_TO_SPACE", "CALL_ONCE"), "i"),
    **dict.fromkeys(("CAST", "CONCATENATION", "GATHER", "IF", "PACK", "UNPACK", "WHILE"), "2i"),
    **dict.fromkeys(("CONV_2D", "DEPTHWISE_CONV_2D"), "7i"),
    **dict.fromkeys(("AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D"), "10i"),
    **dict.fromkeys(("MEAN", "SUM", "REDUCE_ALL", "REDUCE_MAX", "REDUCE_MIN"), "b"),
    **dict.fromkeys(("RESHAPE", "SQUEEZE"), "9i"),
    **dict.fromkeys(("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "CUMSUM"), "2b"),
    "BATCH_MATMUL": "3b",
    # The parser allocates 32 bytes; that they begin at a multiple of 8 is measured, behind a RESHAPE of 36.
    "FULLY_CONNECTED": "4q",
    "STRIDED_SLICE": "5ib",
    "SVDF": "2ib",
    "TRANSPOSE_CONV": "5i",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "3i3b",
    "VAR_HANDLE": "2p",
}
"""The options of an operator as its parser keeps them in the arena."""

DATA = {
    "ADD": "15i",
    "SUB": "13i",
    "MUL": "9i",
    "SQUARED_DIFFERENCE": "14i2q9i",
    **dict.fromkeys(("DIV", "PRELU", "ABS", "RSQRT", "RELU"), "7i"),
    **dict.fromkeys(("EQUAL", "NOT_EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL"), "8i"),
    "RELU6": "2i",
    **dict.fromkeys(("LOGISTIC", "TANH"), "4i"),
    "HARD_SWISH": "5i",
    "ELU": "256b",
    "LEAKY_RELU": "6i",
    "SOFTMAX": "q7i5p",
    **dict.fromkeys(("CONV_2D", "DEPTHWISE_CONV_2D"), "9i2p3i[2i]"),
    "TRANSPOSE_CONV": "b8h11i2p[2i]",
    "FULLY_CONNECTED": "9i2pb[2i]",
    **dict.fromkeys(("AVERAGE_POOL_2D", "MAX_POOL_2D"), "8i"),
    **dict.fromkeys(("L2_POOL_2D", "MIRROR_PAD"), "5i"),
    **dict.fromkeys(("MEAN", "SUM", "REDUCE_ALL", "REDUCE_MAX", "REDUCE_MIN"), "11i"),
    **dict.fromkeys(("PAD", "PADV2"), "14i"),
    "CONCATENATION": "b2ph2i[10i]",
    "STRIDED_SLICE": "21i",
    **dict.fromkeys(("QUANTIZE", "DEQUANTIZE"), "2q3i"),
    "BATCH_MATMUL": "3p3b",
    "SPACE_TO_BATCH_ND": "i",
    "L2_NORMALIZATION": "i",
    "SELECT_V2": "b",
    "SVDF": "9i",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "86q",
    **dict.fromkeys(("WHILE", "IF", "CALL_ONCE"), "2i"),
    **dict.fromkeys(("VAR_HANDLE", "ASSIGN_VARIABLE"), "i"),
    "EMBEDDING_LOOKUP": "ip",
    "CIRCULAR_BUFFER": "2i",
}
"""What the initialization of an operator allocates for its own use."""

_QUANTIZED = ("int8", "int16")


def buffers_of(operator: Operator, platform: Platform) -> Sizes:
    """Sizes of what an operator keeps in the arena beside its data, in bytes."""
    rule = _BUFFERS.get(operator.kind)
    return rule(operator, platform) if rule else []


def scratch_of(operator: Operator, platform: Platform) -> Sizes:
    """Sizes of the scratch buffers that an operator asks for, in bytes and in its order."""
    rule = _SCRATCH.get(operator.kind)
    return rule(operator, platform) if rule else []


def _input(operator: Operator, place: int) -> Tensor | None:
    return operator.inputs[place] if place < len(operator.inputs) else None


def _dtype(operator: Operator, place: int = 0) -> str:
    tensor = _input(operator, place)
    return tensor.dtype if tensor else ""


def _size(tensor: Tensor | None, axis: int) -> int:
    """A dimension, 1 where there is none."""
    return tensor.shape[axis] if tensor and -len(tensor.shape) <= axis < len(tensor.shape) else 1


def _count(tensor: Tensor | None) -> int:
    return tensor.element_count if tensor else 0


def _dimensions(tensor: Tensor | None) -> int:
    """Bytes of a shape with its length, as TFLite Micro copies it to write to it."""
    return 4 + 4 * (len(tensor.shape) if tensor else 0)


def _output(operator: Operator) -> Tensor | None:
    return operator.outputs[0] if operator.outputs else None


def _per_channel(place: int, axis: int) -> Callable[[Operator, Platform], Sizes]:
    """A multiplier and a shift for each channel of the weights, floats included."""
    return lambda operator, _: [4 * _size(_input(operator, place), axis)] * 2


def _fully_connected(operator: Operator, _: Platform) -> Sizes:
    weights = _input(operator, 1)
    channels = len(weights.quantization.scale) if weights and weights.quantization else 1
    return [4 * channels] * 2 if channels > 1 and _dtype(operator) != "float32" else []


def _softmax(operator: Operator, _: Platform) -> Sizes:
    """In int16 two tables of 513 values."""
    return [2 * 513] * 2 if _dtype(operator) == "int16" else []


def _output_shape(operator: Operator, _: Platform) -> Sizes:
    return [_dimensions(_output(operator))]


def _batch_matmul(operator: Operator, platform: Platform) -> Sizes:
    sizes = [_dimensions(_output(operator))]
    if _dtype(operator) in _QUANTIZED:
        sizes.append(platform.structure("7i").size)
    sides = ((0, operator.options.get("adj_x", False)), (1, not operator.options.get("adj_y", False)))
    for side in (_input(operator, place) for place, turned in sides if turned):
        content = side.size_bytes if side else 0
        sizes += [platform.structure("2pi").size, _dimensions(side), content]
    return sizes


def _only_int8(size: int) -> Callable[[Operator, Platform], Sizes]:
    return lambda operator, _: [size] if _dtype(operator) == "int8" else []


def _unpacked_weights(place: int) -> Callable[[Operator, Platform], Sizes]:
    """int4 weights are unpacked to int8 for each run."""
    return lambda operator, _: [_count(_input(operator, place))] if _dtype(operator, place) == "int4" else []


def _transpose_conv_scratch(operator: Operator, _: Platform) -> Sizes:
    """An accumulator for each element of the output, and int16 biases as int64."""
    accumulator = {"int8": 4, "int16": 8}.get(_dtype(operator, 2), 0)
    sizes = [accumulator * _count(_output(operator))] if accumulator else []
    if _dtype(operator, 2) == "int16" and _dtype(operator, 3) == "int16":
        sizes.append(8 * _count(_input(operator, 3)))
    return sizes


def _reduction_scratch(operator: Operator, _: Platform) -> Sizes:
    x = _input(operator, 0)
    return [4 * len(x.shape) if x else 0, 4 * _count(_input(operator, 1))]


def _mean_scratch(operator: Operator, platform: Platform) -> Sizes:
    sums = [4 * _count(_output(operator))] if _dtype(operator) in _QUANTIZED else []
    return [*sums, *_reduction_scratch(operator, platform)]


def _mirror_pad_scratch(operator: Operator, _: Platform) -> Sizes:
    x = _input(operator, 0)
    return [4 * len(x.shape) if x else 0] * 2


def _pointers(operator: Operator, platform: Platform) -> Sizes:
    return [platform.pointer_bytes * len(operator.inputs)]


def _svdf_scratch(operator: Operator, _: Platform) -> Sizes:
    filters = 4 * _size(_input(operator, 0), 0) * _size(_input(operator, 1), 0)
    if _dtype(operator) != "int8":
        return [filters]
    return [filters, filters // max(1, operator.options.get("rank", 1))]


def _lstm_scratch(operator: Operator, _: Platform) -> Sizes:
    """Four gates of the size of the cell state."""
    cell = _input(operator, 19)
    return [cell.size_bytes if cell else 0] * 4


_BUFFERS: dict[str, Callable[[Operator, Platform], Sizes]] = {
    "CONV_2D": _per_channel(1, 0),
    "DEPTHWISE_CONV_2D": _per_channel(1, 3),
    "TRANSPOSE_CONV": _per_channel(1, 0),
    "FULLY_CONNECTED": _fully_connected,
    "SOFTMAX": _softmax,
    "GATHER": _output_shape,
    "GATHER_ND": _output_shape,
    "SPACE_TO_DEPTH": _output_shape,
    "DEPTH_TO_SPACE": _output_shape,
    "EMBEDDING_LOOKUP": _output_shape,
    "BATCH_MATMUL": _batch_matmul,
    "CUMSUM": _only_int8(36),
    "ADD_N": _only_int8(40),
    "LOG_SOFTMAX": _only_int8(40),
}

_SCRATCH: dict[str, Callable[[Operator, Platform], Sizes]] = {
    "CONV_2D": _unpacked_weights(1),
    "DEPTHWISE_CONV_2D": _unpacked_weights(1),
    "FULLY_CONNECTED": _unpacked_weights(1),
    "TRANSPOSE_CONV": _transpose_conv_scratch,
    "MEAN": _mean_scratch,
    "SUM": _mean_scratch,
    "REDUCE_ALL": _reduction_scratch,
    "REDUCE_MAX": _reduction_scratch,
    "REDUCE_MIN": _reduction_scratch,
    "MIRROR_PAD": _mirror_pad_scratch,
    "ADD_N": _pointers,
    "SVDF": _svdf_scratch,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _lstm_scratch,
}
