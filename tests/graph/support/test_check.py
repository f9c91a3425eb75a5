from __future__ import annotations

import pytest
from graph import tiny_models
from graph.one_operator import CASES, DESKTOP_CASES, one_operator
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import check_support, load_graph, parse, serialize
from neuralspot_edge.graph.support import BACKENDS


def test_there_is_one_answer_for_each_operator_of_all_subgraphs():
    ends = [tiny_models.tensor("x", (1, 4)), tiny_models.tensor("y", (1, 4))]
    graph = load_graph(tiny_models.pack("RELU", ends, inputs=[0], outputs=[1], more_subgraphs=2))
    answers = check_support(graph, "tflm")
    assert [answer.subgraph_index for answer in answers] == [0, 1, 2]
    assert [answer.operator for answer in answers] == [subgraph.operators[0] for subgraph in graph.subgraphs]
    assert {answer.backend for answer in answers} == {"tflm"}


def test_an_unknown_backend_is_refused_with_the_nearest():
    with pytest.raises(InputError, match="unknown backend 'cmsisnn': did you mean 'cmsis-nn'"):
        check_support(load_graph(tiny_models.gelu()), "cmsisnn")


def test_an_answer_names_the_layer():
    ends = [tiny_models.tensor("x", (1, 4)), tiny_models.tensor("net/encoder/Gelu", (1, 4))]
    graph = load_graph(tiny_models.pack("GELU", ends, inputs=[0], outputs=[1]))
    (support,) = check_support(graph, "tflm")
    assert (support.layer, support.level) == ("encoder", "refused")
    assert support.reason == "TFLite Micro has no GELU"
    assert support.remedy.startswith("set activation to")


@pytest.mark.parametrize(
    ("kind", "activation", "remedy"),
    [
        ("HARD_SWISH", "int16", "set export.quantization to int8"),
        ("ELU", "int16", "set export.quantization to int8"),
        ("GELU", "int8", "set activation to one that runs, such as relu6"),
        ("NEG", "int16", "set norm to batch, which folds into the convolution"),
        ("NEG", "int8", "set norm to batch, which folds into the convolution"),
        ("GATHER", "int16", "set export.quantization to int8"),
        ("DEQUANTIZE", "float16", "set export.quantization to int8"),
        ("TILE", "int8", "use bilinear interpolation or a transposed convolution in place of nearest up-sampling"),
    ],
)
def test_a_refusal_says_what_to_change(kind, activation, remedy):
    (support,) = check_support(load_graph(one_operator(kind, activation)), "tflm")
    assert (support.level, support.remedy) == ("refused", remedy)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", CASES | DESKTOP_CASES)
def test_what_is_not_fast_has_a_reason_and_what_is_fast_has_none(kind, backend):
    (support,) = check_support(load_graph(one_operator(kind)), backend)
    is_reference = backend == "tflm" and support.level == "runs"
    assert bool(support.reason) == (support.level != "fast" and not is_reference)
    assert not support.remedy or support.reason


@settings(derandomize=True, deadline=None, max_examples=300)
@given(
    shape=st.lists(st.integers(0, 5), max_size=5),
    kind=st.sampled_from(sorted(CASES | DESKTOP_CASES)),
    backend=st.sampled_from([*BACKENDS]),
)
def test_any_shapes_are_judged_or_refused(shape, kind, backend):
    """Tensors of shapes that fit no kernel, as a damaged file may hold them, and no options."""
    model = parse(one_operator(kind))
    model.subgraphs[0].operators[0].builtinOptions = None
    for tensor in model.subgraphs[0].tensors:
        tensor.shape, tensor.quantization = shape, None
    (support,) = check_support(load_graph(serialize(model)), backend)
    assert support.level in ("fast", "runs", "refused")
