from __future__ import annotations

import keras
import numpy as np
import pytest
from graph import tiny_models
from helpers import streams
from helpers.foreign import foreign_files
from keras import layers

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import annotate, load_graph
from neuralspot_edge.graph.card import ModelCard
from neuralspot_edge.graph.streams import stream_info
from neuralspot_edge.interpreters import StreamingSession
from neuralspot_edge.preprocessing import Preprocessing
from neuralspot_edge.streaming import compare_stream, stream


@pytest.fixture(scope="module")
def causal() -> bytes:
    return streams.convert_plain(streams.causal_model())


def difference_of_neighbours(padding: str) -> bytes:
    """A filter with taps -1 and 1 and no rounding: y[t] = x[t] - x[t - 1], int8."""
    schema = pytest.importorskip("ai_edge_litert.schema_py_generated")
    unit = tiny_models.quantized(1.0, 0)
    tensors = [
        tiny_models.tensor("x", (1, 1, 6, 1), "INT8", quantization=unit),
        tiny_models.tensor(
            "w", (1, 1, 2, 1), "INT8", np.array([-1, 1], np.int8).reshape(1, 1, 2, 1), quantization=unit
        ),
        tiny_models.tensor("b", (1,), "INT32", np.zeros(1, np.int32), quantization=unit),
        tiny_models.tensor("y", (1, 1, 6 if padding == "SAME" else 5, 1), "INT8", quantization=unit),
    ]
    options = schema.Conv2DOptionsT(
        padding=getattr(schema.Padding, padding), strideH=1, strideW=1, dilationHFactor=1, dilationWFactor=1
    )
    return tiny_models.pack("CONV_2D", tensors, inputs=[0], outputs=[3], options=options)


def test_a_filter_gives_what_is_worked_out_by_hand():
    step = stream(difference_of_neighbours("VALID"))
    played = StreamingSession(step).play(np.array([5, 7, 4, 4, -3], np.int8)[:, None])
    # Frame 0 needs x[0] and x[1], so that it comes with step 1: a delay of 1.
    assert stream_info(load_graph(step)).outputs[0].delay == 1
    np.testing.assert_array_equal(played[1:, 0], [2, -3, 0, -7])


def test_padding_same_puts_the_odd_zero_at_the_end_and_delays_by_it():
    step = stream(difference_of_neighbours("SAME"))
    played = StreamingSession(step).play(np.array([5, 7, 4, 4, -3], np.int8)[:, None])
    assert stream_info(load_graph(step)).outputs[0].delay == 1
    np.testing.assert_array_equal(played[1:, 0], [2, -3, 0, -7])


def test_nothing_is_computed_twice(causal):
    step = load_graph(stream(causal))
    convolutions = [operator for operator in step.operators if operator.kind == "CONV_2D"]
    assert [operator.outputs[0].shape[2] for operator in convolutions] == [1, 1, 1]


def test_weights_scales_and_zero_points_are_those_of_the_window_graph(causal):
    def weights(content: bytes) -> set[tuple]:
        return {
            (tensor.data, tensor.quantization)
            for operator in load_graph(content).operators
            if operator.kind == "CONV_2D"
            for tensor in operator.inputs[1:]
        }

    assert weights(stream(causal)) == weights(causal)


def test_a_state_holds_the_frames_that_are_read_again(causal):
    graph = load_graph(stream(causal))
    # Kernels of 3 with dilations 1 and 2 look back by 2 and 4 frames, of 2 and 4 channels.
    assert [tensor.shape for tensor in graph.inputs[1:]] == [(1, 1, 2, 2), (1, 1, 4, 4)]
    assert [tensor.quantization for tensor in graph.inputs[1:]] == [t.quantization for t in graph.outputs[1:]]


def test_states_are_named_so_that_their_pairs_are_told(causal):
    graph = load_graph(stream(causal))
    assert [f"{name}.next" for name in graph.input_names[1:]] == list(graph.output_names[1:])


