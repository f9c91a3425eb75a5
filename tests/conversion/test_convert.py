"""Whatever the schema accepts converts, and runs on TensorFlow Lite Micro as LiteRT's reference kernels say."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from helpers import tcn
from helpers.tflite import convert_with, error_of, kinds, most_lsb_apart
from hypothesis import HealthCheck, example, given, settings
from keras import layers

from neuralspot_edge.errors import ConversionError, InputError
from neuralspot_edge.graph import load_graph, parse
from neuralspot_edge.interpreters import LiteRtInterpreter

pytestmark = pytest.mark.filterwarnings("ignore::neuralspot_edge.models.params.ParamsWarning", "ignore::UserWarning")


def _branches(block_type: str, branch: int, padding: str) -> dict[str, object]:
    block = {"filters": 6, "branch": branch, "dilation": 2, "activation": "relu6", "ex_ratio": 2}
    return {"block_type": block_type, "padding": padding, "blocks": [block, {**block, "dilation": 4}]}


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(params=tcn.params(activations=tcn.EXPORTABLE), shape=tcn.input_shapes)
@example(params=_branches("mb", 2, "same"), shape=(32, 3))
@example(params=_branches("mb", 3, "causal"), shape=(32, 3))
@example(params=_branches("sm", 2, "causal"), shape=(32, 3))
@example(params=_branches("sm", 3, "same"), shape=(3, 16, 2))
@example(params={**_branches("mb", 2, "same"), "padding": "causal"}, shape=(3, 16, 2))
def test_any_tcn_runs_on_the_device_as_on_the_desktop(params, shape):
    model = tcn.randomize(tcn.build(params, shape))
    x = tcn.windows(shape, count=16)
    content = convert_with(model, x)
    assert not {"SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND", "CUSTOM"} & set(kinds(content))
    assert most_lsb_apart(content, x) <= 1


@pytest.mark.parametrize("block_type", tcn.BLOCK_TYPES)
def test_int8_is_close_to_the_float_model(block_type):
    """Against the truth and not only against another interpreter: a wrong graph may be wrong in both."""
    params = {"block_type": block_type, "blocks": [{"filters": 8, "dilation": d} for d in (1, 2, 4)]}
    model = tcn.randomize(tcn.build(params, (64, 3)))
    x = tcn.windows((64, 3), count=32)
    assert error_of(convert_with(model, x), model, x) < 0.1


def _gate() -> keras.Model:
    """Two dilated convolutions that read one tensor, as in WaveNet, in plain Keras 1-D layers."""
    inputs = x = layers.Input((48, 2))
    for dilation in (1, 2, 4):
        gate = layers.Conv1D(6, 2, dilation_rate=dilation, padding="causal", activation="sigmoid")(x)
        signal = layers.Conv1D(6, 2, dilation_rate=dilation, padding="causal", activation="tanh")(x)
        x = layers.Multiply()([gate, signal])
    return keras.Model(inputs, layers.Dense(3)(x))


def _separable() -> keras.Model:
    inputs = layers.Input((48, 4))
    x = layers.SeparableConv1D(6, 3, dilation_rate=2, padding="same", activation="relu")(inputs)
    x = layers.DepthwiseConv1D(3, dilation_rate=3, padding="valid")(x)
    x = layers.GlobalAveragePooling1D()(layers.Conv1D(4, 3, dilation_rate=4, padding="same")(x))
    return keras.Model(inputs, layers.Dense(2, activation="softmax")(x))


def _nested() -> keras.Model:
    inner = keras.Sequential([layers.Input((24, 3)), layers.Conv1D(4, 3, dilation_rate=2, padding="same", name="deep")])
    inputs = layers.Input((24, 3))
    return keras.Model(
        inputs, layers.Add()([inner(inputs), layers.Conv1D(4, 5, dilation_rate=2, padding="same")(inputs)])
    )


def _image() -> keras.Model:
    inputs = layers.Input((12, 10, 2))
    x = layers.Conv2D(4, 3, dilation_rate=2, padding="same")(inputs)
    y = layers.Conv2D(4, (3, 1), dilation_rate=(2, 1), padding="same")(inputs)
    return keras.Model(inputs, layers.Conv2D(3, 3, dilation_rate=(3, 2), padding="valid")(layers.Add()([x, y])))


@pytest.mark.parametrize("build", [_gate, _separable, _nested, _image])
def test_a_model_of_foreign_make_converts(build):
    model = tcn.randomize(build())
    x = tcn.windows(model.input_shape[1:], count=16)
    content = convert_with(model, x)
    assert "SPACE_TO_BATCH_ND" not in kinds(content)
    assert most_lsb_apart(content, x) <= 1
    assert error_of(content, model, x) < 0.08


def test_several_inputs_and_outputs_keep_their_names_and_order():
    one, two = layers.Input((8, 2), name="wrist"), layers.Input((8, 3), name="ankle")
    x = layers.Concatenate()([one, two])
    outputs = [layers.Conv1D(4, 3, name="steps")(x), layers.Conv1D(1, 1, name="effort")(x)]
    model = tcn.randomize(keras.Model([one, two], outputs))
    samples = [tcn.windows((8, 2), seed=3), tcn.windows((8, 3), seed=4)]
    content = convert_with(model, samples)
    runner = LiteRtInterpreter(content)
    assert [spec.name for spec in runner.inputs] == ["wrist", "ankle"]
    assert [spec.name for spec in runner.outputs] == ["steps", "effort"]
    received = runner.predict({"ankle": samples[1], "wrist": samples[0]})
    for one_output, other in zip(received, model.predict(samples, verbose=0), strict=True):
        np.testing.assert_allclose(one_output, other, atol=0.1 * np.abs(other).max())
    assert most_lsb_apart(content, *samples) <= 1


@pytest.mark.parametrize(
    ("quantization", "io", "dtype"),
    [
        ("int8", "float32", "float32"),
        ("int16x8", None, "int16"),
        ("int16x8", "float32", "float32"),
        ("float32", None, "float32"),
    ],
)
def test_the_other_quantizations_run_too(quantization, io, dtype):
    from neuralspot_edge.conversion import ConversionSettings, convert

    model = tcn.randomize(tcn.build({"blocks": [{"filters": 6, "dilation": 2, "branch": 2}]}, (32, 2)))
    x = tcn.windows((32, 2), count=16)
    content = convert(model, ConversionSettings(quantization, io), [x] if "int" in quantization else [])
    assert LiteRtInterpreter(content).inputs[0].dtype == dtype
    assert most_lsb_apart(content, x) <= (1 if dtype != "float32" else 1e-2)
    assert error_of(content, model, x) < {"int8": 0.05, "int16x8": 0.01, "float32": 1e-5}[quantization]


def test_float16_halves_the_weights_and_runs_on_litert():
    model = tcn.randomize(tcn.build({"block_type": "lg", "blocks": [{"filters": 32}]}, (32, 2)))
    x = tcn.windows((32, 2))
    half, full = (convert_with(model, (), kind) for kind in ("float16", "float32"))
    assert len(half) < 0.75 * len(full)
    np.testing.assert_allclose(LiteRtInterpreter(half).predict(x), model.predict(x, verbose=0), atol=0.02)


def test_a_unit_that_is_always_off_is_no_obstacle_in_int16():
    model = tcn.build({"blocks": [{"filters": 4, "norm": None, "activation": "relu"}]}, (16, 2))
    for weight in model.weights:
        if ".DW." in weight.path:
            weight.assign(-10 * np.ones(weight.shape) if "bias" in weight.path else np.zeros(weight.shape))
    x = tcn.windows((16, 2))
    assert most_lsb_apart(convert_with(model, x, "int16x8"), x) <= 1


def test_tensors_are_named_after_their_layers_and_weights_are_aligned():
    model = tcn.build({"blocks": [{"filters": 6}]}, (16, 2))
    content = convert_with(model, tcn.windows((16, 2)))
    names = {tensor.name for tensor in load_graph(content).tensors}
    assert {"tcn.B1.D1.DW.ACT", "tcn.B1.D1.PW.ACT", "tcn.NECK.conv", "tcn.SEQUENCE"} <= names
    assert not [name for name in names if ";" in name]
    for buffer in parse(content).buffers:
        if buffer.data is not None and np.count_nonzero(buffer.data) >= 12:
            assert content.find(bytes(buffer.data)) % 16 == 0


def test_the_users_model_is_left_as_it_was():
    model = tcn.randomize(tcn.build({"blocks": [{"filters": 4}]}, (16, 2)))
    config, weights = model.get_config(), [weight.numpy() for weight in model.weights]
    convert_with(model, tcn.windows((16, 2)))
    assert model.get_config() == config
    for before, after in zip(weights, model.weights, strict=True):
        np.testing.assert_array_equal(before, after.numpy())


def test_an_open_time_axis_takes_a_window():
    model = tcn.randomize(tcn.build({"blocks": [{"filters": 4}], "padding": "causal"}, (None, 2)))
    x = tcn.windows((20, 2))
    assert most_lsb_apart(convert_with(model, x, window=20), x) <= 1
    with pytest.raises(InputError, match=r"^window: .* give its length"):
        convert_with(model, x)


def test_a_subclassed_model_is_refused():
    class Own(keras.Model):
        def call(self, x):
            return x

    with pytest.raises(InputError, match="functional"):
        convert_with(Own(), tcn.windows((4, 2)))


def test_a_layer_that_cannot_be_traced_is_an_error():
    class Own(layers.Layer):
        def call(self, x):
            if x.shape[0] == 1:
                raise TypeError("no such luck")
            return x

    inputs = layers.Input((4, 2))
    with pytest.raises(ConversionError, match="no such luck"):
        convert_with(keras.Model(inputs, Own()(inputs)), tcn.windows((4, 2)))
