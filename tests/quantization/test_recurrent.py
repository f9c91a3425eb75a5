"""Recurrent layers train in int8: one kernel for all steps, and the device computes what the model does."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import tcn
from helpers.aware import losses, shaken, steps_apart
from helpers.families import build
from helpers.recurrent import CELLS, chain, layer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import layers

from neuralspot_edge.conversion import convert
from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import load_graph
from neuralspot_edge.graph.states import state_pairs
from neuralspot_edge.interpreters import TflmInterpreter
from neuralspot_edge.models import step_model
from neuralspot_edge.pipeline import create_model
from neuralspot_edge.quantization import quantize_aware
from neuralspot_edge.training import load_model, save_model

_PRESETS = {
    "rnn-echo": 5,
    "rnn-forecast-sines": 4,
    "rnn-har-lstm": 6,
    "conv-rnn-har-gru": 30,
    "conv-rnn-two-sines": 12,
}
"""Those with recurrent layers, and windows that leave a few steps."""


def _kernels(content: bytes) -> dict[int, int]:
    """How often each kernel of a file is read."""
    read = [operator.inputs[1].index for operator in load_graph(content).operators if operator.kind == "CONV_2D"]
    return {index: read.count(index) for index in read}


@pytest.mark.parametrize("preset", _PRESETS)
def test_every_recurrent_preset_learns_and_runs_on_the_device_to_the_integer(preset, tmp_path: Path):
    float_model = tcn.randomize(create_model(preset, input__window=_PRESETS[preset]))
    x = tcn.windows(float_model.input_shape[1:], count=16)
    y = tcn.windows(float_model.output_shape[1:], count=16, seed=1)
    model = quantize_aware(float_model, x)
    assert steps_apart(model, x) == 0
    before = _kernels(convert(model))
    passed = losses(model, x, y, steps=8)
    assert passed[-1] < passed[0]
    assert steps_apart(model, x) == 0
    assert sorted(_kernels(convert(model)).values()) == sorted(before.values())
    reloaded = load_model(save_model(model, tmp_path / "model.keras"))
    np.testing.assert_array_equal(reloaded(x, training=False), model(x, training=False))
    assert steps_apart(reloaded, x) == 0


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    cell=st.sampled_from(CELLS),
    shape=st.tuples(st.sampled_from([1, 2, 5]), st.integers(1, 3)),
    units=st.integers(1, 4),
    is_backwards=st.booleans(),
    spread=st.sampled_from([0.3, 1.0, 3.0]),
)
def test_any_cell_runs_on_the_device_to_the_integer(cell, shape, units, is_backwards, spread):
    parts = [layer(cell, units, return_sequences=True, go_backwards=is_backwards), layer(cell, units), layers.Dense(2)]
    float_model, x = tcn.randomize(chain(shape, *parts)), spread * tcn.windows(shape, count=16)
    assert steps_apart(shaken(quantize_aware(float_model, x)), 2 * x) == 0


@pytest.mark.parametrize("cell", ["simple", "gru"])
def test_a_kernel_of_all_steps_learns_from_all_of_them(cell):
    """The gradient of a kernel that a loop over time reads is the sum over its steps: Keras's own loop gives it."""
    float_model = tcn.randomize(chain((6, 2), layer(cell, 3)))
    x, y = tcn.windows((6, 2), count=64), tcn.windows((3,), count=64, seed=1)
    model = quantize_aware(float_model, x)

    def gradient(one: keras.Model) -> float:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((one(x, training=True) - y) ** 2)
        rest = [variable for variable in one.trainable_variables if "bias" not in variable.path]
        kernels = [variable.value for variable in rest if len(variable.shape) > 1 and variable.shape[-2] > 1]
        return float(tf.linalg.global_norm(tape.gradient(loss, kernels)))

    assert gradient(model) == pytest.approx(gradient(float_model), rel=0.1)


def test_both_directions_train():
    parts = [layers.Bidirectional(layer(cell, 3, return_sequences=True)) for cell in ("lstm", "gru")]
    float_model, x = tcn.randomize(chain((4, 2), *parts, layers.Dense(2))), tcn.windows((4, 2), count=16)
    assert steps_apart(shaken(quantize_aware(float_model, x)), x) == 0


def test_cells_that_keras_unrolls_train():
    stacked = layers.RNN(layers.StackedRNNCells([layers.GRUCell(3), layers.LSTMCell(2)]))
    float_model, x = tcn.randomize(chain((4, 3), stacked)), tcn.windows((4, 3), count=16)
    assert steps_apart(shaken(quantize_aware(float_model, x)), x) <= 1


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_a_state_leaves_a_trained_step_as_it_enters_the_next(cell):
    step = step_model(tcn.randomize(build("rnn", (6, 3), {"cell": cell, "layers": [4]})))
    x = [tcn.windows(tuple(tensor.shape[1:]), count=16, seed=seed) for seed, tensor in enumerate(step.inputs)]
    model = shaken(quantize_aware(step, x))
    content = convert(model)
    graph = load_graph(content)
    pairs = state_pairs(graph.input_names, graph.output_names)
    assert len(pairs) == len(x) - 1
    for place_in, place_out in pairs:
        assert graph.inputs[place_in].quantization == graph.outputs[place_out].quantization
    results = zip(graph.outputs, TflmInterpreter(content).predict(x), model(x, training=False), strict=True)
    for tensor, received, expected in results:
        step_size = tensor.quantization.scale[0]
        np.testing.assert_array_equal(np.rint(received / step_size), np.rint(np.asarray(expected) / step_size))


def test_what_the_device_has_and_training_has_not_is_named():
    float_model = chain((4, 3), layer("lstm", 3, return_sequences=True), layers.GlobalMaxPooling1D(name="peak"))
    with pytest.raises(InputError, match=r"^model: layer 'peak' is a REDUCE_MAX on the device"):
        quantize_aware(float_model, tcn.windows((4, 3)))
