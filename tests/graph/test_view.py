import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from graph import tiny_models

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import Quantization, load_graph, parse, read_metadata, serialize


def test_a_converted_model_reads_as_litert_says(models):
    from ai_edge_litert.interpreter import Interpreter

    native = Interpreter(model_content=models["int8"])
    tensors = {tensor.index: tensor for tensor in load_graph(models["int8"]).tensors}
    for detail in native.get_tensor_details():
        tensor = tensors.pop(detail["index"])
        parameters = detail["quantization_parameters"]
        assert (tensor.name, tensor.shape) == (detail["name"], tuple(detail["shape"]))
        assert np.dtype(tensor.dtype) == detail["dtype"]
        assert tensor.quantization is not None
        np.testing.assert_array_equal(tensor.quantization.scale, parameters["scales"])
        np.testing.assert_array_equal(tensor.quantization.zero_point, parameters["zero_points"])
        assert (tensor.quantization.axis or 0) == parameters["quantized_dimension"]
    assert tensors == {}


def test_operators_link_their_tensors(models):
    graph = load_graph(models["int8"])
    assert [operator.kind for operator in graph.operators] == ["CONV_2D", "CONV_2D"]
    first, second = graph.operators
    assert first.inputs[0] is graph.inputs[0]
    assert second.inputs[0] is first.outputs[0]
    assert second.outputs == graph.outputs
    weights = first.inputs[1]
    assert weights.is_constant
    assert not first.inputs[0].is_constant
    assert len(weights.data) == np.prod(weights.shape) == 4 * 3 * 3
    assert len(weights.quantization.scale) == 4
    assert weights.quantization.axis == 0


def test_a_zero_point_of_zero_is_quantized_and_a_float_is_not(models):
    assert load_graph(models["int16x8"]).inputs[0].quantization.zero_point == (0,)
    assert load_graph(models["float32"]).inputs[0].quantization is None


def test_a_left_out_input_reads_as_none():
    ends = [tiny_models.tensor("x", (1, 4)), None, tiny_models.tensor("y", (1, 4))]
    (operator,) = load_graph(tiny_models.pack("CUSTOM", ends, inputs=[0], outputs=[1], custom_code="Mine")).operators
    assert [t and t.name for t in operator.inputs] == ["x", None]


def test_custom_operators_carry_their_code():
    (operator,) = load_graph(tiny_models.custom("Mine")).operators
    assert (operator.kind, operator.custom_code) == ("CUSTOM", "Mine")


def test_an_operator_beyond_the_old_codes_has_its_name():
    assert [operator.kind for operator in load_graph(tiny_models.gelu()).operators] == ["GELU"]


def test_all_subgraphs_are_held_main_first():
    ends = [tiny_models.tensor("x", (1, 4)), tiny_models.tensor("y", (1, 4))]
    graph = load_graph(tiny_models.pack("RELU", ends, inputs=[0], outputs=[1], more_subgraphs=2))
    assert [subgraph.index for subgraph in graph.subgraphs] == [0, 1, 2]
    assert graph.main is graph.subgraphs[0]
    assert [operator.kind for operator in graph.subgraphs[2].operators] == ["RELU"]


def test_scales_without_zero_points_count_from_zero():
    x = tiny_models.tensor("x", (1, 4), "INT8", quantization=schema.QuantizationParametersT(scale=[0.5]))
    graph = load_graph(tiny_models.pack("RELU", [x, tiny_models.tensor("y", (1, 4))], inputs=[0], outputs=[1]))
    assert graph.inputs[0].quantization == Quantization((0.5,), (0,))


@pytest.mark.parametrize("axis", [0, 2, -1])
def test_scales_that_do_not_fit_the_shape_are_refused(axis):
    quantization = schema.QuantizationParametersT(scale=[0.5, 0.5], zeroPoint=[0, 0], quantizedDimension=axis)
    x = tiny_models.tensor("x", (3, 2), "INT8", quantization=quantization)
    tflite = tiny_models.pack("RELU", [x, tiny_models.tensor("y", (3, 2))], inputs=[0], outputs=[1])
    with pytest.raises(InputError, match=r"scales of tensor 'x' do not fit its shape \(3, 2\)"):
        load_graph(tflite)


def test_an_operator_newer_than_the_schema_is_refused():
    model = parse(tiny_models.gelu())
    model.operatorCodes[0].builtinCode = 9999
    with pytest.raises(InputError, match="BuiltinOperator 9999"):
        load_graph(serialize(model))


def test_names_come_from_the_signature_where_there_is_one():
    model = parse(tiny_models.gelu())
    signature = schema.SignatureDefT([schema.TensorMapT("ecg", 0)], [schema.TensorMapT("beats", 1)], "any", 0)
    model.signatureDefs = [signature]
    graph = load_graph(serialize(model))
    assert (graph.input_names, graph.output_names) == (("ecg",), ("beats",))
    assert graph.inputs[0].name == "x"
    assert load_graph(tiny_models.gelu()).input_names == ("x",)


