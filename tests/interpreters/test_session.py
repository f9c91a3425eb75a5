"""A session against stepping by hand, whatever is given and in whatever order."""

from __future__ import annotations

import gc
import importlib.util
import sys
import tracemalloc

import keras
import numpy as np
import pytest
from graph import tiny_models
from helpers import tcn
from helpers.recurrent import run_steps
from helpers.step_graphs import SCALE, ZERO_POINT, circular_delay_line, delay_line, frames_and_mean
from helpers.tflite import convert_with

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import ModelCard, annotate
from neuralspot_edge.interpreters import StreamingSession, TflmInterpreter
from neuralspot_edge.models import rnn_model, step_calibration, step_model
from neuralspot_edge.preprocessing import Preprocessing
from neuralspot_edge.streaming import stream

STANDARDIZED = Preprocessing("standardize", (10.0, -200.0), (2.0, 50.0))
RNG = np.random.default_rng(0)
SIGNAL = (RNG.normal(size=(60, 2)) * STANDARDIZED.std + STANDARDIZED.mean).astype(np.float32)


def with_card(content: bytes, preprocessing: Preprocessing = STANDARDIZED) -> bytes:
    return annotate(content, metadata=ModelCard("line", "regression", preprocessing).to_metadata())


def expected(signal: np.ndarray, steps: int = 3) -> np.ndarray:
    """The delayed signal as the device has it: standardized, rounded to the scale, zeros before it."""
    standardized = (signal - np.array(STANDARDIZED.mean)) / np.array(STANDARDIZED.std)
    rounded = np.clip(np.round(standardized / SCALE) + ZERO_POINT, -128, 127) - ZERO_POINT
    return np.concatenate([np.zeros((steps, 2)), rounded * SCALE])[: len(signal)]


@pytest.mark.parametrize("interpreter", ["tflm", "litert", None])
@pytest.mark.parametrize("hop", [1, 4])
def test_floats_are_preprocessed_as_the_file_says_and_come_back_real(tmp_path, interpreter, hop):
    path = tmp_path / "step.tflite"
    path.write_bytes(with_card(delay_line(hop)))
    session = StreamingSession(path, interpreter=interpreter)
    received = session.play(SIGNAL)
    assert received.dtype == np.float32
    np.testing.assert_allclose(received, expected(SIGNAL), atol=1e-5)
    assert (session.hop, session.delay, session.card.name) == (hop, 3, "line")
    assert [spec.name for spec in (session.input, *session.outputs)] == ["x", "y"]


def test_integers_go_in_and_come_out_as_they_are():
    raw = RNG.integers(-128, 128, (60, 2), np.int8)
    received = StreamingSession(with_card(delay_line(4))).play(raw)
    assert received.dtype == np.int8
    np.testing.assert_array_equal(received, np.concatenate([np.full((3, 2), ZERO_POINT, np.int8), raw])[:60])


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int8])
@pytest.mark.parametrize("hop", [1, 3])
def test_steps_and_a_whole_signal_give_the_same(kind, hop):
    signal, session = SIGNAL.astype(kind), StreamingSession(with_card(delay_line(hop)))
    whole = session.play(signal)
    session.reset()
    steps = [session.step(frames) for frames in signal.reshape(-1, hop, 2)]
    assert all(step.shape == (hop, 2) for step in steps)
    np.testing.assert_array_equal(np.concatenate(steps), whole)


def test_a_signal_in_parts_is_one_signal():
    whole = StreamingSession(with_card(delay_line(2))).play(SIGNAL)
    session = StreamingSession(with_card(delay_line(2)))
    parts = [session.play(SIGNAL[:14]), session.step(SIGNAL[14:16]), session.play(SIGNAL[16:])]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("shape", [(2,), (1, 2), (1, 1, 2)])
def test_a_single_frame_may_come_in_any_of_its_shapes(shape):
    session = StreamingSession(delay_line(1, steps=1))
    session.step(np.array([1.0, 2.0]).reshape(shape))
    np.testing.assert_allclose(session.step([0.0, 0.0]), [[1.0, 2.0]], atol=SCALE / 2)


