"""The LSTM operator in int8, beside TensorFlow Lite Micro's."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from helpers import tcn
from helpers.aware import losses, shaken, steps_apart
from helpers.recurrent import chain
from helpers.tflite import convert_with, most_lsb_apart
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import layers

from neuralspot_edge.conversion import convert
from neuralspot_edge.conversion.lstm import find_lstms
from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import load_graph, parse, serialize
from neuralspot_edge.quantization import quantize_aware, trainable_int8
from neuralspot_edge.quantization.lstm import hidden_state
from neuralspot_edge.quantization.operators import LSTM

SHAPE = (6, 3)


def _lstm(shape=SHAPE, units=4, gain=1.0, **options) -> keras.Model:
    keras.utils.set_random_seed(0)
    model = tcn.randomize(chain(shape, layers.LSTM(units, **options)))
    model.set_weights([gain * weight for weight in model.get_weights()])
    return model


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    shape=st.tuples(st.sampled_from([1, 2, 7, 20]), st.integers(1, 6)),
    units=st.integers(1, 8),
    gain=st.sampled_from([0.1, 1.0, 3.0, 10.0]),
    spread=st.sampled_from([0.1, 1.0, 5.0]),
    use_bias=st.booleans(),
    go_backwards=st.booleans(),
)
def test_it_gives_the_integers_of_the_device_where_gates_and_cells_saturate_too(shape, units, gain, spread, **options):
    use_bias, go_backwards = options["use_bias"], options["go_backwards"]
    float_model = _lstm(shape, units, gain, use_bias=use_bias, go_backwards=go_backwards, return_sequences=True)
    x = spread * tcn.windows(shape, count=32)
    model = quantize_aware(float_model, x)
    assert steps_apart(model, 3 * x) == 0
    assert steps_apart(shaken(model), 3 * x) == 0


def test_in_training_it_is_the_float_layer_but_for_the_rounding():
    float_model, x = _lstm(), tcn.windows(SHAPE, count=64)
    expected = np.asarray(float_model(x))
    received = np.asarray(quantize_aware(float_model, x)(x, training=True))
    assert np.abs(received - expected).max() < 0.03 * np.abs(expected).max()


def test_all_of_its_weights_and_its_range_learn():
    model, x = quantize_aware(_lstm(), tcn.windows(SHAPE, count=32)), tcn.windows(SHAPE, count=32)
    before = [variable.numpy() for variable in model.trainable_variables]
    passed = losses(model, x, tcn.windows((4,), count=32, seed=1), steps=10)
    assert passed[-1] < passed[0]
    assert len(before) == 1 + 12
    for old, new in zip(before, model.trainable_variables, strict=True):
        assert (old != new.numpy()).any()


def test_calls_of_one_lstm_share_its_weights():
    inputs, shared = keras.Input((5, 3)), layers.LSTM(3, return_sequences=True, name="shared")
    float_model = tcn.randomize(keras.Model(inputs, shared(shared(inputs))))
    x = tcn.windows((5, 3), count=16)
    model = shaken(quantize_aware(float_model, x))
    assert len(model.trainable_variables) == 1 + 12
    assert steps_apart(model, x) == 0
    one, two = (operator for operator in load_graph(convert(model)).operators if operator.kind == LSTM)
    # A tensor for each call, as the converter makes them, but the numbers lie in the file once.
    assert [tensor.buffer for tensor in one.inputs[1:9]] == [tensor.buffer for tensor in two.inputs[1:9]]


def test_the_written_file_has_one_range_for_the_hidden_state_wherever_it_stands():
    model = shaken(quantize_aware(_lstm(return_sequences=True), tcn.windows(SHAPE, count=32)))
    written = convert(model)
    flat = parse(written)
    (lstm,) = find_lstms(flat)
    known = [flat.subgraphs[0].tensors[index].quantization for index in lstm.hidden]
    ranges = {(float(q.scale[0]), int(q.zeroPoint[0])) for q in known if q.scale is not None}
    (operator,) = (operator for operator in load_graph(written).operators if operator.kind == LSTM)
    assert ranges == {(hidden_state(operator).quantization.scale[0], hidden_state(operator).quantization.zero_point[0])}
    # LiteRT takes the scale from the operator's intermediates; its sigmoid and tanh are coarser.
    assert most_lsb_apart(written, tcn.windows(SHAPE, count=16, seed=5)) <= 2


@pytest.mark.parametrize("field", ["cellClip", "projClip"])
def test_an_lstm_of_another_make_is_refused(field):
    flat = parse(convert_with(_lstm(), tcn.windows(SHAPE)))
    (operator,) = (operator for operator in flat.subgraphs[0].operators if len(operator.inputs) == 24)
    setattr(operator.builtinOptions, field, 0.5)
    with pytest.raises(InputError, match=r"^model: layer 'lstm.*clipped"):
        trainable_int8(serialize(flat))