def test_content_is_not_printed(models):
    weights = load_graph(models["int8"]).operators[0].inputs[1]
    assert "data" not in repr(weights)


@pytest.mark.parametrize(
    ("shape", "dtype", "size"),
    [
        ((2, 3), "INT8", 6),
        ((2, 3), "INT16", 12),
        ((2, 3), "FLOAT32", 24),
        ((), "INT64", 8),
        ((3,), "INT4", 2),
        ((0, 3), "INT8", 0),
        ((5,), "BOOL", 5),
        ((2, 3), "STRING", 0),
        ((1,), "RESOURCE", 0),
        ((1,), "VARIANT", 0),
    ],
)
def test_sizes_are_those_of_the_content_in_memory(shape, dtype, size):
    ends = [tiny_models.tensor("x", shape, dtype), tiny_models.tensor("y", (1,))]
    (tensor,) = load_graph(tiny_models.pack("CUSTOM", ends, inputs=[0], outputs=[1], custom_code="Mine")).inputs
    assert (tensor.element_count, tensor.size_bytes) == (int(np.prod(shape)), size)


@pytest.mark.parametrize("shape", [(-1, 3), (2**20, 2**20, 2), (1,) * 17])
def test_a_shape_that_no_model_has_is_refused(shape):
    ends = [tiny_models.tensor("x", shape), tiny_models.tensor("y", (1,))]
    tflite = tiny_models.pack("RELU", ends, inputs=[0], outputs=[1])
    with pytest.raises(InputError, match="tensor 'x' has the shape"):
        load_graph(tflite)


def test_a_state_is_told_from_what_is_computed():
    variables = [tensor.name for tensor in load_graph(tiny_models.running_sum(3)).tensors if tensor.is_variable]
    assert variables == ["state"]


def test_constants_that_share_a_buffer_say_so():
    model = parse(tiny_models.running_sum(1))
    tensors = model.subgraphs[0].tensors
    tensors[1].buffer = tensors[2].buffer
    _, feature, time, bias, *_ = load_graph(serialize(model)).tensors
    assert feature.buffer == time.buffer != bias.buffer


def test_an_operator_has_its_version():
    model = parse(tiny_models.gelu())
    model.operatorCodes[0].version = 3
    assert load_graph(serialize(model)).operators[0].version == 3


def test_signatures_name_the_ends_of_any_subgraph():
    ends = [tiny_models.tensor("x", (1, 4)), tiny_models.tensor("y", (1, 4))]
    model = parse(tiny_models.pack("RELU", ends, inputs=[0], outputs=[1], more_subgraphs=1))
    given, wanted = [schema.TensorMapT("ecg", 0)], [schema.TensorMapT("beats", 1)]
    model.signatureDefs = [schema.SignatureDefT(given, wanted, "step", 1)]
    graph = load_graph(serialize(model))
    (signature,) = graph.signatures
    assert (signature.key, signature.subgraph_index) == ("step", 1)
    assert signature.inputs == {"ecg": graph.subgraphs[1].inputs[0]}
    assert signature.outputs == {"beats": graph.subgraphs[1].outputs[0]}
    assert graph.input_names == ("x",)


def test_metadata_is_that_of_the_file(models):
    assert load_graph(models["int8"]).metadata == read_metadata(models["int8"])
    assert "min_runtime_version" in load_graph(models["int8"]).metadata


@pytest.mark.parametrize(
    ("kind", "options", "bodies"),
    [
        ("IF", schema.IfOptionsT(thenSubgraphIndex=1, elseSubgraphIndex=0), (1, 0)),
        ("WHILE", schema.WhileOptionsT(condSubgraphIndex=0, bodySubgraphIndex=1), (0, 1)),
        ("CALL_ONCE", schema.CallOnceOptionsT(initSubgraphIndex=1), (1,)),
        ("RELU", None, ()),
    ],
)
def test_control_flow_names_the_subgraphs_that_it_runs(kind, options, bodies):
    ends = [tiny_models.tensor("x", (1, 4)), tiny_models.tensor("y", (1, 4))]
    tflite = tiny_models.pack(kind, ends, inputs=[0], outputs=[1], options=options, more_subgraphs=1)
    assert load_graph(tflite).operators[0].bodies == bodies


@pytest.mark.parametrize("index", [2, -1])
def test_control_flow_that_runs_no_subgraph_is_refused(index):
    ends = [tiny_models.tensor("x", (1, 4)), tiny_models.tensor("y", (1, 4))]
    options = schema.WhileOptionsT(condSubgraphIndex=0, bodySubgraphIndex=index)
    tflite = tiny_models.pack("WHILE", ends, inputs=[0], outputs=[1], options=options, more_subgraphs=1)
    with pytest.raises(InputError, match=f"it has no subgraph {index} for operator WHILE to run"):
        load_graph(tflite)


def test_a_view_can_be_a_key():
    graph, same = (load_graph(tiny_models.gelu()) for _ in range(2))
    assert {graph: 1}[same] == 1