def test_the_blocks_in_which_a_long_signal_is_played_are_not_seen(monkeypatch):
    content = with_card(delay_line(2))
    monkeypatch.setattr(sys.modules["neuralspot_edge.interpreters.session"], "_BLOCK_CALLS", 7)
    told = []
    received = StreamingSession(content).play(SIGNAL, progress=lambda done, all_: told.append((done, all_)))
    monkeypatch.undo()
    np.testing.assert_array_equal(received, StreamingSession(content).play(SIGNAL))
    assert told == [(call, 30) for call in range(1, 31)]


def test_no_signal_gives_no_output():
    session = StreamingSession(delay_line(2))
    assert session.play(np.zeros((0, 2))).shape == (0, 2)
    np.testing.assert_array_equal(session.play(SIGNAL), StreamingSession(delay_line(2)).play(SIGNAL))


@pytest.mark.parametrize("content", [delay_line(1), circular_delay_line()], ids=["io", "tflm"])
def test_sessions_on_one_model_do_not_disturb_each_other(content):
    signals = [RNG.integers(-128, 128, (40, 2), np.int8) for _ in range(3)]
    alone = [StreamingSession(content).play(signal) for signal in signals]
    sessions = [StreamingSession(content) for _ in signals]
    together = [[session.step(s[i]) for session, s in zip(sessions, signals, strict=True)] for i in range(40)]
    for steps, one in zip(zip(*together, strict=True), alone, strict=True):
        np.testing.assert_array_equal(np.concatenate(steps), one)


@pytest.mark.parametrize("content", [delay_line(1), circular_delay_line()], ids=["io", "tflm"])
def test_a_reset_forgets_the_signal(content):
    session = StreamingSession(content)
    first = session.play(SIGNAL)
    assert not np.array_equal(session.play(SIGNAL), first)
    session.reset()
    np.testing.assert_array_equal(session.play(SIGNAL), first)


@pytest.mark.parametrize("content", [delay_line(4), circular_delay_line()], ids=["io", "tflm"])
def test_steps_take_no_memory(content):
    session = StreamingSession(with_card(content))
    frames = np.zeros((session.hop, 2), np.float32)
    for _ in range(100):
        session.step(frames)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(5000):
        session.step(frames)
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    # Less than a byte for a step: nothing of one is kept.
    assert grown < 2500


@pytest.mark.parametrize("cell", ["simple", "lstm", "gru"])
@pytest.mark.parametrize("quantization", ["int8", "float32"])
def test_a_recurrent_step_model_is_played_like_any_other(cell, quantization):
    keras.utils.set_random_seed(0)
    model = rnn_model(keras.Input((12, 3)), {"cell": cell, "layers": [5, 4], "head": "per_step"}, 2)
    step, x = step_model(tcn.randomize(model)), tcn.windows((12, 3))
    content = convert_with(step, step_calibration(step, x), quantization)
    session = StreamingSession(content)
    assert (session.hop, session.delay, session.info.state) == (1, 0, "io")
    assert len(session.outputs) == 1
    by_hand = run_steps(content, x[:3])
    for window, steps in zip(x, by_hand, strict=False):
        session.reset()
        np.testing.assert_array_equal(session.play(window).reshape(steps.shape), steps)


@pytest.mark.parametrize("quantization", ["int8", "int16x8", "float32"])
@pytest.mark.parametrize("hop", [1, 4])
def test_a_window_graph_rewritten_gives_the_window_s_own_values_later(quantization, hop):
    """With `same` padding a step sees what comes after it, so that the session lags."""
    params = {"blocks": [{"filters": 4}, {"filters": 4, "dilation": 3}], "padding": "same", "head": "per_step"}
    x = tcn.windows((64, 2))
    window = convert_with(tcn.randomize(tcn.build(params, (64, 2))), x, quantization)
    session = StreamingSession(stream(window, hop=hop))
    assert session.delay > 4
    expected, late = TflmInterpreter(window).predict(x[:4]), session.delay
    for signal, whole in zip(x, expected, strict=False):
        session.reset()
        np.testing.assert_array_equal(session.play(signal)[late:], whole[: 64 - late])


@pytest.mark.parametrize("state", ["io", "tflm"])
def test_a_rewritten_graph_brings_its_preprocessing_along(state):
    params = {"blocks": [{"filters": 4}], "padding": "causal", "head": "per_step"}
    x = tcn.windows((32, 2))
    window = with_card(convert_with(tcn.randomize(tcn.build(params, (32, 2))), x))
    samples = x[0] * STANDARDIZED.std + STANDARDIZED.mean
    received = StreamingSession(stream(window, state=state)).play(samples)
    np.testing.assert_array_equal(received, TflmInterpreter(window).predict(STANDARDIZED.apply(samples)[None])[0])


