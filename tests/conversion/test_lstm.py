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
from neuralspot_edge.interpreters import Interpreter, LiteRtInterpreter, TflmInterpreter

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


def _exact_first_state(content: bytes, x: np.ndarray) -> np.ndarray:
    """The hidden state after one step, by exact functions of what the file's integers stand for, in int8."""
    flat = parse(content)
    (lstm,), tensors = find_lstms(flat), flat.subgraphs[0].tensors

    def real(index: int, kind: type) -> np.ndarray:
        values = np.frombuffer(bytes(flat.buffers[tensors[index].buffer].data), kind).reshape(tensors[index].shape)
        return np.float64(tensors[index].quantization.scale[0]) * values

    # The kernels round the argument of each gate to 2^-12.
    arguments = [
        np.round((x @ real(kernel, np.int8).T + real(bias, np.int32)) * 2**12) / 2**12
        for kernel, bias in zip(lstm.kernels, lstm.biases, strict=False)
    ]
    write, _, _, show = (1 / (1 + np.exp(-argument)) for argument in arguments)
    hidden = show * np.tanh(write * np.tanh(arguments[2]))
    quantization = tensors[lstm.hidden[0]].quantization
    return np.clip(np.round(hidden / quantization.scale[0]) + quantization.zeroPoint[0], -128, 127)


def test_micro_is_nearer_to_the_exact_gates_than_litert():
    model = tcn.randomize(chain((1, 3), layers.LSTM(40, return_sequences=True)))
    x = 2 * tcn.windows((1, 3), count=64)
    content = convert_with(model, x)
    spec = LiteRtInterpreter(content).inputs[0]
    (scale,), (zero,) = spec.quantization.scale, spec.quantization.zero_point
    given = np.clip(np.round(x / scale) + zero, -128, 127).astype(np.int8)
    expected = _exact_first_state(content, scale * (given[:, 0] - np.float64(zero)))

    def wrong(interpreter: Interpreter) -> float:
        received = []
        for window in given:
            interpreter.reset()
            received.append(interpreter.invoke(window[None])[0].reshape(-1))
        return float(np.mean(np.stack(received) != expected))

    micro, litert = wrong(TflmInterpreter(content)), wrong(LiteRtInterpreter(content))
    assert micro < 0.01 < litert < 0.05
