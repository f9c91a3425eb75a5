"""The graph rules, measured again: what is refused does fail on TensorFlow Lite Micro, what is allowed runs."""

from __future__ import annotations

import keras
import pytest
from helpers import tcn
from helpers.tflite import convert_with, most_lsb_apart
from keras import layers

from neuralspot_edge.conversion import ConversionSettings, trace
from neuralspot_edge.conversion.converter import Job
from neuralspot_edge.conversion.rules import REFUSED_ACTIVATIONS, RUNNING_ACTIVATIONS
from neuralspot_edge.conversion.worker import shared_worker
from neuralspot_edge.errors import ConversionError, NseError
from neuralspot_edge.interpreters import TflmInterpreter

SHAPE = (16, 2)


def _with_activation(name: str) -> keras.Model:
    params = {"blocks": [{"filters": 4, "activation": name}]} if name != "log_softmax" else {"output_activation": name}
    return tcn.randomize(tcn.build(params, SHAPE))


@pytest.mark.parametrize("quantization", ["int8", "int16x8", "float32"])
@pytest.mark.parametrize("name", [*RUNNING_ACTIVATIONS, "log_softmax"])
def test_what_is_recommended_runs(name, quantization):
    x = tcn.windows(SHAPE)
    if name in REFUSED_ACTIVATIONS[quantization]:
        with pytest.raises(ConversionError, match=rf"field activation: '{name}' .* use one of linear"):
            convert_with(_with_activation(name), x, quantization)
        return
    content = convert_with(_with_activation(name), x, quantization)
    assert most_lsb_apart(content, x) <= (1e-5 if quantization == "float32" else 1)


@pytest.mark.parametrize(
    ("quantization", "name"), [(kind, name) for kind, names in REFUSED_ACTIVATIONS.items() for name in sorted(names)]
)
def test_what_is_refused_does_not_run(quantization, name):
    """Past our own check: where a later version of TensorFlow Lite Micro learns one of them, this says so."""
    model = _with_activation(name)
    job = Job(trace(model), ConversionSettings(quantization), (tcn.windows(SHAPE),))
    with pytest.raises(NseError):
        TflmInterpreter(shared_worker().convert(job))


def test_a_refusal_names_layer_field_and_remedy():
    with pytest.raises(ConversionError, match=r"^layer 'tcn.B1.D1.DW.ACT', field activation: 'gelu' .* relu6"):
        convert_with(_with_activation("gelu"), tcn.windows(SHAPE))


def test_norm_layer_is_refused_in_int16_and_runs_in_int8():
    model = tcn.randomize(tcn.build({"blocks": [{"filters": 4, "norm": "layer"}]}, SHAPE))
    x = tcn.windows(SHAPE)
    with pytest.raises(ConversionError, match=r"^layer 'tcn\.B1.*field norm: .* use 'batch'"):
        convert_with(model, x, "int16x8")
    assert most_lsb_apart(convert_with(model, x), x) <= 1


def test_a_dilation_that_is_left_as_batches_is_refused_by_layer():
    class OwnDilation(layers.Layer):
        """Dilates by hand and does more in between: the triple is not one convolution."""

        def call(self, x):
            import tensorflow as tf

            batches = tf.space_to_batch(x, [1, 2], [[0, 0], [0, 0]])
            y = tf.tanh(tf.nn.conv2d(batches, tf.ones((1, 2, 2, 2)), 1, "SAME"))
            return tf.batch_to_space(y, [1, 2], [[0, 0], [0, 0]])

        def compute_output_shape(self, shape):
            return shape

    inputs = layers.Input((1, 16, 2))
    model = keras.Model(inputs, OwnDilation(name="by_hand")(inputs))
    with pytest.raises(ConversionError, match=r"layer 'by_hand'.*SPACE_TO_BATCH_ND"):
        convert_with(model, tcn.windows((1, 16, 2)))


@pytest.mark.parametrize(("shape", "kernel"), [((2, 1), (1, 2)), ((2, 2, 1), (2, 2))])
def test_what_the_converter_calibrates_wrong_is_refused(shape, kernel):
    model = tcn.randomize(tcn.build({"output_kernel": kernel}, shape))
    with pytest.raises(ConversionError, match=r"layer 'tcn.NECK.conv': a kernel of 2 over 2 steps"):
        convert_with(model, tcn.windows(shape), "int16x8")


def test_nearest_up_sampling_is_refused_by_layer():
    inputs = layers.Input(SHAPE)
    model = keras.Model(inputs, layers.UpSampling1D(2, name="up")(layers.Conv1D(2, 1)(inputs)))
    content_or_error = None
    try:
        content_or_error = convert_with(model, tcn.windows(SHAPE))
    except ConversionError as error:
        assert "layer 'up'" in str(error)  # noqa: PT017 - or it converts to operators that run
    else:
        assert most_lsb_apart(content_or_error, tcn.windows(SHAPE)) <= 1
