"""int8 files with some layers in int16: what is in them by hand, and what they compute on TensorFlow Lite Micro."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from graph import tiny_models
from graph.one_operator import one_operator
from graph.tiny_models import quantized, tensor
from helpers import tcn
from helpers.families import build
from helpers.tflite import convert_with, most_lsb_apart
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import layers

import neuralspot_edge as nse
from neuralspot_edge.conversion import ConversionSettings, convert
from neuralspot_edge.deployment import DeploymentSettings, bundle, make_golden
from neuralspot_edge.errors import ConversionError, InputError
from neuralspot_edge.graph import load_graph, plan_memory
from neuralspot_edge.interpreters import LiteRtInterpreter, TflmInterpreter, measure_arena
from neuralspot_edge.pipeline.agreement import output_steps
from neuralspot_edge.quantization import Study, bottlenecks, with_int16_layers
from neuralspot_edge.quantization.mixed_plan import _ALIKE, rounding_layers

SWEEP = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)

FAMILIES = {
    "conv_rnn": ((8, 2), {"filters": [3], "layers": [2]}),
    "ds_cnn": ((12, 8), {"filters": 4, "blocks": [{"filters": 5}]}),
    "linear": ((6, 2), {}),
    "mlp": ((6, 2), {"hidden": [5, 4]}),
    "residual_tcn": ((16, 2), {"filters": 4, "dilations": [1, 2]}),
    "rnn": ((4, 2), {"layers": [3]}),
    "tc_resnet": ((16, 3), {"channels": [3, 4]}),
    "tcn": ((16, 2), {"block_type": "lg", "blocks": [{"filters": 6, "dilation": 2, "se_ratio": 2, "skip": "project"}]}),
    "wavenet": ((16, 2), {"filters": 3, "dilations": [1, 2]}),
}


def family(name: str) -> tuple[keras.Model, np.ndarray]:
    shape, params = FAMILIES[name]
    return tcn.randomize(build(name, shape, params)), tcn.windows(shape, count=16)


def root_error(content: bytes, model: keras.Model, x: np.ndarray) -> float:
    """The root mean square by which the device differs from the float model."""
    return float(np.sqrt(np.mean((np.asarray(TflmInterpreter(content).predict(x)) - model.predict(x, verbose=0)) ** 2)))


def layers_of(content: bytes) -> list[str]:
    return list(rounding_layers(load_graph(content)))


def dense_by_hand() -> bytes:
    """y = 0.25 * w * x + b, int8: x has steps of 0.5 around 3, y of 0.1 around -28; b is 10 steps of 0.125."""
    tensors = [
        tensor("x", (1, 2), "INT8", quantization=quantized(0.5, 3)),
        tensor("w", (1, 2), "INT8", np.array([[4, -2]], np.int8), quantization=quantized(0.25, 0)),
        tensor("b", (1,), "INT32", np.array([10], np.int32), quantization=quantized(0.125, 0)),
        tensor("y", (1, 1), "INT8", quantization=quantized(0.1, -28)),
    ]
    options = schema.FullyConnectedOptionsT()
    return tiny_models.pack("FULLY_CONNECTED", tensors, inputs=[0], outputs=[3], options=options)


def in_two_subgraphs() -> bytes:
    ends = [tensor(name, (1, 2), "INT8", quantization=quantized(0.5, 3)) for name in ("x", "y")]
    return tiny_models.pack("RELU", ends, inputs=[0], outputs=[1], more_subgraphs=1)


def test_scales_and_biases_are_those_worked_out_by_hand():
    graph = load_graph(with_int16_layers(dense_by_hand(), ["y"]))
    widened, dense, narrowed = graph.operators
    x, kernel, bias = dense.inputs
    assert [widened.kind, dense.kind, narrowed.kind] == ["QUANTIZE", "FULLY_CONNECTED", "QUANTIZE"]
    # x reaches from -65.5 to 62, y from -10 to 15.5.
    assert x.quantization.scale == (pytest.approx(65.5 / 32767),)
    assert dense.outputs[0].quantization.scale == (pytest.approx(15.5 / 32767),)
    assert (x.dtype, kernel.dtype, bias.dtype, dense.outputs[0].dtype) == ("int16", "int8", "int64", "int16")
    assert x.quantization.zero_point == dense.outputs[0].quantization.zero_point == (0,)
    assert bias.quantization.scale == (pytest.approx(0.25 * 65.5 / 32767),)
    assert np.frombuffer(bias.data, np.int64) == [round(10 * 0.125 / (0.25 * 65.5 / 32767))] == [2501]
    assert (narrowed.outputs[0], graph.inputs[0].name) == (graph.outputs[0], "x")


def test_the_ends_of_a_model_keep_their_names_types_and_scales():
    before, after = (load_graph(content) for content in (dense_by_hand(), with_int16_layers(dense_by_hand(), ["y"])))
    for one, other in zip((*before.inputs, *before.outputs), (*after.inputs, *after.outputs), strict=True):
        assert (one.name, one.dtype, one.shape, one.quantization) == (
            other.name,
            other.dtype,
            other.shape,
            other.quantization,
        )


def test_what_it_computes_is_right_by_hand():
    """x is 2 and -2, so that y is 1 * 2 - 0.5 * -2 + 1.25 = 4.25: 42.5 steps above -28."""
    received = TflmInterpreter(with_int16_layers(dense_by_hand(), ["y"])).invoke(np.array([[7, -1]], np.int8))[0]
    assert received[0, 0] in (42 - 28, 43 - 28)


def test_no_layer_leaves_the_file_as_it_is():
    content = dense_by_hand()
    assert with_int16_layers(content, []) == content


@pytest.mark.parametrize("name", FAMILIES)
def test_any_layer_of_a_family_runs_alike_on_both_interpreters(name):
    model, x = family(name)
    more = tcn.windows(x.shape[1:], count=200, seed=5)
    content = convert_with(model, x)
    for layer in layers_of(content)[::3]:
        mixed = with_int16_layers(content, [layer])
        assert most_lsb_apart(mixed, x) <= 1, layer
        assert root_error(mixed, model, more) <= 1.05 * root_error(content, model, more), layer


@pytest.mark.parametrize("name", FAMILIES)
def test_all_layers_in_int16_leave_the_rounding_of_weights_and_ends_alone(name):
    model, x = family(name)
    study = Study.of(model, x)
    graph, rounding = study.layer.graph, study.rounding()
    computed = {tensor.index for operator in graph.operators for tensor in operator.outputs}
    rounding[list(computed)] = 0
    mixed = with_int16_layers(study.to_tflite(), layers_of(study.layer.tflite))
    assert most_lsb_apart(mixed, x) <= 1
    received, (expected,) = np.asarray(TflmInterpreter(mixed).predict(x)), study.outputs([x], rounding)
    low, high = (graph.outputs[0].quantization.dequantize(end) for end in (-128, 127))
    step = graph.outputs[0].quantization.scale[0]
    assert np.abs(received - np.clip(expected.reshape(received.shape), low, high)).max() <= step


@SWEEP
@given(
    params=tcn.params(tcn.EXPORTABLE, fewest_filters=2),
    shape=tcn.input_shapes,
    io=st.sampled_from(["int8", "float32"]),
    data=st.data(),
)
def test_any_layers_of_a_tcn_run_alike_on_both_interpreters(params, shape, io, data):
    model, x = tcn.randomize(tcn.build(params, shape)), tcn.windows(shape)
    try:
        content = convert(model, ConversionSettings("int8", io), [x])
    except ConversionError:
        return  # What does not convert is tested with the converter.
    names = [name for name in layers_of(content) if not refusal_of(content, name)]
    chosen = data.draw(st.sets(st.sampled_from(names))) if names else set()
    for each in (chosen, names):
        assert nse.verify(with_int16_layers(content, each), x).checks[0].status == "passed"


def refusal_of(content: bytes, layer: str) -> str:
    try:
        with_int16_layers(content, [layer])
    except InputError as error:
        return str(error)
    return ""


def wide_concatenation() -> tuple[keras.Model, np.ndarray]:
    """Three channels of about 1 beside one of about 100, joined: they have one scale, and no weights between to even.

    What reads them has a scale of its weights for each channel, and weighs the large one by a hundredth.
    """
    keras.utils.set_random_seed(0)
    inputs = keras.Input((12, 2))
    small = layers.Conv1D(3, 3, padding="same", activation="relu", name="small")(inputs)
    large = layers.Conv1D(1, 3, padding="same", activation="relu", name="large")(inputs)
    joined = layers.Concatenate(name="joined")([small, large])
    hidden = layers.DepthwiseConv1D(3, padding="same", activation="relu", name="hidden")(joined)
    model = tcn.randomize(keras.Model(inputs, layers.Conv1D(2, 1, name="top")(hidden)))
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    model.get_layer("large").set_weights([100 * array for array in weights["large"]])
    kernel, bias = weights["hidden"]
    kernel[:, 3] /= 100  # (taps, channels, 1)
    model.get_layer("hidden").set_weights([kernel, bias])
    return model, tcn.windows((12, 2), count=64)


def test_a_layer_lost_in_a_wide_range_is_named_and_won_back():
    model, x = wide_concatenation()
    study = Study.of(model, x)
    content = study.to_tflite()
    assert bottlenecks(study, [x], most=3) == ("small",)
    mixed = with_int16_layers(content, ["small"])
    assert root_error(mixed, model, x) < 0.2 * root_error(content, model, x)
    assert most_lsb_apart(mixed, x) <= 1


def test_no_layer_is_named_where_none_costs_a_real_share():
    model, x = tcn.randomize(build("wavenet", (32, 2), {"filters": 4, "dilations": [1, 2]})), tcn.windows((32, 2), 64)
    assert bottlenecks(Study.of(model, x), [x], most=3) == ()
    model, x = wide_concatenation()
    assert bottlenecks(Study.of(model, x), [x], most=0) == ()


def test_what_only_an_int8_output_rounds_is_no_bottleneck():
    """Of a single layer int16 wins nothing, unless the model gives float32."""
    model, x = family("linear")
    assert bottlenecks(Study.of(model, x), [x], most=1) == ()
    assert "linear.TOP" in bottlenecks(Study.of(model, x, io="float32"), [x], most=2)


def test_a_hard_sigmoid_keeps_its_limits():
    """Its RELU6 is gone from int8, whose range begins at 0 and ends at 1."""
    inputs = keras.Input((4, 4, 2))
    gate = layers.Activation("hard_sigmoid")(layers.Conv2D(3, 1, name="gate")(inputs))
    model = tcn.randomize(keras.Model(inputs, gate))
    x = 8 * tcn.windows((4, 4, 2), count=32)
    content = convert(model, ConversionSettings("int8", "float32"), [x])
    (layer,) = [name for name in layers_of(content) if name != "tfl.quantize"]
    received = np.asarray(TflmInterpreter(with_int16_layers(content, [layer])).predict(x))
    assert (received.min(), received.max()) == (0, pytest.approx(1))
    assert np.abs(received - model.predict(x, verbose=0)).max() < 0.05


def test_float_outputs_are_dequantized_from_int16():
    model, x = family("linear")
    content = convert(model, ConversionSettings("int8", "float32"), [x])
    mixed = with_int16_layers(content, ["linear.TOP"])
    *_, last = load_graph(mixed).operators
    assert (last.kind, last.inputs[0].dtype) == ("DEQUANTIZE", "int16")
    assert root_error(mixed, model, x) < root_error(content, model, x)
    assert nse.verify(mixed, x, model=model).ok


def test_a_step_of_int8_before_a_float_output_in_int16_is_one_step():
    """The two interpreters' dense layers differ by a step of int8 at times, which is a hundred and more of int16."""
    keras.utils.set_random_seed(1)
    x = inputs = keras.Input((10,))
    for width in (24, 24, 24):
        x = layers.Dense(width, activation="relu")(x)
    model, samples = keras.Model(inputs, layers.Dense(5, name="top")(x)), tcn.windows((10,), count=64)
    mixed = with_int16_layers(convert(model, ConversionSettings("int8", "float32"), [samples]), ["top"])
    assert output_steps(mixed) == [pytest.approx(256 * load_graph(mixed).operators[-1].inputs[0].quantization.scale[0])]
    assert nse.verify(mixed, samples).checks[0].status == "passed"


