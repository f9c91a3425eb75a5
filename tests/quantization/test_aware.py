"""Training in int8: every family builds, trains, reloads and exports, and the device computes what the model does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from helpers import residual_tcn, tcn
from helpers.aware import shaken as _shaken
from helpers.aware import steps_apart as _steps_apart
from helpers.families import build
from helpers.tflite import convert_with, kinds
from hypothesis import HealthCheck, given, settings
from keras import layers

from neuralspot_edge.conversion import ConversionSettings, convert
from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import load_graph
from neuralspot_edge.interpreters import TflmInterpreter
from neuralspot_edge.quantization import PostTraining, QatScheme, quantize_aware, quantize_post_training, trainable_int8
from neuralspot_edge.training import load_model, save_model

pytestmark = pytest.mark.filterwarnings("ignore::neuralspot_edge.models.params.ParamsWarning", "ignore::UserWarning")

_BLOCK = {"filters": 6, "dilation": 2, "se_ratio": 2, "ex_ratio": 2, "branch": 2}
_CASES = {
    "tcn-mb": ("tcn", (24, 3), {"block_type": "mb", "blocks": [_BLOCK]}),
    "tcn-lg": ("tcn", (24, 3), {"block_type": "lg", "padding": "causal", "head": "last", "blocks": [_BLOCK]}),
    "tcn-sm": ("tcn", (24, 3), {"block_type": "sm", "se_context": "causal", "use_logits": False, "blocks": [_BLOCK]}),
    "tcn-channel": ("tcn", (24, 3), {"blocks": [{"filters": 6, "norm": "channel", "skip": "project"}]}),
    "residual-tcn": ("residual_tcn", (24, 3), {"filters": 6, "dilations": [1, 2, 4], "norm": "batch"}),
    "wavenet": ("wavenet", (24, 3), {"filters": 4, "dilations": [1, 2]}),
    "ds-cnn": ("ds_cnn", (16, 8), {"filters": 6, "kernel": [5, 4], "blocks": [{"filters": 6}]}),
    "tc-resnet": ("tc_resnet", (16, 4), {"channels": [4, 6]}),
    "linear": ("linear", (8, 3), {}),
    "mlp": ("mlp", (8, 3), {"hidden": [6]}),
}


@pytest.mark.parametrize("case", _CASES)
def test_every_family_trains_reloads_and_runs_on_the_device_to_the_step(case, tmp_path: Path):
    family, shape, params = _CASES[case]
    float_model = tcn.randomize(build(family, shape, params))
    x = tcn.windows(shape, count=16)
    model = quantize_aware(float_model, x)
    before = [variable.numpy() for variable in model.trainable_variables]
    # Eagerly: to trace a graph takes longer than two steps of it.
    model.compile(keras.optimizers.Adam(0.01), "mse", run_eagerly=True)
    losses = [model.train_on_batch(x, np.zeros((16, *model.output_shape[1:]))) for _ in range(2)]
    assert np.isfinite(losses).all()
    changed = [bool((a != b.numpy()).any()) for a, b in zip(before, model.trainable_variables, strict=True)]
    assert sum(changed) > 0.9 * len(changed)
    reloaded = load_model(save_model(model, tmp_path / "model.keras"))
    np.testing.assert_array_equal(reloaded(x, training=False), model(x, training=False))
    assert _steps_apart(reloaded, x) <= 1
    assert kinds(convert(model)) == kinds(model.layers[-1].tflite)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(params=tcn.params(activations=tcn.EXPORTABLE, fewest_filters=2), shape=tcn.input_shapes)
def test_any_tcn_runs_on_the_device_to_the_step(params, shape):
    float_model, x = tcn.randomize(tcn.build(params, shape)), tcn.windows(shape, count=8)
    assert _steps_apart(_shaken(quantize_aware(float_model, x)), x) <= 1


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(params=residual_tcn.params(residual_tcn.EXPORTABLE, fewest_filters=2), shape=residual_tcn.input_shapes)
def test_any_residual_tcn_runs_on_the_device_to_the_step(params, shape):
    float_model, x = tcn.randomize(residual_tcn.build(params, shape)), tcn.windows(shape, count=8)
    assert _steps_apart(_shaken(quantize_aware(float_model, x)), x) <= 1


def test_it_begins_as_the_export_of_the_float_model():
    float_model = tcn.randomize(build(*_CASES["tcn-mb"]))
    x = tcn.windows((24, 3), count=16)
    expected = TflmInterpreter(convert_with(float_model, x)).predict(x)
    received = TflmInterpreter(convert(quantize_aware(float_model, x))).predict(x)
    step = np.ptp(expected) / 255
    np.testing.assert_allclose(received, expected, atol=1.5 * step)


def test_training_goes_on_where_it_was_saved(tmp_path: Path):
    x = tcn.windows((8, 3), count=16)
    y = tcn.windows((3,), count=16, seed=2)

    def begun() -> keras.Model:
        model = quantize_aware(build("linear", (8, 3)), x)
        model.compile(keras.optimizers.Adam(0.01), "mse")
        model.fit(x, y, epochs=2, verbose=0, shuffle=False)
        return model

    straight, saved = begun(), begun()
    saved.save(tmp_path / "model.keras")
    resumed = keras.saving.load_model(tmp_path / "model.keras")
    for model in (straight, resumed):
        model.fit(x, y, epochs=2, verbose=0, shuffle=False)
    for one, other in zip(straight.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)


def test_frozen_ranges_stay_as_calibrated():
    x = tcn.windows((8, 3), count=16)
    model = quantize_aware(build("mlp", (8, 3), {"hidden": [4]}), x, QatScheme(learn_ranges=False))
    scales = model.layers[-1].scales()
    model.compile("adam", "mse", run_eagerly=True)
    model.train_on_batch(x, np.zeros((16, 3)))
    np.testing.assert_array_equal(model.layers[-1].scales(), scales)
    assert _steps_apart(model, x) <= 1


def test_the_ends_of_the_file_may_be_floats():
    x = tcn.windows((8, 3), count=8)
    model = quantize_aware(tcn.randomize(build("linear", (8, 3))), x, QatScheme(io="float32"))
    content = convert(model, ConversionSettings("int8", "float32"))
    np.testing.assert_allclose(TflmInterpreter(content).predict(x), model.predict(x, verbose=0), rtol=1e-6)
    with pytest.raises(InputError, match=r"^io: .*'float32', received 'int8'"):
        convert(model)


def test_several_inputs_and_outputs_keep_their_names():
    one, two = keras.Input((8, 2), name="wrist"), keras.Input((8, 3), name="ankle")
    x = layers.Concatenate()([one, two])
    outputs = [layers.Conv1D(4, 3, name="steps")(x), layers.Conv1D(1, 1, name="effort")(x)]
    samples = [tcn.windows((8, 2), seed=3), tcn.windows((8, 3), seed=4)]
    model = quantize_aware(tcn.randomize(keras.Model([one, two], outputs)), samples)
    graph = load_graph(convert(model))
    assert (graph.input_names, graph.output_names) == (("wrist", "ankle"), ("steps", "effort"))
    received = model({"wrist": samples[0], "ankle": samples[1]}, training=False)
    expected = TflmInterpreter(convert(model)).predict({"wrist": samples[0], "ankle": samples[1]})
    for ours, theirs, tensor in zip(received, expected, graph.outputs, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1.01 * tensor.quantization.scale[0])


def test_an_improbable_class_has_a_gradient():
    """Rounded to int8 its probability is 0, of which the cross entropy has none."""
    inputs = keras.Input((2,))
    model = keras.Model(inputs, layers.Softmax()(layers.Dense(2, use_bias=False)(inputs)))
    model.layers[1].kernel.assign(np.eye(2) * 9)
    x = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)
    aware = quantize_aware(model, x)
    np.testing.assert_array_equal(aware(x, training=False)[0, 1], 0)
    aware.compile(keras.optimizers.SGD(1.0), "sparse_categorical_crossentropy", run_eagerly=True)
    before = aware.get_weights()
    aware.train_on_batch(x, np.array([1, 0]))
    assert any(np.abs(a - b).max() > 0.01 for a, b in zip(before, aware.get_weights(), strict=True))


def test_an_operator_that_does_not_train_is_named():
    inputs = keras.Input((4, 4, 2))
    model = keras.Model(inputs, layers.Conv2DTranspose(2, 3, name="wide")(inputs))
    with pytest.raises(InputError, match="TRANSPOSE_CONV"):
        trainable_int8(convert_with(model, tcn.windows((4, 4, 2))))


def test_a_layer_that_is_called_more_than_once_stays_one_layer():
    inputs, shared = keras.Input((4, 4, 2)), layers.Conv2D(2, 1, name="shared")
    float_model = tcn.randomize(keras.Model(inputs, shared(layers.ReLU()(shared(shared(inputs))))))
    x = tcn.windows((4, 4, 2), count=16)
    model = quantize_aware(float_model, x)
    assert len(model.trainable_variables) == len(float_model.trainable_variables) + 1
    assert _steps_apart(_shaken(model), x) == 0
    convolutions = [operator for operator in load_graph(convert(model)).operators if operator.kind == "CONV_2D"]
    kernels, biases = ([operator.inputs[place] for operator in convolutions] for place in (1, 2))
    assert len(convolutions) == 3
    assert len(set(kernels)) == 1
    first, *others = (bias.quantization.dequantize(np.frombuffer(bias.data, np.int32)) for bias in biases)
    for other in others:
        np.testing.assert_allclose(other, first, atol=max(max(bias.quantization.scale) for bias in biases))


def test_what_calls_a_layer_on_two_inputs_learns_from_both():
    one, two, shared = keras.Input((6, 2)), keras.Input((6, 2)), layers.Conv1D(3, 2, name="shared")
    float_model = tcn.randomize(keras.Model([one, two], layers.Subtract()([shared(one), shared(two)])))
    x = [tcn.windows((6, 2), count=16, seed=3), 4 * tcn.windows((6, 2), count=16, seed=4)]
    model = _shaken(quantize_aware(float_model, x))
    content = convert(model)
    step = load_graph(content).outputs[0].quantization.scale[0]
    apart = np.asarray(TflmInterpreter(content).predict(x)) - np.asarray(model(x, training=False))
    assert np.abs(np.rint(apart / step)).max() == 0
    # Minus itself, whatever its weights are, as far as both are rounded alike.
    same = np.asarray(model([x[0], x[0]], training=True))
    assert np.abs(same).max() < 0.05 * np.abs(np.asarray(model(x, training=True))).max()


def _with_a_loud_unit(factor: float) -> keras.Model:
    """The same function whatever the factor: what one unit gives is scaled, and what reads it undoes that."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((16,))
    model = keras.Model(inputs, layers.Dense(3)(layers.Dense(8, activation="relu")(inputs)))
    hidden, top = model.layers[1:]
    loudness = np.array([factor] + [1.0] * 7)
    hidden.kernel.assign(hidden.kernel * loudness)
    top.kernel.assign(top.kernel / loudness[:, None])
    return model


