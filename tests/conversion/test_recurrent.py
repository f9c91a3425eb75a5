"""Recurrent layers: an LSTM is one operator, the others are unrolled, and what can be neither is refused."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from helpers import tcn
from helpers.recurrent import CELLS, chain, layer
from helpers.tflite import convert_with, error_of, kinds, most_lsb_apart
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import layers

from neuralspot_edge.conversion import trace
from neuralspot_edge.conversion.cells import stepwise
from neuralspot_edge.errors import ConversionError
from neuralspot_edge.graph import load_graph
from neuralspot_edge.interpreters import TflmInterpreter
from neuralspot_edge.layers import LayerNormSimpleRnnCell

FUSED = "UNIDIRECTIONAL_SEQUENCE_LSTM"
SWEEP = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    keras.utils.set_random_seed(0)


def _ready(model: keras.Model) -> keras.Model:
    return tcn.randomize(model)


@SWEEP
@given(
    cell=st.sampled_from(CELLS),
    units=st.lists(st.integers(1, 9), min_size=1, max_size=2),
    steps=st.integers(1, 8),
    channels=st.integers(1, 4),
    per_step=st.booleans(),
)
def test_any_stack_runs_on_the_device_as_on_the_desktop(cell, units, steps, channels, per_step):
    keras.utils.set_random_seed(0)
    *inner, last = units
    parts = [layer(cell, size, return_sequences=True) for size in inner]
    model = _ready(chain((steps, channels), *parts, layer(cell, last, return_sequences=per_step)))
    x = tcn.windows((steps, channels), count=16)
    content = convert_with(model, x)
    assert kinds(content).count(FUSED) == (len(units) if cell == "lstm" else 0)
    assert not {"WHILE", "DEQUANTIZE", "QUANTIZE"} & set(kinds(content))
    assert most_lsb_apart(content, x) <= 1


@pytest.mark.parametrize("cell", ["simple", "lstm", "gru"])
def test_int8_is_close_to_the_float_model(cell):
    model = _ready(chain((20, 3), layer(cell, 12, return_sequences=True), layer(cell, 8), layers.Dense(2)))
    x = tcn.windows((20, 3), count=64)
    assert error_of(convert_with(model, x), model, x) < 0.08


@pytest.mark.parametrize("go_backwards", [False, True])
@pytest.mark.parametrize(
    "kind",
    [
        layers.SimpleRNN,
        layers.GRU,
        layers.LSTM,
        lambda units, **options: layers.GRU(units, reset_after=False, **options),
        lambda units, **options: layers.GRU(units, use_bias=False, **options),
        lambda units, **options: layers.LSTM(units, use_bias=False, **options),
        lambda units, **options: layers.LSTM(units, activation="relu", recurrent_activation="hard_sigmoid", **options),
        lambda units, **options: layers.RNN(LayerNormSimpleRnnCell(units), **options),
        lambda units, **options: layers.RNN([layers.GRUCell(units), layers.LSTMCell(3)], **options),
    ],
)
def test_the_float_file_computes_what_keras_does(kind, go_backwards):
    model = _ready(chain((5, 3), kind(4, return_sequences=True, go_backwards=go_backwards), kind(4)))
    x = tcn.windows((5, 3))
    received = TflmInterpreter(convert_with(model, (), "float32")).predict(x)
    np.testing.assert_allclose(received, model.predict(x, verbose=0), atol=1e-5)


def test_a_simple_step_by_hand():
    cell = layers.SimpleRNNCell(1, activation="relu")
    cell.build((None, 2))
    cell.set_weights([np.array([[2.0], [-1.0]]), np.array([[0.5]]), np.array([0.25])])
    x = np.array([[3.0, 1.0], [0.0, 2.0], [1.0, 0.0]], np.float32).reshape(1, 1, 3, 2)
    outputs, states = stepwise(cell).run(x, [np.full((1, 1, 1, 1), 4.0, np.float32)])
    # 2*3 - 1 + 0.5*4 + 0.25, then -2 + 0.5*7.25 + 0.25, then 2 + 0.5*1.875 + 0.25
    assert [float(np.squeeze(value)) for value in outputs] == [7.25, 1.875, 3.1875]
    assert float(np.squeeze(states[0])) == 3.1875


def test_a_layer_normalized_step_by_hand():
    cell = LayerNormSimpleRnnCell(2, activation="linear")
    cell.build((None, 1))
    cell.set_weights(
        [np.array([[1.0, 3.0]]), np.zeros((2, 2)), np.zeros(2), np.array([2.0, 1.0]), np.array([0.0, 5.0])]
    )
    expected = np.array([-2.0, 6.0])  # sums 1 and 3: mean 2, deviation 1; gamma 2 and 1, beta 0 and 5
    output, _ = cell(np.ones((1, 1), np.float32), [np.zeros((1, 2), np.float32)])
    np.testing.assert_allclose(output[0], expected, atol=3e-3)
    outputs, _ = stepwise(cell).run(np.ones((1, 1, 1, 1), np.float32), [np.zeros((1, 1, 1, 2), np.float32)])
    np.testing.assert_allclose(np.ravel(outputs[0]), expected, atol=3e-3)


def test_an_lstm_is_one_small_operator_whatever_the_window():
    sizes = []
    for steps in (10, 300):
        model = _ready(chain((steps, 1), layers.LSTM(20), layers.Dense(1)))
        content = convert_with(model, tcn.windows((steps, 1)))
        assert kinds(content) == ["RESHAPE", FUSED, "STRIDED_SLICE", "FULLY_CONNECTED"]
        sizes.append(len(content))
    assert max(sizes) < 6_500
    assert abs(sizes[0] - sizes[1]) < 100


@pytest.mark.parametrize(("quantization", "fused"), [("float32", True), ("int16x8", False), ("float16", False)])
def test_an_lstm_in_the_other_quantizations(quantization, fused):
    model = _ready(chain((6, 3), layers.LSTM(5), layers.Dense(2)))
    x = tcn.windows((6, 3), count=16)
    content = convert_with(model, x, quantization)
    assert (FUSED in kinds(content)) is fused
    if quantization != "float16":
        assert error_of(content, model, x) < 0.01


@pytest.mark.parametrize("small", [False, True])
@pytest.mark.parametrize("sequences", [False, True])
def test_bidirectional_layers_run(sequences, small):
    """Two LSTMs into one concatenation: each has to read its state by the scale by which it wrote it."""
    cells = [layers.LSTM(4, return_sequences=True), layers.LSTM(4, return_sequences=sequences)]
    model = chain((6, 3), *(layers.Bidirectional(cell) for cell in cells))
    if not small:
        _ready(model)  # small states are those of initial weights
    x = tcn.windows((6, 3), count=32)
    content = convert_with(model, x)
    assert kinds(content).count(FUSED) == 4
    assert most_lsb_apart(content, x) <= 2
    assert error_of(content, model, x) < 0.03


def test_states_from_another_layer_are_taken():
    inputs = keras.Input((5, 3))
    encoded, *states = layers.LSTM(4, return_sequences=True, return_state=True)(inputs)
    model = _ready(keras.Model(inputs, layers.LSTM(4)(encoded, initial_state=states)))
    x = tcn.windows((5, 3), count=16)
    content = convert_with(model, x)
    assert FUSED not in kinds(content)
    assert most_lsb_apart(content, x) <= 1
    assert error_of(content, model, x) < 0.05


class OwnCell(layers.Layer):
    state_size = 4

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 4), name="kernel")

    def call(self, x, states):
        h = keras.ops.tanh(x @ self.kernel + states[0])
        return h, [h]


@pytest.mark.parametrize(
    "part",
    [
        lambda: layers.GRU(4, dropout=0.2, recurrent_dropout=0.2),
        lambda: layers.RNN(OwnCell()),
        lambda: layers.Bidirectional(layers.GRU(4, return_sequences=True), merge_mode="sum"),
        lambda: keras.Sequential([keras.Input((6, 3)), layers.GRU(4, return_sequences=True), layers.LSTM(4)]),
        lambda: layers.RNN([layers.SimpleRNNCell(3), layers.GRUCell(4)]),
    ],
)
def test_a_layer_of_another_make_converts(part):
    model = _ready(chain((6, 3), part(), layers.Dense(2)))
    x = tcn.windows((6, 3), count=16)
    assert error_of(convert_with(model, x), model, x) < 0.1


def test_an_open_time_axis_takes_a_window():
    model = _ready(chain((None, 2), layers.GRU(4)))
    x = tcn.windows((7, 2))
    assert most_lsb_apart(convert_with(model, x, window=7), x) <= 1


@pytest.mark.parametrize(
    ("parts", "steps", "message"),
    [
        ([layers.GRU(4, name="memory")], 257, r"^layer 'memory': 257 steps are too many to unroll, .*step_model"),
        ([layers.Masking(name="holes"), layers.LSTM(4)], 8, r"^layer 'holes': masked steps .* without the mask"),
        ([layers.GRU(4, activation="gelu", name="bent")], 8, r"^layer 'bent', field activation: 'gelu' .* relu6"),
        ([layers.GRU(4, recurrent_activation="softplus", name="bent")], 4, r"^layer 'bent': .* relu6"),
    ],
)
def test_what_has_no_form_is_refused_in_one_line_with_the_remedy(parts, steps, message):
    with pytest.raises(ConversionError, match=message) as error:
        convert_with(chain((steps, 2), *parts), tcn.windows((steps, 2)))
    assert "\n" not in str(error.value)


def test_a_layer_that_keeps_its_state_is_refused():
    inputs = keras.Input(batch_shape=(1, 4, 2))
    model = keras.Model(inputs, layers.GRU(3, stateful=True, name="memory")(inputs))
    with pytest.raises(ConversionError, match=r"^layer 'memory', field stateful: .*step_model"):
        convert_with(model, tcn.windows((4, 2)))


@pytest.mark.parametrize("cell", CELLS)
def test_the_users_layers_are_left_as_they_were(cell):
    model = chain((4, 2), layer(cell, 3, name="memory"))
    memory, x = model.get_layer("memory"), tcn.windows((4, 2))
    before = set(vars(memory)), memory.get_config(), model.predict(x, verbose=0)
    trace(model, fuse_lstms=True)
    assert (set(vars(memory)), memory.get_config()) == before[:2]
    np.testing.assert_array_equal(model.predict(x, verbose=0), before[2])


def test_the_tensors_are_named_after_the_layer():
    content = convert_with(_ready(chain((4, 2), layers.LSTM(3, name="memory"))), tcn.windows((4, 2)))
    (lstm,) = [operator for operator in load_graph(content).operators if operator.kind == FUSED]
    assert {tensor.name for tensor in lstm.inputs[1:9]} == {"memory"}