def test_a_small_difference_of_large_values_does_not_abort():
    """Both kernels shift by 15 bits: of what is finer than that nothing would be left."""
    inputs = keras.Input((8, 2))
    large, same = (layers.Conv1D(2, 1, name=name)(inputs) for name in ("large", "same"))
    model = keras.Model(inputs, layers.Subtract(name="rest")([large, same]))
    kernel = np.array([[[100.0, -50.0], [25.0, 75.0]]])
    model.get_layer("large").set_weights([kernel, np.zeros(2)])
    model.get_layer("same").set_weights([kernel * (1 + 1e-5), np.zeros(2)])
    x = tcn.windows((8, 2))
    mixed = with_int16_layers(convert_with(model, x), ["large", "same", "rest"])
    assert most_lsb_apart(mixed, x) <= 1


@pytest.mark.parametrize("kind", sorted(_ALIKE))
def test_both_interpreters_run_an_operator_alike_in_int16(kind):
    content = one_operator(kind, "int16")
    rng = np.random.default_rng(0)
    x = [rng.integers(-9000, 9000, each.shape).astype(each.dtype) for each in load_graph(content).inputs]
    results = zip(TflmInterpreter(content).invoke(*x), LiteRtInterpreter(content).invoke(*x), strict=True)
    assert max(np.abs(one.astype(np.int64) - other).max() for one, other in results) <= 1