def test_a_model_made_hard_on_purpose_is_rescued():
    x = tcn.windows((16,), count=512)
    model = _with_a_loud_unit(1000.0)
    labels = np.argmax(model(x), axis=-1)

    def accuracy(content: bytes) -> float:
        return float((TflmInterpreter(content).predict(x).argmax(-1) == labels).mean())

    assert accuracy(convert_with(_with_a_loud_unit(1.0), x)) > 0.97
    assert accuracy(convert_with(model, x)) < 0.7
    aware = quantize_aware(model, x)
    aware.compile(keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    aware.fit(x, labels, epochs=60, batch_size=64, verbose=0)
    assert accuracy(convert(aware)) > 0.93


def test_with_tools_it_begins_as_they_leave_the_model_with_what_rounding_hides_of_the_weights():
    float_model, x = tcn.randomize(build("mlp", (8, 3), {"hidden": [6]})), tcn.windows((8, 3), count=64)
    tools = PostTraining(ranges="percentile", int16_layers=3)
    model = quantize_aware(float_model, x, QatScheme(tools=tools))
    content = quantize_post_training(float_model, x, replace(tools, int16_layers=0)).content
    step = load_graph(content).outputs[0].quantization.scale[0]
    expected = TflmInterpreter(content).predict(x)
    np.testing.assert_allclose(TflmInterpreter(convert(model)).predict(x), expected, atol=1.01 * step)
    layer = model.layers[-1]
    kernel = layer.operand(next(o.inputs[1] for o in layer.graph.operators if o.kind == "CONV_2D")).numpy()
    steps = kernel / (np.abs(kernel).max(axis=(0, 1, 2)) / 127)
    assert np.abs(steps - np.rint(steps)).max() > 0.1