def test_several_outputs_come_as_a_tuple_and_a_value_a_call_without_time():
    session = StreamingSession(frames_and_mean())
    frames, mean = session.step(np.array([[1.0, 2.0], [3.0, 6.0]], np.float32))
    assert frames.tolist() == [[1.0, 2.0], [3.0, 6.0]]
    assert mean.tolist() == [2.0, 4.0]
    frames, mean = session.play(np.arange(12, dtype=np.float32).reshape(6, 2))
    assert frames.ravel().tolist() == list(range(12))
    assert mean.tolist() == [[1.0, 2.0], [5.0, 6.0], [9.0, 10.0]]
    assert session.delay == 6


@pytest.mark.parametrize("name", ["int8", "two_ends"])
def test_a_model_of_windows_is_refused_with_the_way_to_a_step_graph(models, name):
    with pytest.raises(InputError, match=r"no step graph; make one with nse stream MODEL\.tflite"):
        StreamingSession(models[name])


def test_standardizing_each_window_is_refused():
    with pytest.raises(InputError, match=r"preprocess: window.*train it with preprocess: standardize or none"):
        StreamingSession(with_card(delay_line(1), Preprocessing("window")))


def test_integers_that_are_no_samples_are_not_preprocessed():
    ends = [tiny_models.tensor(name, (1, 1), "INT32") for name in ("word", "sum", "sum.next")]
    content = with_card(tiny_models.pack("ADD", ends, inputs=[0, 1], outputs=[2]))
    session = StreamingSession(content)
    assert session.outputs == ()
    with pytest.raises(InputError, match="input 'word' needs int32, received float32"):
        session.step(np.ones((1, 1), np.float32))


def test_an_unknown_interpreter_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match=r"unknown interpreter 'tfml'.*tflm"):
        StreamingSession(delay_line(1), interpreter="tfml")  # type: ignore[arg-type]


def test_litert_has_no_circular_buffer():
    with pytest.raises(InputError, match=r"CIRCULAR_BUFFER, which only TensorFlow Lite Micro has; .* --state io"):
        StreamingSession(circular_delay_line(), interpreter="litert")


def test_without_tflite_micro_litert_plays_and_a_circular_buffer_is_refused(monkeypatch):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "tflite_micro" else find_spec(name, *rest)
    )
    assert StreamingSession(delay_line(1)).play(SIGNAL).shape == SIGNAL.shape
    with pytest.raises(InputError, match=r"only TensorFlow Lite Micro has, and tflite-micro is not installed; .*io"):
        StreamingSession(circular_delay_line())


@pytest.mark.parametrize("frames", [np.zeros(3), np.zeros((2, 2)), np.zeros((3, 1)), np.zeros(()), np.zeros((1, 3, 3))])
def test_frames_of_another_shape_are_refused(frames):
    with pytest.raises(InputError, match=r"frames: the model takes \(3, 2\), received"):
        StreamingSession(delay_line(3)).step(frames)


@pytest.mark.parametrize("dtype", [np.int16, np.int64, np.uint8, bool, complex])
def test_integers_of_another_type_are_refused(dtype):
    with pytest.raises(InputError, match="input 'x' needs int8 or floats, received"):
        StreamingSession(delay_line(1)).step(np.zeros((1, 2), dtype))


def test_what_is_refused_was_not_played():
    session, spoiled = StreamingSession(delay_line(2, steps=2)), SIGNAL.copy()
    spoiled[41] = np.nan
    session.step([[1.0, 1.0], [1.0, 1.0]])
    with pytest.raises(InputError, match="input 'x' holds NaN, first in call 20; fill or drop it"):
        session.play(spoiled)
    with pytest.raises(InputError, match="input 'x' holds NaN, first in frame 1"):
        session.step(spoiled[40:42])
    with pytest.raises(InputError, match="59 steps are no multiple of the hop of 2"):
        session.play(SIGNAL[:59])
    np.testing.assert_allclose(session.step(np.zeros((2, 2))), np.ones((2, 2)), atol=SCALE / 2)