@pytest.mark.parametrize("name", ["ds_cnn", "wavenet"])
def test_the_memory_plan_is_exact_and_the_bundle_is_whole(name):
    model, x = family(name)
    content = convert_with(model, x)
    mixed = with_int16_layers(content, layers_of(content)[1:3])
    plan, reading = plan_memory(load_graph(mixed)), measure_arena(mixed)
    assert (plan.tensor_bytes, plan.persistent_bytes) == (reading.tensor_bytes, reading.persistent_bytes)
    (signature,) = load_graph(mixed).signatures
    assert tuple(signature.inputs.values()) + tuple(signature.outputs.values()) == (
        *load_graph(mixed).inputs,
        *load_graph(mixed).outputs,
    )
    assert nse.profile(mixed).runs
    files = bundle(mixed, DeploymentSettings(name, reading.total_bytes, golden=make_golden(mixed, x)))
    assert b"AddQuantize" in files["op_resolver.h"]


@pytest.mark.parametrize(
    ("make", "chosen", "message"),
    [
        (dense_by_hand, "z", "layers: unknown layer 'z': known are y"),
        (lambda: one_operator("LOGISTIC", "float32"), "t1", "model: no layer of it computes in int8"),
        (
            lambda: one_operator("HARD_SWISH"),
            "t1",
            "layers: 't1' cannot be int16 because of 't1': TFLite Micro does not run HARD_SWISH in int16, "
            "or not as LiteRT does; set activation to one that runs, such as relu6, or leave 't1' in int8",
        ),
        (lambda: one_operator("SQUARED_DIFFERENCE"), "t2", "does not run SQUARED_DIFFERENCE in int16"),
        (lambda: one_operator("UNIDIRECTIONAL_SEQUENCE_LSTM"), "t24", "does not run UNIDIRECTIONAL_SEQUENCE_LSTM"),
        (lambda: one_operator("CONV_2D", "int8", "int4"), "t3", "no CONV_2D for int16 with int4 weights; leave 't3'"),
        (in_two_subgraphs, "y", "model: it has control flow"),
    ],
)
def test_what_cannot_be_int16_is_refused_by_name(make, chosen, message):
    content = make()
    assert message in refusal_of(content, chosen)


def test_a_layer_is_refused_for_what_reads_it():
    inputs = keras.Input((4, 4, 2))
    hidden = layers.Conv2D(3, 1, name="hidden")(inputs)
    model = keras.Model(inputs, layers.Activation("hard_silu", name="swish")(hidden))
    content = convert_with(model, tcn.windows((4, 4, 2)))
    assert "layers: 'hidden' cannot be int16 because of 'swish'" in refusal_of(content, "hidden")