@pytest.mark.parametrize("quantization", ["int8", "int16x8", "float32"])
@pytest.mark.parametrize("hop", [1, 2, 5, 24, 30])
def test_any_hop_in_any_type_equals_the_window_graph(quantization, hop):
    content = streams.convert_plain(streams.causal_model(), quantization)
    comparison = streams.compare(content, hop)
    assert comparison.equal, comparison


def test_a_circular_buffer_runs_on_every_call(causal):
    step = stream(causal, state="tflm")
    graph = load_graph(step)
    assert len(graph.inputs) == len(graph.outputs) == 1
    assert [o.custom_code for o in graph.operators if o.kind == "CUSTOM"] == ["CIRCULAR_BUFFER"] * 2
    comparison = streams.compare(causal, state="tflm")
    assert comparison.equal, comparison


@pytest.mark.parametrize("strides", [(2, 1), (1, 3), (2, 2)])
@pytest.mark.parametrize("padding", ["same", "valid", "causal"])
def test_strides_over_time_stream_at_their_hops(strides, padding):
    keras.utils.set_random_seed(0)
    x = inputs = keras.Input((36, 2))
    for stride in strides:
        x = layers.Conv1D(4, 3, strides=stride, padding=padding, activation="relu")(x)
    content = streams.convert_plain(keras.Model(inputs, x))
    unit = int(np.prod(strides))
    assert streams.hop_unit(content) == unit
    streams.assert_streams(content)
    with pytest.raises(InputError, match=rf"hop: received {unit + 1}; .* a multiple of {unit} input steps"):
        stream(content, unit + 1)


@pytest.mark.parametrize("pool", [layers.AveragePooling1D, layers.MaxPooling1D])
def test_a_pool_over_time_streams(pool):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((24, 2))
    x = pool(2)(layers.Conv1D(4, 3, padding="causal")(inputs))
    streams.assert_streams(streams.convert_plain(keras.Model(inputs, layers.Conv1D(3, 3, padding="causal")(x))))


@pytest.mark.parametrize("padding", ["causal", "same"])
def test_a_pooled_head_is_the_mean_over_the_last_window_of_frames(padding):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((20, 2))
    x = layers.Conv1D(4, 5, padding=padding, activation="relu")(inputs)
    content = streams.convert_plain(keras.Model(inputs, layers.GlobalAveragePooling1D()(x)))
    info = stream_info(load_graph(stream(content)))
    assert (info.outputs[0].axis, info.outputs[0].delay) == (None, 0 if padding == "causal" else 2)
    streams.assert_streams(content)


def test_a_shortcut_around_a_look_ahead_is_delayed_as_much():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((20, 3))
    x = layers.Conv1D(3, 5, dilation_rate=2, padding="same")(inputs)
    content = streams.convert_plain(keras.Model(inputs, layers.Add()([x, inputs])))
    assert stream_info(load_graph(stream(content))).outputs[0].delay == 4
    streams.assert_streams(content)


def test_several_outputs_stream_each_with_its_own_delay():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((20, 3))
    x = layers.Conv1D(4, 3, padding="causal")(inputs)
    content = streams.convert_plain(keras.Model(inputs, [x, layers.Conv1D(2, 3, padding="same")(x)]))
    assert [output.delay for output in stream_info(load_graph(stream(content))).outputs] == [0, 1]
    streams.assert_streams(content)


def test_a_convolution_over_time_and_frequency_streams_along_axis_1():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((24, 10, 1))
    x = layers.Conv2D(4, (5, 4), strides=(1, 2), padding="same", activation="relu")(inputs)
    x = layers.DepthwiseConv2D(3, padding="same")(x)
    content = streams.convert_plain(keras.Model(inputs, x))
    streams.assert_streams(content, axis=1)
    with pytest.raises(InputError, match="time_axis: the input"):
        stream(content)


