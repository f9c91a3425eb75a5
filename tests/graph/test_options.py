from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from graph import tiny_models
from graph.one_operator import CASES, one_operator

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import load_graph, parse, serialize


def _options(tflite: bytes):
    return load_graph(tflite).operators[0].options


def test_a_convolution_has_its_fields_in_snake_case_and_names_for_enumerations():
    options = schema.Conv2DOptionsT(
        padding=1, strideW=2, strideH=3, fusedActivationFunction=3, dilationWFactor=4, dilationHFactor=5
    )
    parts = CASES["CONV_2D"]
    read = _options(one_operator("CONV_2D", parts=type(parts)(parts.parts, options)))
    assert read == {
        "padding": "VALID",
        "stride_w": 2,
        "stride_h": 3,
        "fused_activation_function": "RELU6",
        "dilation_w_factor": 4,
        "dilation_h_factor": 5,
        "quantized_bias_type": 0,
    }


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("MEAN", {"keep_dims": True}),
        ("AVERAGE_POOL_2D", {"filter_width": 2, "filter_height": 3, "padding": "VALID"}),
        ("DEPTHWISE_CONV_2D", {"depth_multiplier": 2, "padding": "SAME"}),
        ("BATCH_MATMUL", {"adj_x": False, "adj_y": False}),
        ("LEAKY_RELU", {"alpha": pytest.approx(0.1)}),
        ("RESHAPE", {"new_shape": (3, 2)}),
        ("SHAPE", {"out_type": "INT32"}),
        ("MIRROR_PAD", {"mode": "REFLECT"}),
    ],
)
def test_fields_are_numbers_names_and_tuples(kind, expected):
    read = _options(one_operator(kind))
    assert {name: read[name] for name in expected} == expected


def test_an_operator_without_options_has_none():
    assert _options(one_operator("PAD")) == {}


def test_options_of_the_second_union_are_read():
    model = parse(one_operator("RELU"))
    operator = model.subgraphs[0].operators[0]
    operator.builtinOptions2Type = schema.BuiltinOptions2.StablehloConcatenateOptions
    operator.builtinOptions2 = schema.StablehloConcatenateOptionsT(dimension=2)
    assert _options(serialize(model)) == {"dimension": 2}


def test_text_and_absent_fields_are_read():
    ends = [tiny_models.tensor("v", (1,), "RESOURCE")]
    options = schema.VarHandleOptionsT(container="c")
    read = _options(tiny_models.pack("VAR_HANDLE", ends, inputs=[], outputs=[0], options=options))
    assert read == {"container": "c", "shared_name": None}


def test_a_padding_that_the_schema_does_not_know_is_refused():
    model = parse(one_operator("CONV_2D"))
    model.subgraphs[0].operators[0].builtinOptions.padding = 7
    with pytest.raises(InputError, match="Padding 7"):
        load_graph(serialize(model))


def test_options_cannot_be_changed():
    with pytest.raises(TypeError):
        _options(one_operator("CONV_2D"))["padding"] = "SAME"


def test_vectors_are_tuples_of_plain_numbers():
    (value,) = [v for v in _options(one_operator("RESHAPE")).values() if isinstance(v, tuple)]
    assert not any(isinstance(number, np.generic) for number in value)
