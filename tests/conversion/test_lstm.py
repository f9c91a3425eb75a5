"""The LSTM operator's quantization: the ranges of what no interpreter shows."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from helpers import tcn
from helpers.recurrent import chain
from helpers.tflite import convert_with
from keras import layers

from neuralspot_edge.conversion.lstm import check_lstms, find_lstms, two_sided
from neuralspot_edge.errors import ConversionError
from neuralspot_edge.graph import load_graph, parse

SHAPE = (9, 3)
HIDDEN, CELL = 18, 19


@pytest.fixture(autouse=True)
def _seeded() -> None:
    keras.utils.set_random_seed(0)


def _states(layer: layers.LSTM, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Hidden and cell states after each step, by Keras's own cell."""
    hidden = cell = np.zeros((len(x), layer.units), np.float32)
    seen = []
    for step in range(x.shape[1]):
        _, (hidden, cell) = layer.cell(x[:, step], [hidden, cell])
        seen.append((np.asarray(hidden), np.asarray(cell)))
    return tuple(np.stack(values) for values in zip(*seen, strict=True))


@pytest.mark.parametrize("spread", [1, 4])
def test_the_states_have_the_ranges_of_all_steps(spread):
    model = tcn.randomize(chain(SHAPE, layers.LSTM(5)))
    x = spread * tcn.windows(SHAPE, count=32)
    hidden, cell = _states(model.layers[1], x)
    (lstm,) = [o for o in load_graph(convert_with(model, x)).operators if len(o.inputs) > CELL]
    span = 255 * lstm.inputs[HIDDEN].quantization.scale[0]
    assert span == pytest.approx(np.ptp([*hidden.ravel(), 0]), rel=1e-3)
    # The cell state has 16 bits and a range that is a power of two, 1 at the least.
    bound = 2.0 ** max(0, np.ceil(np.log2(np.abs(cell).max())))
    assert lstm.inputs[CELL].quantization.scale[0] == bound / 2**15
    assert lstm.inputs[CELL].is_variable


def test_the_result_and_the_state_have_one_scale_behind_a_concatenation():
    inputs = layers.Input(SHAPE)
    long, short = layers.LSTM(4, return_sequences=True)(inputs), layers.LSTM(3, return_sequences=True)(inputs)
    model = tcn.randomize(keras.Model(inputs, layers.Concatenate()([long, short, inputs])))
    flat = parse(convert_with(model, tcn.windows(SHAPE, count=16)))
    tensors = flat.subgraphs[0].tensors
    scales = {float(tensors[index].quantization.scale[0]) for lstm in find_lstms(flat) for index in lstm.hidden[:2]}
    assert len(find_lstms(flat)) == 2
    assert len(scales) == 1
    check_lstms(flat)
    tensors[find_lstms(flat)[0].hidden[1]].quantization.scale = np.array([0.5], np.float32)
    with pytest.raises(ConversionError, match="another scale"):
        check_lstms(flat)


@pytest.mark.parametrize(
    ("measured", "given"), [((-0.5, 0.0), (-0.5, 0.05)), ((0.2, 0.4), (-0.04, 0.4)), ((-0.3, 0.2), (-0.3, 0.2))]
)
def test_a_hidden_state_has_room_on_either_side(measured, given):
    assert two_sided(measured) == pytest.approx(given)