def test_a_plain_keras_model_converted_by_others_streams():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((24, 3))
    x = layers.Conv1D(6, 3, padding="causal", dilation_rate=2, activation="relu")(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.SeparableConv1D(8, 3, padding="same")(x)
    outputs = layers.Dense(4, activation="softmax")(x)
    for mode in ("float32", "int8", "int16x8"):
        streams.assert_streams(tiny_models.convert(keras.Model(inputs, outputs), mode))


def test_every_foreign_file_streams_or_says_why_not(tmp_path):
    streamed, refusals = [], []
    for name, content in foreign_files(str(tmp_path)):
        try:
            streams.assert_streams(content)
            streamed.append(name)
        except InputError as error:
            refusals.append(str(error))
    assert streamed
    assert any("converted with" in refusal or "batch fixed to 1" in refusal for refusal in refusals)
    assert not any("\n" in refusal for refusal in refusals)


@pytest.mark.parametrize("hop", [0, -1, True, 1.0, "1"])
def test_a_hop_is_a_positive_number_of_steps(causal, hop):
    with pytest.raises(InputError, match="hop: received"):
        stream(causal, hop)


def test_a_state_form_is_known(causal):
    with pytest.raises(InputError, match="unknown state 'tfml': did you mean 'tflm'"):
        stream(causal, state="tfml")


def test_tflm_takes_int8_and_one_step(causal):
    with pytest.raises(InputError, match="received hop 2; use state io"):
        stream(causal, 2, "tflm")
    with pytest.raises(InputError, match="a model in float32; use state io"):
        stream(streams.convert_plain(streams.causal_model(), "float32"), state="tflm")


def test_metadata_and_names_of_the_window_graph_stay(causal):
    before, after = load_graph(causal), load_graph(stream(causal))
    assert set(before.metadata) < set(after.metadata)
    assert (after.input_names[0], after.output_names[0]) == (before.input_names[0], before.output_names[0])


def test_a_model_of_windows_standardized_one_by_one_is_refused(causal):
    card = ModelCard("m", preprocessing=Preprocessing("window"))
    with pytest.raises(InputError, match=r"preprocess: window .* train with standardize"):
        stream(annotate(causal, metadata=card.to_metadata()))


def test_nothing_is_left_that_no_operator_uses(causal):
    graph = load_graph(stream(causal))
    used = {t.index for o in graph.operators for t in (*o.inputs, *o.outputs) if t is not None}
    assert used == {tensor.index for tensor in graph.tensors}
    assert {o.kind for o in graph.operators} == {"RESHAPE", "CONCATENATION", "SLICE", "CONV_2D", "ADD"}


def test_it_is_the_same_file_at_any_time(causal):
    assert stream(causal) == stream(causal)


def test_a_wrong_weight_is_found(causal):
    step = stream(causal)
    weights = max((t.data for o in load_graph(causal).operators for t in o.inputs if t is not None and t.data), key=len)
    place = step.index(weights)
    wrong = step[:place] + bytes([step[place] ^ 0x40]) + step[place + 1 :]
    comparison = compare_stream(causal, wrong, streams.random_signal(causal, 200))
    assert not comparison.equal
    assert comparison.differing > 0
    assert comparison.first is not None


def test_a_step_graph_of_another_model_is_refused(causal):
    other = stream(streams.convert_plain(streams.causal_model(window=30)))
    with pytest.raises(InputError, match="made of a window of 30 steps"):
        compare_stream(causal, other, streams.random_signal(causal, 200))
    with pytest.raises(InputError, match="not made of a window graph; nse stream"):
        compare_stream(causal, causal, streams.random_signal(causal, 200))


def test_both_interpreters_agree_on_a_step_graph(causal):
    signal = streams.random_signal(causal, 200)
    step = stream(causal, 2)
    played = [StreamingSession(step, interpreter=name).play(signal) for name in ("tflm", "litert")]
    np.testing.assert_array_equal(*played)
    assert compare_stream(causal, step, signal, interpreter="litert").equal
