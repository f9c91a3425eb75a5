"""A `.tflite` of one operator, written by hand, for every kind that the tables of costs and support know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from graph import tiny_models

ACTIVATIONS = ("float32", "int8", "int16", "uint8", "int32", "int64", "bool", "float16", "int4")
WEIGHTS = {"int16": "int8", "int64": "int32"}
CELLS = {"float32": "float32"}
BIASES = {"float32": "float32", "float16": "float16", "int16": "int64"}
UNIT_RANGES = {
    "LOG_SOFTMAX": (16 / 256, 127),
    "LOGISTIC": (1 / 256, -128),
    "SOFTMAX": (1 / 256, -128),
    "TANH": (1 / 128, 0),
    "L2_NORMALIZATION": (1 / 128, 0),
}
"""Scale and zero point of int8 outputs that are fixed for a kind; in int16 they are 1 / 32768 and 0."""
QUANTIZED = ("int8", "int16", "uint8", "int4")


@dataclass(frozen=True)
class Part:
    """A tensor of the operator: computed (`x`, `y`), constant (`weights`, `bias`) or a table of int32 `values`."""

    role: str
    shape: tuple[int, ...]
    dtype: str = ""
    values: tuple[Any, ...] | None = None

    def pack(self, index: int, activation: str, weights: str) -> Any:
        dtype = self.dtype or {
            "weights": weights,
            "bias": BIASES.get(activation, "int32"),
            "cell": CELLS.get(activation, "int16"),
        }.get(self.role, activation)
        data = None
        if self.role in ("weights", "bias") or self.values is not None:
            storage = {"int4": "int8"}.get(dtype, dtype)
            data = np.ones(self.shape, storage) if self.values is None else np.array(self.values, storage)
            if dtype == "int4":
                data = data.reshape(-1)[: (data.size + 1) // 2]
        if self.role in ("state", "cell"):
            return tiny_models.tensor(f"t{index}", self.shape, dtype.upper(), isVariable=True, **_scaled(self, dtype))
        return tiny_models.tensor(f"t{index}", self.shape, dtype.upper(), data, **_scaled(self, dtype))


def _scaled(part: Part, dtype: str) -> dict[str, Any]:
    if part.values is not None or (dtype not in QUANTIZED and part.role != "bias") or dtype == "float32":
        return {}
    scale = 0.25 if part.role == "bias" else 0.5
    return {"quantization": tiny_models.quantized(scale, 0)}


def x(*shape: int, dtype: str = "") -> Part:
    return Part("x", shape, dtype)


def y(*shape: int, dtype: str = "") -> Part:
    return Part("y", shape, dtype)


def weights(*shape: int) -> Part:
    return Part("weights", shape)


def bias(*shape: int) -> Part:
    return Part("bias", shape)


def table(*values: Any, shape: tuple[int, ...] | None = None, dtype: str = "int32") -> Part:
    return Part("table", (len(values),) if shape is None else shape, dtype, values)


@dataclass(frozen=True)
class Case:
    """The parts of an operator in its order, its output last, and its options."""

    parts: tuple[Part | None, ...]
    options: Any = None
    outputs: int = 1


def case(*parts: Part | None, options: Any = None, outputs: int = 1) -> Case:
    return Case(parts, options, outputs)


def _pool() -> Any:
    return schema.Pool2DOptionsT(padding=1, strideW=2, strideH=2, filterWidth=2, filterHeight=3)


UNARY = (
    *("ABS", "NEG", "CEIL", "FLOOR", "ROUND", "SQUARE", "SQRT", "RSQRT", "EXP", "LOG", "SIN", "COS", "SIGN"),
    *(
        "RELU",
        "RELU6",
        "RELU_N1_TO_1",
        "RELU_0_TO_1",
        "ELU",
        "GELU",
        "LOGISTIC",
        "TANH",
        "HARD_SWISH",
        "ZEROS_LIKE",
        "FAKE_QUANT",
    ),
)
BINARY = (
    "ATAN2",
    "BITWISE_XOR",
    "RIGHT_SHIFT",
    "ADD",
    "SUB",
    "MUL",
    "DIV",
    "FLOOR_DIV",
    "FLOOR_MOD",
    "MAXIMUM",
    "MINIMUM",
    "POW",
    "SQUARED_DIFFERENCE",
)
COMPARISONS = ("EQUAL", "NOT_EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL")
BINARY_OPTIONS = {
    "ADD": schema.AddOptionsT,
    "SUB": schema.SubOptionsT,
    "MUL": schema.MulOptionsT,
    "DIV": schema.DivOptionsT,
}
REDUCTIONS = ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD", "REDUCE_ANY", "REDUCE_ALL")


def _lstm() -> Case:
    """Two steps of three features into four units."""
    into = [weights(4, 3)] * 4 + [weights(4, 4)] * 4
    states = [Part("state", (1, 4)), Part("cell", (1, 4))]
    parts = [x(1, 2, 3), *into, None, None, None, *[bias(4)] * 4, None, None, *states, None, None, None, None]
    return Case((*parts, y(1, 2, 4)), schema.UnidirectionalSequenceLSTMOptionsT(fusedActivationFunction=4))


CASES: dict[str, Case] = {
    **{kind: case(x(1, 2, 3, 4), y(1, 2, 3, 4)) for kind in UNARY},
    **{
        kind: case(x(1, 2, 3, 4), x(1, 2, 3, 4), y(1, 2, 3, 4), options=BINARY_OPTIONS.get(kind, lambda: None)())
        for kind in BINARY
    },
    **{kind: case(x(1, 2, 3), x(1, 2, 3), y(1, 2, 3, dtype="bool")) for kind in COMPARISONS},
    **{
        kind: case(x(1, 4, 6, 5), table(1, 2), y(1, 1, 1, 5), options=schema.ReducerOptionsT(keepDims=True))
        for kind in REDUCTIONS
    },
    **{
        kind: case(x(1, 7, 6, 5), y(1, 3, 3, 5), options=_pool())
        for kind in ("AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D")
    },
    **{
        kind: case(x(2, 3, dtype="bool"), x(2, 3, dtype="bool"), y(2, 3, dtype="bool"))
        for kind in ("LOGICAL_AND", "LOGICAL_OR")
    },
    "LOGICAL_NOT": case(x(2, 3, dtype="bool"), y(2, 3, dtype="bool")),
    "CONV_2D": case(
        x(1, 4, 5, 3), weights(2, 3, 2, 3), bias(2), y(1, 4, 5, 2), options=schema.Conv2DOptionsT(strideW=1, strideH=1)
    ),
    "DEPTHWISE_CONV_2D": case(
        x(1, 4, 5, 3),
        weights(1, 3, 2, 6),
        bias(6),
        y(1, 4, 5, 6),
        options=schema.DepthwiseConv2DOptionsT(strideW=1, strideH=1, depthMultiplier=2),
    ),
    "TRANSPOSE_CONV": case(
        table(1, 8, 10, 2),
        weights(2, 3, 3, 3),
        x(1, 4, 5, 3),
        bias(2),
        y(1, 8, 10, 2),
        options=schema.TransposeConvOptionsT(strideW=2, strideH=2),
    ),
    "CONV_3D": case(
        x(1, 3, 4, 5, 2),
        weights(1, 2, 3, 2, 4),
        y(1, 3, 4, 5, 4),
        options=schema.Conv3DOptionsT(strideD=1, strideW=1, strideH=1),
    ),
    "FULLY_CONNECTED": case(x(2, 6), weights(4, 6), bias(4), y(2, 4), options=schema.FullyConnectedOptionsT()),
    "BATCH_MATMUL": case(x(1, 3, 4), x(1, 4, 5), y(1, 3, 5), options=schema.BatchMatMulOptionsT()),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _lstm(),
    "SVDF": case(
        x(1, 3),
        weights(4, 3),
        Part("weights", (4, 5)),
        bias(2),
        Part("state", (1, 20)),
        y(1, 2),
        options=schema.SVDFOptionsT(rank=2),
    ),
    "ADD_N": case(x(2, 3), x(2, 3), x(2, 3), y(2, 3)),
    "ARG_MAX": case(
        x(1, 2, 3), table(2, shape=(1,)), y(1, 2, dtype="int32"), options=schema.ArgMaxOptionsT(outputType=2)
    ),
    "ARG_MIN": case(
        x(1, 2, 3), table(2, shape=(1,)), y(1, 2, dtype="int32"), options=schema.ArgMinOptionsT(outputType=2)
    ),
    "CUMSUM": case(x(1, 2, 3), table(2, shape=()), y(1, 2, 3), options=schema.CumsumOptionsT()),
    "LEAKY_RELU": case(x(2, 3), y(2, 3), options=schema.LeakyReluOptionsT(alpha=0.1)),
    "PRELU": case(x(1, 2, 2, 3), Part("weights", (1, 1, 3)), y(1, 2, 2, 3)),
    "SOFTMAX": case(x(2, 3), y(2, 3), options=schema.SoftmaxOptionsT(beta=1.0)),
    "LOG_SOFTMAX": case(x(2, 3), y(2, 3)),
    "L2_NORMALIZATION": case(x(2, 3), y(2, 3), options=schema.L2NormOptionsT()),
    "QUANTIZE": case(x(2, 3), y(2, 3, dtype="int8"), options=schema.QuantizeOptionsT()),
    "DEQUANTIZE": case(x(2, 3), y(2, 3, dtype="float32")),
    "CAST": case(x(2, 3), y(2, 3, dtype="float32"), options=schema.CastOptionsT()),
    "RESIZE_BILINEAR": case(
        x(1, 2, 3, 4), table(4, 6), y(1, 4, 6, 4), options=schema.ResizeBilinearOptionsT(halfPixelCenters=True)
    ),
    "RESIZE_NEAREST_NEIGHBOR": case(
        x(1, 2, 3, 4), table(4, 6), y(1, 4, 6, 4), options=schema.ResizeNearestNeighborOptionsT(halfPixelCenters=True)
    ),
    "RESHAPE": case(x(2, 3), table(3, 2), y(3, 2), options=schema.ReshapeOptionsT(newShape=[3, 2])),
    "SQUEEZE": case(x(1, 2, 3), y(2, 3), options=schema.SqueezeOptionsT(squeezeDims=[0])),
    "EXPAND_DIMS": case(x(2, 3), table(0, shape=()), y(1, 2, 3)),
    "SHAPE": case(x(2, 3), y(2, dtype="int32"), options=schema.ShapeOptionsT(outType=2)),
    "CONCATENATION": case(x(2, 3), x(2, 4), y(2, 7), options=schema.ConcatenationOptionsT(axis=1)),
    "PACK": case(x(2, 3), x(2, 3), y(2, 2, 3), options=schema.PackOptionsT(valuesCount=2)),
    "UNPACK": case(x(2, 3), y(3), y(3), options=schema.UnpackOptionsT(num=2), outputs=2),
    "SPLIT": case(table(1, shape=()), x(2, 4), y(2, 2), y(2, 2), options=schema.SplitOptionsT(numSplits=2), outputs=2),
    "SPLIT_V": case(
        x(2, 4),
        table(1, 3),
        table(1, shape=()),
        y(2, 1),
        y(2, 3),
        options=schema.SplitVOptionsT(numSplits=2),
        outputs=2,
    ),
    "SLICE": case(x(2, 4), table(0, 1), table(2, 2), y(2, 2)),
    "STRIDED_SLICE": case(
        x(2, 4), table(0, 1), table(2, 3), table(1, 1), y(2, 2), options=schema.StridedSliceOptionsT()
    ),
    "DYNAMIC_UPDATE_SLICE": case(x(2, 4), x(1, 2), table(0, 1), y(2, 4)),
    "PAD": case(x(1, 2, 3, 4), table(0, 0, 1, 1, 0, 0, 0, 0, shape=(4, 2)), y(1, 4, 3, 4)),
    "PADV2": case(x(1, 2, 3, 4), table(0, 0, 1, 1, 0, 0, 0, 0, shape=(4, 2)), x(1), y(1, 4, 3, 4)),
    "MIRROR_PAD": case(
        x(1, 2, 3, 4), table(0, 0, 1, 1, 0, 0, 0, 0, shape=(4, 2)), y(1, 4, 3, 4), options=schema.MirrorPadOptionsT()
    ),
    "TRANSPOSE": case(x(1, 2, 3, 4), table(0, 2, 1, 3), y(1, 3, 2, 4)),
    "SPACE_TO_BATCH_ND": case(x(1, 4, 4, 1), table(2, 2), table(0, 0, 0, 0, shape=(2, 2)), y(4, 2, 2, 1)),
    "BATCH_TO_SPACE_ND": case(x(4, 2, 2, 1), table(2, 2), table(0, 0, 0, 0, shape=(2, 2)), y(1, 4, 4, 1)),
    "SPACE_TO_DEPTH": case(x(1, 4, 4, 1), y(1, 2, 2, 4), options=schema.SpaceToDepthOptionsT(blockSize=2)),
    "DEPTH_TO_SPACE": case(x(1, 2, 2, 4), y(1, 4, 4, 1), options=schema.DepthToSpaceOptionsT(blockSize=2)),
    "GATHER": case(x(4, 3), table(0, 2), y(2, 3), options=schema.GatherOptionsT()),
    "GATHER_ND": case(x(4, 3), table(0, 2, shape=(2, 1)), y(2, 3)),
    "EMBEDDING_LOOKUP": case(x(2, dtype="int32"), weights(4, 3), y(2, 3)),
    "REVERSE_V2": case(x(2, 3), table(1), y(2, 3)),
    "BROADCAST_TO": case(x(1, 3), table(2, 3), y(2, 3)),
    "BROADCAST_ARGS": case(table(1, 3), table(2, 1), y(2, dtype="int32")),
    "FILL": case(table(2, 3), x(), y(2, 3)),
    "TILE": case(x(1, 3), table(2, 1), y(2, 3)),
    "SELECT": case(x(2, 3, dtype="bool"), x(2, 3), x(2, 3), y(2, 3)),
    "SELECT_V2": case(x(2, 3, dtype="bool"), x(2, 3), x(2, 3), y(2, 3), options=schema.SelectV2OptionsT()),
}

DESKTOP_CASES: dict[str, Case] = {
    "FAKE_QUANT": case(x(1, 2, 3, 4), y(1, 2, 3, 4)),
    **{kind: case(x(1, 2, 3, 4), x(1, 2, 3, 4), y(1, 2, 3, 4)) for kind in ("ATAN2", "BITWISE_XOR", "RIGHT_SHIFT")},
    "CONV_3D_TRANSPOSE": case(
        table(1, 3, 4, 5, 4),
        weights(1, 2, 3, 4, 2),
        x(1, 3, 4, 5, 2),
        y(1, 3, 4, 5, 4),
        options=schema.Conv3DOptionsT(strideD=1, strideW=1, strideH=1),
    ),
    "RNN": case(
        x(1, 3), weights(4, 3), weights(4, 4), bias(4), Part("state", (1, 4)), y(1, 4), options=schema.RNNOptionsT()
    ),
    "UNIDIRECTIONAL_SEQUENCE_RNN": case(
        x(1, 2, 3),
        weights(4, 3),
        weights(4, 4),
        bias(4),
        Part("state", (1, 4)),
        y(1, 2, 4),
        options=schema.SequenceRNNOptionsT(),
    ),
    "BITCAST": case(x(2, 3), y(2, 3)),
    "RANK": case(x(2, 3), y(dtype="int32")),
    "RANGE": case(table(0, shape=()), table(3, shape=()), table(1, shape=()), y(3, dtype="int32")),
    "REVERSE_SEQUENCE": case(x(2, 3), table(3, 3), y(2, 3), options=schema.ReverseSequenceOptionsT(seqDim=1)),
    "ONE_HOT": case(x(2, dtype="int32"), table(3, shape=()), x(), x(), y(2, 3), options=schema.OneHotOptionsT(axis=-1)),
    "SCATTER_ND": case(table(0, 2, shape=(2, 1)), x(2, 3), table(4, 3), y(4, 3)),
    "DENSIFY": case(weights(2, 3), y(2, 3)),
}
"""More that TensorFlow Lite has on the desktop alone."""


def one_operator(
    kind: str, activation: str = "int8", weight_type: str | None = None, parts: Case | None = None, output: str = ""
) -> bytes:
    """The case of a kind as a file.

    Args:
        kind: A key of `CASES`, or any kind with `parts`.
        activation: Type of what the operator computes with.
        weight_type: Type of its weights; None takes the usual one.
        parts: Another case.
        output: Type of the outputs; empty for that of the case.
    """
    chosen = parts or (CASES | DESKTOP_CASES)[kind]
    weight_type = weight_type or WEIGHTS.get(activation, activation)
    packed = [part and part.pack(i, activation, weight_type) for i, part in enumerate(chosen.parts)]
    present = [p for p in packed if p is not None]
    first_output = len(present) - chosen.outputs
    scaled = (*QUANTIZED, "int32") if kind == "QUANTIZE" else QUANTIZED
    for tensor in present[first_output:]:
        if output:
            tensor.type = getattr(schema.TensorType, output.upper())
            tensor.quantization = tiny_models.quantized(0.5, 0) if output in scaled else None
        if kind in UNIT_RANGES and tensor.quantization is not None:
            unit = UNIT_RANGES[kind] if tensor.type == schema.TensorType.INT8 else (1 / 32768, 0)
            tensor.quantization = tiny_models.quantized(*unit)
    inputs = [i for i, p in enumerate(present[:first_output]) if p.content is None and not p.isVariable]
    outputs = list(range(first_output, len(present)))
    return tiny_models.pack(kind, packed, inputs=inputs, outputs=outputs, options=chosen.options)
