"""The step model: as the window's, step by step, in float and in int8 on the device."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from helpers import tcn
from helpers.recurrent import CELLS, chain, layer, run_steps
from helpers.tflite import convert_with
from keras import layers

from neuralspot_edge.errors import ConversionError, InputError
from neuralspot_edge.graph import load_graph
from neuralspot_edge.graph.states import state_pairs
from neuralspot_edge.models import rnn_model, step_calibration, step_model
from neuralspot_edge.training import load_model, save_model

SHAPE = (12, 3)
LAYERS = [12, 10]


@pytest.fixture(autouse=True)
def _seeded() -> None:
    keras.utils.set_random_seed(0)


def _model(cell: str) -> keras.Model:
    params = {"cell": cell, "layers": LAYERS, "head": "per_step"}
    return tcn.randomize(rnn_model(keras.Input(SHAPE), params, 2))


@pytest.mark.parametrize("cell", CELLS)
def test_the_float_steps_are_those_of_the_window(cell):
    model, x = _model(cell), tcn.windows(SHAPE)
    content = convert_with(step_model(model), (), "float32")
    np.testing.assert_allclose(run_steps(content, x), model.predict(x, verbose=0), atol=1e-4)


@pytest.mark.parametrize("cell", CELLS)
def test_the_int8_steps_follow_the_float_model_over_a_sequence(cell):
    """Three times as long as the window: the calibration samples are as long, for an LSTM's cell state still grows."""
    model = _model(cell)
    longer = rnn_model(keras.Input((36, 3)), {"cell": cell, "layers": LAYERS, "head": "per_step"}, 2)
    longer.set_weights(model.get_weights())
    step = step_model(model)
    content = convert_with(step, step_calibration(step, tcn.windows((36, 3), count=32)))
    x = tcn.windows((36, 3), count=4, seed=7)
    expected = longer.predict(x, verbose=0)
    error = np.abs(run_steps(content, x) - expected) / np.abs(expected).max()
    assert np.sqrt((error**2).mean()) < 0.05
    # It does not drift: the last steps are as near as the first.
    assert error[:, -12:].mean() < 2 * error[:, :12].mean() + 0.01


@pytest.mark.parametrize("cell", CELLS)
def test_a_state_comes_out_as_it_goes_in(cell):
    step = step_model(_model(cell))
    graph = load_graph(convert_with(step, step_calibration(step, tcn.windows(SHAPE, count=16))))
    pairs = state_pairs([tensor.name for tensor in graph.inputs], [tensor.name for tensor in graph.outputs])
    assert len(pairs) == (4 if cell == "lstm" else 2)
    for place_in, place_out in pairs:
        given, kept = graph.inputs[place_in], graph.outputs[place_out]
        assert given.quantization == kept.quantization
        assert (given.shape, given.dtype) == (kept.shape, "int8")


def test_a_state_without_one_scale_is_refused():
    """int16x8 takes the ranges of the converter, which knows of no states."""
    step = step_model(_model("gru"))
    with pytest.raises(ConversionError, match=r"the state 'rnn\.L\d\.state' does not come out .* int8 or float32"):
        convert_with(step, step_calibration(step, tcn.windows(SHAPE, count=16)), "int16x8")


def test_a_step_is_as_small_for_any_window():
    sizes = []
    for steps in (5, 500):
        step = step_model(rnn_model(keras.Input((steps, 1)), {"cell": "gru", "layers": [20]}, 1))
        sizes.append(len(convert_with(step, step_calibration(step, tcn.windows((5, 1))))))
    assert sizes[0] == pytest.approx(sizes[1], abs=200)
    assert max(sizes) < 9_000


def test_the_model_is_left_as_it_was_and_the_step_model_saves(tmp_path):
    model, x = _model("ln_simple"), tcn.windows(SHAPE)
    before = model.get_config(), model.predict(x, verbose=0)
    step = step_model(step_source := model)
    assert step_source.get_config() == before[0]
    np.testing.assert_array_equal(model.predict(x, verbose=0), before[1])
    reloaded = load_model(save_model(step, tmp_path / "step.keras"))
    assert [tensor.name for tensor in reloaded.inputs][1:] == ["rnn.L1.state", "rnn.L2.state"]
    assert reloaded.output_names == step.output_names == ["rnn.TOP", "rnn.L1.state.next", "rnn.L2.state.next"]


def test_a_model_of_foreign_make_has_steps_too():
    model = keras.Sequential(
        [
            keras.Input((8, 3)),
            layers.GRU(5, return_sequences=True, name="memory"),
            layers.TimeDistributed(layers.Dense(4, activation="relu")),
            layers.Dropout(0.2),
            layer("lstm", 4, name="decision"),
            layers.Dense(2, activation="softmax"),
        ]
    )
    tcn.randomize(model)
    step = step_model(model)
    assert [tensor.name for tensor in step.inputs][1:] == ["memory.state", "decision.state1", "decision.state2"]
    x = tcn.windows((8, 3))
    received = run_steps(convert_with(step, (), "float32"), x)
    np.testing.assert_allclose(received[:, -1], model.predict(x, verbose=0), atol=1e-5)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([layers.Conv1D(4, 3, name="look"), layers.GRU(3)], "layer 'look': a Conv1D may see other steps"),
        ([layers.GRU(3, go_backwards=True, name="back")], "layer 'back': go_backwards"),
        ([layers.Bidirectional(layers.GRU(3), name="both")], "layer 'both': a Bidirectional"),
    ],
)
def test_what_sees_other_steps_has_no_step_model(parts, message):
    with pytest.raises(InputError, match=message):
        step_model(chain((8, 2), *parts))


def test_a_model_of_several_inputs_has_no_step_model():
    one, two = keras.Input((4, 2)), keras.Input((4, 2))
    with pytest.raises(InputError, match="received 2 and 1"):
        step_model(keras.Model([one, two], layers.Add()([one, two])))
