"""CMSIS-NN runs on Arm alone: its conditions as its wrappers state them, case by case."""

from __future__ import annotations

from typing import Any

import pytest
from ai_edge_litert import schema_py_generated as schema
from graph.one_operator import CASES, Case, bias, case, one_operator, weights, x, y

from neuralspot_edge.graph import Support, check_support, load_graph


def _support(tflite: bytes, backend: str = "cmsis-nn") -> Support:
    (support,) = check_support(load_graph(tflite), backend)
    return support


def _depthwise(multiplier: int = 1, dilation: int = 1, batch: int = 1) -> Case:
    channels = 4 * multiplier
    options = schema.DepthwiseConv2DOptionsT(
        strideW=1, strideH=1, depthMultiplier=multiplier, dilationWFactor=dilation, dilationHFactor=1
    )
    parts = x(batch, 1, 8, 4), weights(1, 1, 3, channels), bias(channels), y(batch, 1, 8, channels)
    return case(*parts, options=options)


FAST_IN_BOTH = (
    *("CONV_2D", "FULLY_CONNECTED", "BATCH_MATMUL", "UNIDIRECTIONAL_SEQUENCE_LSTM", "ADD", "MUL"),
    *("AVERAGE_POOL_2D", "MAX_POOL_2D", "SOFTMAX"),
)
FAST_IN_INT8 = ("TRANSPOSE_CONV", "SVDF", "MAXIMUM", "MINIMUM", "PAD", "PADV2", "TRANSPOSE")


@pytest.mark.parametrize("kind", [*FAST_IN_BOTH, *FAST_IN_INT8])
def test_its_kernels_are_fast_in_int8(kind):
    support = _support(one_operator(kind))
    assert (support.level, support.reason, support.remedy) == ("fast", "", "")


@pytest.mark.parametrize("kind", FAST_IN_BOTH)
def test_some_of_them_are_fast_in_int16(kind):
    assert _support(one_operator(kind, "int16")).level == "fast"


@pytest.mark.parametrize("kind", ["TRANSPOSE_CONV", "MAXIMUM", "PAD", "TRANSPOSE"])
def test_the_others_fall_to_the_reference_kernel_in_int16(kind):
    support = _support(one_operator(kind, "int16"))
    assert support.level == "runs"
    assert support.reason == f"CMSIS-NN has no {kind} in int16; TFLite Micro's reference kernel runs it"
    assert support.remedy == "set export.quantization to int8"


@pytest.mark.parametrize("kind", ["CONV_2D", "ADD", "SOFTMAX"])
def test_floats_fall_to_the_reference_kernel(kind):
    assert _support(one_operator(kind, "float32")).level == "runs"


@pytest.mark.parametrize(
    ("kind", "word"),
    [("MEAN", "se_ratio"), ("LOGISTIC", "relu6"), ("HARD_SWISH", "relu6"), ("QUANTIZE", "export.io"), ("SUB", "norm")],
)
def test_what_it_lacks_runs_and_names_the_field_to_change(kind, word):
    support = _support(one_operator(kind))
    assert support.level == "runs"
    assert support.reason.startswith(f"CMSIS-NN has no {kind};")
    assert word in support.remedy


@pytest.mark.parametrize("kind", ["RESHAPE", "SQUEEZE", "EXPAND_DIMS"])
def test_what_costs_a_copy_at_most_is_fast(kind):
    assert _support(one_operator(kind)).level == "fast"


@pytest.mark.parametrize(
    ("parts", "activation", "level"),
    [
        (_depthwise(), "int8", "fast"),
        (_depthwise(multiplier=4), "int8", "fast"),
        (_depthwise(multiplier=2), "int8", "runs"),
        (_depthwise(dilation=2), "int8", "runs"),
        (_depthwise(batch=2), "int8", "runs"),
        (_depthwise(), "int16", "runs"),
        (_depthwise(multiplier=4), "int16", "fast"),
        (_depthwise(multiplier=4, dilation=2), "int16", "runs"),
    ],
)
def test_a_depthwise_convolution_is_fast_without_dilation_and_odd_multipliers(parts, activation, level):
    assert _support(one_operator("DEPTHWISE_CONV_2D", activation, parts=parts)).level == level


def test_a_dilated_depthwise_convolution_says_what_to_change():
    support = _support(one_operator("DEPTHWISE_CONV_2D", parts=_depthwise(dilation=2)))
    assert support.reason == "CMSIS-NN runs a dilated depthwise convolution in a plain loop"
    assert support.remedy.startswith("set dilation to 1")


def test_a_depthwise_convolution_in_int16_is_told_to_become_int8():
    support = _support(one_operator("DEPTHWISE_CONV_2D", "int16", parts=_depthwise()))
    assert support.remedy == "set export.quantization to int8"


def test_a_dilated_full_convolution_is_fast():
    options = schema.Conv2DOptionsT(strideW=1, strideH=1, dilationWFactor=4)
    assert _support(one_operator("CONV_2D", parts=case(*CASES["CONV_2D"].parts, options=options))).level == "fast"


@pytest.mark.parametrize("kind", ["ADD", "MUL"])
def test_a_broadcast_falls_to_the_reference_kernel(kind):
    options: Any = schema.AddOptionsT() if kind == "ADD" else schema.MulOptionsT()
    support = _support(one_operator(kind, parts=case(x(1, 2, 3, 4), x(1, 1, 1, 4), y(1, 2, 3, 4), options=options)))
    assert support.level == "runs"
    assert support.reason.startswith(f"{kind} of two shapes")


def test_five_dimensions_fall_to_the_reference_kernel():
    parts = case(x(1, 1, 2, 3, 4), CASES["PAD"].parts[1], y(1, 1, 2, 3, 4))
    assert _support(one_operator("PAD", parts=parts)).reason == "CMSIS-NN has no PAD of 5 dimensions"


@pytest.mark.parametrize("kind", ["TILE", "GELU", "SPACE_TO_BATCH_ND"])
def test_what_tflite_micro_refuses_is_refused_for_the_same_reason(kind):
    refused, reference = (_support(one_operator(kind), backend) for backend in ("cmsis-nn", "tflm"))
    assert refused.level == "refused"
    assert (refused.reason, refused.remedy) == (reference.reason, reference.remedy)
