"""The table of the Ethos-U against vela, its compiler: one operator a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ai_edge_litert import schema_py_generated as schema
from ethosu.vela import vela
from graph.one_operator import CASES, DESKTOP_CASES, Case, bias, case, one_operator, table, weights, x, y

from neuralspot_edge.graph import check_support, load_graph, parse, serialize
from neuralspot_edge.graph.support import Level

TYPES = ("int8", "uint8", "int16", "int32", "float32")
ACCELERATORS = {"ethos-u55": "ethos-u55-128", "ethos-u65": "ethos-u65-256"}


def _level(tflite: bytes, backend: str = "ethos-u55") -> Level:
    (support,) = check_support(load_graph(tflite), backend)
    return support.level


def _compiles(tflite: bytes, folder: Path, backend: str = "ethos-u55") -> bool:
    """Whether vela makes commands for the accelerator out of the whole file; it raises on what it cannot parse."""
    path = folder / "model.tflite"
    path.write_bytes(tflite)
    try:
        vela.main([str(path), "--accelerator-config", ACCELERATORS[backend], "--output-dir", str(folder)])
    except RuntimeError:
        return False
    operators = load_graph(folder / "model_vela.tflite").operators
    return {operator.custom_code for operator in operators} == {"ethos-u"}


def _with_intermediates(tflite: bytes) -> bytes:
    """An LSTM with the five scales between its gates, which vela reads and TFLite Micro does not."""
    model = parse(tflite)
    (subgraph,) = model.subgraphs
    scale = schema.QuantizationParametersT(scale=[1 / 256], zeroPoint=[0])
    added = [schema.TensorT(name=f"i{i}", shape=[1], type=schema.TensorType.INT8, quantization=scale) for i in range(5)]
    subgraph.operators[0].intermediates = [len(subgraph.tensors) + i for i in range(5)]
    subgraph.tensors += added
    return serialize(model)


@pytest.mark.parametrize("kind", [kind for kind in CASES | DESKTOP_CASES if kind != "UNIDIRECTIONAL_SEQUENCE_LSTM"])
def test_each_operator_compiles_in_the_types_of_the_table_and_in_no_other(kind, tmp_path):
    files = {dtype: one_operator(kind, dtype) for dtype in TYPES}
    verdicts = {dtype: _level(tflite) == "fast" for dtype, tflite in files.items()}
    assert verdicts == {dtype: _compiles(tflite, tmp_path) for dtype, tflite in files.items()}


@pytest.mark.parametrize("kind", ["CONV_2D", "MEAN", "TILE", "NEG", "CUMSUM", "RESIZE_BILINEAR", "SHAPE"])
def test_the_larger_accelerator_takes_the_same(kind, tmp_path):
    tflite = one_operator(kind)
    assert _level(tflite, "ethos-u65") == _level(tflite)
    assert (_level(tflite, "ethos-u65") == "fast") == _compiles(tflite, tmp_path, "ethos-u65")


@pytest.mark.parametrize("activation", ["int8", "float32"])
def test_an_lstm_compiles_in_integers_alone(activation, tmp_path):
    tflite = _with_intermediates(one_operator("UNIDIRECTIONAL_SEQUENCE_LSTM", activation))
    assert (_level(tflite) == "fast") == _compiles(tflite, tmp_path)


def _conv(height: int = 16, stride: tuple[int, int] = (1, 1), dilation: int = 1) -> Case:
    kernel = min(height, 3)
    options = schema.Conv2DOptionsT(strideH=stride[0], strideW=stride[1], dilationWFactor=dilation)
    out = -(-height // stride[0]), -(-16 // stride[1])
    return case(x(1, height, 16, 4), weights(8, kernel, 3, 4), bias(8), y(1, *out, 8), options=options)


def _depthwise(stride: int = 1, dilation: int = 1, multiplier: int = 1) -> Case:
    options = schema.DepthwiseConv2DOptionsT(
        strideH=stride, strideW=stride, dilationWFactor=dilation, depthMultiplier=multiplier
    )
    out, channels = -(-16 // stride), 4 * multiplier
    parts = x(1, 16, 16, 4), weights(1, 3, 3, channels), bias(channels), y(1, out, out, channels)
    return case(*parts, options=options)


def _transposed(height: int, stride: tuple[int, int]) -> Case:
    size, options = (1, height * stride[0], 4 * stride[1], 2), schema.TransposeConvOptionsT()
    options.strideH, options.strideW = stride
    kernel = weights(2, min(height, 3), 3, 3)
    return case(table(*size), kernel, x(1, height, 4, 3), bias(2), y(*size), options=options)


def _pool(window: tuple[int, int], *, same: bool = False) -> Case:
    height, width = 300 if window[0] > 16 else 16, 1 if window[0] > 16 else 16
    options = schema.Pool2DOptionsT(padding=int(not same), strideW=1, strideH=1)
    options.filterHeight, options.filterWidth = window
    out = (height, width) if same else (height - window[0] + 1, width - window[1] + 1)
    return case(x(1, height, width, 2), y(1, *out, 2), options=options)


def _mean(shape: tuple[int, ...], *axes: int) -> Case:
    out = [1 if index - len(shape) in axes or index in axes else size for index, size in enumerate(shape)]
    return case(x(*shape), table(*axes), y(*out), options=schema.ReducerOptionsT(keepDims=True))


def _resize(before: tuple[int, int], after: tuple[int, int], **options: bool) -> Case:
    return case(x(1, *before, 2), table(*after), y(1, *after, 2), options=schema.ResizeBilinearOptionsT(**options))


def _argmax(shape: tuple[int, ...], axis: int) -> Case:
    out = [size for index, size in enumerate(shape) if index != axis]
    return case(x(*shape), table(axis), y(*out, dtype="int32"), options=schema.ArgMaxOptionsT(outputType=2))


def _slice(*steps: int) -> Case:
    shape = (1, 2, 4, 8)
    out = [size // step for size, step in zip(shape, steps, strict=True)]
    parts = x(*shape), table(0, 0, 0, 0), table(*shape), table(*steps), y(*out)
    return case(*parts, options=schema.StridedSliceOptionsT())


def _softmax(*shape: int) -> Case:
    return case(x(*shape), y(*shape), options=schema.SoftmaxOptionsT(beta=1.0))


LIMITS: list[tuple[str, Any]] = [
    *(("CONV_2D", _conv(stride=stride)) for stride in ((3, 3), (1, 4), (4, 1))),
    *(("CONV_2D", _conv(height=1, dilation=dilation)) for dilation in (2, 64)),
    *(("DEPTHWISE_CONV_2D", _depthwise(stride=stride)) for stride in (3, 4)),
    *(("DEPTHWISE_CONV_2D", _depthwise(dilation=2, multiplier=multiplier)) for multiplier in (1, 2)),
    *(("TRANSPOSE_CONV", _transposed(4, stride)) for stride in ((1, 1), (2, 2), (3, 3), (1, 2))),
    ("TRANSPOSE_CONV", _transposed(1, (1, 2))),
    *(("MAX_POOL_2D", _pool(window)) for window in ((16, 16), (256, 1), (257, 1))),
    *(("AVERAGE_POOL_2D", _pool(window, same=True)) for window in ((8, 8), (9, 9), (8, 9))),
    *(("AVERAGE_POOL_2D", _pool(window)) for window in ((16, 16), (257, 1))),
    *(("MEAN", _mean((1, 8, 8, 4), *axes)) for axes in ((1, 2), (1,), (-2,), (3,), (1, 2, 3))),
    ("MEAN", _mean((1, 8, 1, 4), 3)),
    ("MEAN", _mean((1, 8), 1)),
    *(("MEAN", _mean((1, 1, width, 4), 2)) for width in (4096, 4097)),
    *(("RESIZE_BILINEAR", _resize((4, 4), after)) for after in ((8, 8), (12, 12), (8, 16), (4, 4))),
    *(("RESIZE_BILINEAR", _resize((4, 4), after, halfPixelCenters=True)) for after in ((8, 8), (16, 16))),
    *(("RESIZE_BILINEAR", _resize(before, (7, 7), alignCorners=True)) for before in ((4, 4), (1, 1), (5, 5))),
    *(("RESIZE_BILINEAR", _resize((1, 4), (1, width))) for width in (8, 12)),
    *(("ARG_MAX", _argmax((1, 2, depth), 2)) for depth in (127, 128)),
    ("ARG_MAX", _argmax((1, 5, 8), 1)),
    *(("STRIDED_SLICE", _slice(*steps)) for steps in ((1, 2, 2, 1), (1, 1, 1, 2))),
    *(("SOFTMAX", _softmax(1, side, side, 2)) for side in (256, 257)),
]


@pytest.mark.parametrize(("kind", "parts"), LIMITS)
def test_sizes_and_strides_compile_up_to_the_limits_of_the_table(kind, parts, tmp_path):
    tflite = one_operator(kind, parts=parts)
    assert (_level(tflite) == "fast") == _compiles(tflite, tmp_path)


def test_what_the_accelerator_leaves_runs_on_the_processor():
    (support,) = check_support(load_graph(one_operator("CUMSUM")), "ethos-u55")
    assert (support.level, support.reason) == ("runs", "the Ethos-U has no CUMSUM; the processor runs it")


def test_what_neither_takes_is_refused_with_both_reasons():
    (support,) = check_support(load_graph(one_operator("POW")), "ethos-u55")
    assert support.level == "refused"
    assert support.reason == "the Ethos-U has no POW, and TFLite Micro has no POW"


def test_floats_are_told_to_become_integers():
    (support,) = check_support(load_graph(one_operator("CONV_2D", "float32")), "ethos-u55")
    assert support.level == "runs"
    assert support.remedy == "set export.quantization to int8"


def test_what_vela_has_compiled_is_fast(tmp_path):
    assert _compiles(one_operator("CONV_2D"), tmp_path)
    assert _level((tmp_path / "model_vela.tflite").read_bytes()) == "fast"
