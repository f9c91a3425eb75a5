"""Costs against figures computed by hand for each kind of operator, and against published ones."""

from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from graph import tiny_models
from graph.one_operator import CASES, DESKTOP_CASES, case, one_operator, weights, x, y
from helpers import mlperf_tiny, tcn
from helpers.tflite import convert_with
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import Costs, count_costs, load_graph, parse, serialize
from neuralspot_edge.graph.costs_elementwise import ELEMENTWISE_RULES
from neuralspot_edge.graph.costs_macs import MAC_RULES

MACS = {
    "CONV_2D": (4 * 5 * 2) * (3 * 2 * 3),
    "DEPTHWISE_CONV_2D": (4 * 5 * 6) * (3 * 2),
    "TRANSPOSE_CONV": (4 * 5 * 3) * (3 * 3) * 2,
    "CONV_3D": (3 * 4 * 5 * 4) * (1 * 2 * 3) * 2,
    "CONV_3D_TRANSPOSE": (3 * 4 * 5 * 2) * (1 * 2 * 3) * 4,
    "RNN": 4 * 3 + 4 * 4,
    "UNIDIRECTIONAL_SEQUENCE_RNN": 2 * (4 * 3 + 4 * 4),
    "FULLY_CONNECTED": 2 * 4 * 6,
    "BATCH_MATMUL": 3 * 5 * 4,
    # Two steps through four gates, each of four units that read three inputs and four states.
    "UNIDIRECTIONAL_SEQUENCE_LSTM": 2 * 4 * (4 * 3 + 4 * 4),
    # Four filters over three features, and over five steps of memory.
    "SVDF": 4 * 3 + 4 * 5,
}
ELEMENTWISE = {
    **dict.fromkeys(("ABS", "NEG", "CEIL", "FLOOR", "ROUND", "SQUARE", "SQRT", "RSQRT", "EXP", "LOG"), 24),
    **dict.fromkeys(("SIN", "COS", "SIGN", "RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "ELU", "GELU"), 24),
    **dict.fromkeys(("LOGISTIC", "TANH", "HARD_SWISH", "FAKE_QUANT", "ATAN2", "BITWISE_XOR", "RIGHT_SHIFT"), 24),
    **dict.fromkeys(("ADD", "SUB", "MUL", "DIV", "FLOOR_DIV", "FLOOR_MOD", "MAXIMUM", "MINIMUM", "POW"), 24),
    "SQUARED_DIFFERENCE": 2 * 24,
    **dict.fromkeys(("EQUAL", "NOT_EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL"), 6),
    **dict.fromkeys(("LOGICAL_AND", "LOGICAL_OR", "LOGICAL_NOT", "SELECT", "SELECT_V2"), 6),
    **dict.fromkeys(("QUANTIZE", "DEQUANTIZE", "CAST", "LEAKY_RELU"), 6),
    "PRELU": 12,
    "ADD_N": 2 * 6,
    **dict.fromkeys(("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD", "REDUCE_ANY", "REDUCE_ALL"), 4 * 6 * 5),
    **dict.fromkeys(("ARG_MAX", "ARG_MIN", "CUMSUM"), 6),
    **dict.fromkeys(("AVERAGE_POOL_2D", "MAX_POOL_2D"), (3 * 3 * 5) * (3 * 2)),
    "L2_POOL_2D": (3 * 3 * 5) * (2 * 3 * 2 + 1),
    **dict.fromkeys(("SOFTMAX", "LOG_SOFTMAX"), 5 * 6),
    "L2_NORMALIZATION": 3 * 6,
    "RESIZE_BILINEAR": 7 * (4 * 6 * 4),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": 2 * 4 * 9,
    "UNIDIRECTIONAL_SEQUENCE_RNN": 2 * 4,
    "RNN": 4,
    "SVDF": 4,
}
"""Every kind of `CASES` that is missing here moves data, or has multiply-accumulates alone."""


def _costs(tflite: bytes) -> Costs:
    return count_costs(load_graph(tflite))


@pytest.mark.parametrize("kind", CASES | DESKTOP_CASES)
def test_arithmetic_is_what_one_counts_by_hand(kind):
    costs = _costs(one_operator(kind))
    assert (costs.macs, costs.elementwise) == (MACS.get(kind, 0), ELEMENTWISE.get(kind, 0))
    assert costs.uncounted == ()


def test_there_is_a_case_for_every_rule_but_those_of_variables_control_flow_and_custom_operators():
    untested = {"IF", "WHILE", "CALL_ONCE", "VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "CIRCULAR_BUFFER"}
    assert set(ELEMENTWISE_RULES) - set(CASES | DESKTOP_CASES) == untested
    assert set(MAC_RULES) <= set(ELEMENTWISE_RULES)


def test_transposed_matrices_are_summed_along_their_own_axis():
    options = schema.BatchMatMulOptionsT(adjX=True)
    parts = case(x(1, 4, 3), x(1, 4, 5), y(1, 3, 5), options=options)
    assert _costs(one_operator("BATCH_MATMUL", parts=parts)).macs == 3 * 5 * 4


def test_a_grouped_convolution_reads_its_own_channels_alone():
    parts = case(x(1, 4, 5, 6), weights(8, 1, 1, 3), None, y(1, 4, 5, 8), options=schema.Conv2DOptionsT())
    assert _costs(one_operator("CONV_2D", parts=parts)).macs == 4 * 5 * 8 * 3


def test_a_fused_activation_adds_nothing():
    parts = CASES["CONV_2D"]
    relu = schema.Conv2DOptionsT(strideW=1, strideH=1, fusedActivationFunction=1)
    fused = _costs(one_operator("CONV_2D", parts=case(*parts.parts, options=relu)))
    assert (fused.macs, fused.elementwise) == (MACS["CONV_2D"], 0)


@pytest.mark.parametrize(
    ("kind", "activation", "constants", "activations"),
    [
        ("CONV_2D", "int8", 2 * 3 * 2 * 3 + 4 * 2, 60 + 40),
        ("CONV_2D", "int16", 2 * 3 * 2 * 3 + 8 * 2, 2 * (60 + 40)),
        ("CONV_2D", "float32", 4 * (2 * 3 * 2 * 3 + 2), 4 * (60 + 40)),
        ("RESHAPE", "int8", 2 * 4, 6 + 6),
        ("ADD", "int8", 0, 3 * 24),
        # Input, output and the state of four filters over five steps.
        ("SVDF", "int8", 4 * 3 + 4 * 5 + 2 * 4, 3 + 20 + 2),
    ],
)
def test_bytes_are_those_of_constants_and_of_what_is_computed(kind, activation, constants, activations):
    costs = _costs(one_operator(kind, activation))
    assert (costs.weight_bytes, costs.activation_bytes) == (constants, activations)
    assert costs.operators[0].weight_bytes == constants


def test_packed_weights_are_counted_as_they_lie_in_the_file():
    costs = _costs(one_operator("FULLY_CONNECTED", "int8", "int4"))
    assert costs.weight_bytes == 4 * 6 // 2 + 4 * 4


def test_constants_that_operators_share_count_once():
    model = parse(one_operator("FULLY_CONNECTED"))
    model.subgraphs[0].operators *= 2
    costs = _costs(serialize(model))
    assert [cost.weight_bytes for cost in costs.operators] == [40, 40]
    assert costs.weight_bytes == 40
    assert costs.macs == 2 * MACS["FULLY_CONNECTED"]


def test_a_circular_buffer_moves_data_and_computes_nothing():
    ends = [tiny_models.tensor("x", (1, 1, 1, 4), "INT8"), tiny_models.tensor("kept", (1, 5, 1, 4), "INT8")]
    costs = _costs(tiny_models.pack("CUSTOM", ends, inputs=[0], outputs=[1], custom_code="CIRCULAR_BUFFER"))
    assert (costs.macs, costs.elementwise, costs.uncounted) == (0, 0, ())
    assert costs.activation_bytes == 4 + 20


@pytest.mark.parametrize(("kind", "name"), [("CUSTOM", "Mine"), ("HASHTABLE_FIND", "HASHTABLE_FIND")])
def test_what_is_not_known_is_named_and_not_taken_for_free(kind, name):
    ends = [tiny_models.tensor("x", (1, 4)), tiny_models.tensor("y", (1, 4))]
    code = "Mine" if kind == "CUSTOM" else None
    costs = _costs(tiny_models.pack(kind, ends, inputs=[0], outputs=[1], custom_code=code))
    assert costs.uncounted == (name,)
    assert not costs.operators[0].counted
    assert costs.activation_bytes == 2 * 4 * 4


def test_bodies_of_control_flow_count_once_behind_the_main_subgraph():
    """WHILE, whose condition and body are both the subgraph of one convolution; a third subgraph is never run."""
    model = parse(one_operator("CONV_2D"))
    body = model.subgraphs[0]
    ends = [tiny_models.tensor("x", (1,)), tiny_models.tensor("y", (1,))]
    options = schema.WhileOptionsT(condSubgraphIndex=1, bodySubgraphIndex=1)
    loop = parse(tiny_models.pack("WHILE", ends, inputs=[0], outputs=[1], options=options))
    loop.subgraphs[0].operators[0].opcodeIndex = 1
    loop.operatorCodes = [*model.operatorCodes, *loop.operatorCodes]
    loop.buffers, loop.subgraphs = model.buffers, [*loop.subgraphs, body, body]
    costs = _costs(serialize(loop))
    assert [(cost.operator.kind, cost.subgraph_index) for cost in costs.operators] == [("WHILE", 0), ("CONV_2D", 1)]
    assert costs.macs == MACS["CONV_2D"]


def test_an_operator_without_its_weights_is_refused_by_name():
    model = parse(one_operator("CONV_2D"))
    model.subgraphs[0].operators[0].inputs = [0, -1]
    with pytest.raises(InputError, match="operator 0, CONV_2D, lacks its input 1"):
        _costs(serialize(model))


def test_an_operator_without_outputs_is_refused_by_name():
    model = parse(one_operator("ADD"))
    model.subgraphs[0].operators[0].outputs = []
    with pytest.raises(InputError, match="operator 0, ADD, has no output"):
        _costs(serialize(model))


def test_a_pool_without_its_window_is_refused_by_name():
    model = parse(one_operator("MAX_POOL_2D"))
    model.subgraphs[0].operators[0].builtinOptions = None
    with pytest.raises(InputError, match="operator 0, MAX_POOL_2D, has no sound option filter_width"):
        _costs(serialize(model))


@settings(derandomize=True, deadline=None)
@given(shape=st.lists(st.integers(0, 5), max_size=5), kind=st.sampled_from(sorted(CASES | DESKTOP_CASES)))
def test_any_shapes_are_counted_or_refused(shape, kind):
    """Tensors of shapes that fit no kernel, as a damaged file may hold them."""
    model = parse(one_operator(kind))
    for tensor in model.subgraphs[0].tensors:
        tensor.shape, tensor.quantization = shape, None
    try:
        costs = _costs(serialize(model))
    except InputError:
        return
    assert min(costs.macs, costs.elementwise, costs.weight_bytes, costs.activation_bytes) >= 0


@pytest.fixture(scope="module")
def published() -> dict[str, bytes]:
    """The models of MLPerf Tiny in int8, their weights and biases random."""
    models = {name: tcn.randomize(build()) for name, build in mlperf_tiny.MODELS.items()}
    rng = np.random.default_rng(0)
    inputs = {name: rng.normal(size=(4, *model.inputs[0].shape[1:])) for name, model in models.items()}
    return {name: convert_with(model, inputs[name].astype(np.float32)) for name, model in models.items()}


@pytest.mark.parametrize("name", mlperf_tiny.MODELS)
def test_mlperf_tiny_has_its_published_macs(published, name):
    costs = _costs(published[name])
    assert costs.macs == pytest.approx(mlperf_tiny.PUBLISHED_MACS[name], rel=0.01)
    assert costs.uncounted == ()


def test_weight_bytes_of_keyword_spotting_are_its_weights_and_biases(published):
    integers = 64 * 10 * 4 + 4 * (3 * 3 * 64) + 4 * (64 * 64) + 12 * 64
    biases = 4 * (9 * 64 + 12)
    assert _costs(published["keyword_spotting"]).weight_bytes == integers + biases
