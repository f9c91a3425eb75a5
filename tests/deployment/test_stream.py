"""A step graph as firmware: its states are kept from call to call, and its self-test plays one signal in order."""

from __future__ import annotations

import functools
import re

import keras
import numpy as np
import pytest
from deployment.cases import Deployed, deploy, macro, text, with_first_output_moved
from deployment.zig import C11, CORES, CPP17, write
from helpers import tcn
from helpers.step_graphs import ZERO_POINT, circular_delay_line, delay_line, frames_and_mean
from helpers.tflite import convert_with

from neuralspot_edge.deployment import bundle, make_golden
from neuralspot_edge.errors import InputError
from neuralspot_edge.interpreters import StreamingSession
from neuralspot_edge.models import rnn_model, step_calibration, step_model
from neuralspot_edge.preprocessing import Preprocessing
from neuralspot_edge.streaming import stream

UNITS = ("model_data.cc", "model_runner.cc", "golden_data.cc", "golden_test.cc")
SIGNAL = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)
STANDARDIZED = Preprocessing("standardize", (1.0, -2.0), (0.5, 3.0))


@functools.cache
def recurrent() -> bytes:
    keras.utils.set_random_seed(0)
    model = rnn_model(keras.Input((12, 2)), {"cell": "gru", "layers": [5, 4], "head": "per_step"}, 3)
    step = step_model(tcn.randomize(model))
    return convert_with(step, step_calibration(step, tcn.windows((12, 2))))


@functools.cache
def rewritten(hop: int, state: str) -> bytes:
    """Two blocks, a residual branch and a look-ahead, made a step graph by the rewrite."""
    params = {"blocks": [{"filters": 4}, {"filters": 4, "dilation": 3}], "padding": "same", "head": "per_step"}
    x = tcn.windows((24, 2))
    return stream(convert_with(tcn.randomize(tcn.build(params, (24, 2))), x), hop=hop, state=state)


GRAPHS = {
    "rewritten": lambda: rewritten(4, "io"),
    "circular": lambda: rewritten(1, "tflm"),
    "io": lambda: delay_line(2),
    "int16": lambda: delay_line(1, dtype="INT16"),
    "float32": lambda: delay_line(3, dtype="FLOAT32"),
    "tflm": circular_delay_line,
    "recurrent": recurrent,
    "stateless": frames_and_mean,
}
EVERY = pytest.mark.parametrize("kind", GRAPHS)


@pytest.fixture(scope="module")
def streams():
    return functools.cache(lambda kind: deploy(GRAPHS[kind](), SIGNAL, name=f"my {kind}", preprocessing=STANDARDIZED))


def _files(model: Deployed) -> dict[str, bytes]:
    return bundle(model.content, model.settings)


@EVERY
@pytest.mark.parametrize("core", CORES)
def test_the_bundle_compiles_for_a_core(zig, tmp_path, streams, kind, core):
    write(_files(streams(kind)), tmp_path)
    zig.compile(CPP17, UNITS, *CORES[core], folder=tmp_path)
    zig.compile(C11, ("model_data.cc", "golden_data.cc"), *CORES[core], folder=tmp_path)


@EVERY
def test_the_self_test_passes_twice_from_a_reset(zig, tmp_path, streams, kind):
    model = streams(kind)
    played = zig.play(write(_files(model), tmp_path))
    golden = model.settings.golden
    values = sum(output.size for output in golden.outputs)
    assert played.text.splitlines()[-1] == (
        f"PASS: {2 * len(golden)} calls, {2 * values} values, 0 differ, 0 by more than the tolerance"
    ), played.text
    assert played.status == 0


@pytest.mark.parametrize(
    ("kind", "line", "differs"),
    [
        ("io", "memcpy(interpreter->input(state.input)->data.data, state.kept, state.bytes);", "call"),
        ("io", "memcpy(state.kept, interpreter->output(state.output)->data.data, state.bytes);", "call"),
        # Only the second round begins with what the first one left.
        ("recurrent", "ZeroStates();\n  return interpreter->Reset()", "call 0,"),
    ],
)
def test_a_runner_that_loses_its_states_fails(zig, tmp_path, streams, kind, line, differs):
    files = _files(streams(kind))
    source = files["model_runner.cc"].decode()
    assert source.count(line) == 1
    kept = line.partition("\n  ")[2] if "\n" in line else "(void)state;"
    files["model_runner.cc"] = source.replace(line, kept).encode()
    played = zig.play(write(files, tmp_path))
    assert "FAIL: 128 calls" in played.text
    assert differs in played.text
    assert played.status == 1


def test_a_resolver_without_the_circular_buffer_fails(zig, tmp_path, streams):
    files = _files(streams("tflm"))
    lines = files["op_resolver.h"].decode().splitlines(keepends=True)
    assert "  if (resolver.AddCircularBuffer() != kTfLiteOk) return false;  // 1 CIRCULAR_BUFFER\n" in lines
    files["op_resolver.h"] = "".join(line for line in lines if "AddCircularBuffer" not in line).encode()
    played = zig.play(write(files, tmp_path))
    assert played.text.splitlines()[-1].startswith("FAIL: my_tflm_init() returned")


def test_a_golden_value_that_is_off_fails_with_its_call(zig, tmp_path, streams):
    model = streams("io")
    golden = with_first_output_moved(model.settings.golden, 5)
    played = zig.play(write(_files(model.with_settings(golden=golden)), tmp_path))
    assert f"call 0, output 0, element 0:\nexpected {ZERO_POINT + 5}, received {ZERO_POINT}" in played.text
    assert "2 differ, 2 by more than the tolerance" in played.text
    assert played.status == 1


def test_the_constants_are_those_of_the_stream(streams):
    header = _files(streams("io"))["model_data.h"].decode()
    found = {name: int(macro(header, name)) for name in ("HOP", "DELAY_STEPS", "STATE_COUNT", "STATE_BYTES")}
    assert found == {"HOP": 2, "DELAY_STEPS": 3, "STATE_COUNT": 1, "STATE_BYTES": 6}
    assert (macro(header, "INPUT_COUNT"), macro(header, "OUTPUT_COUNT")) == ("1", "1")
    assert [int(macro(header, f"OUTPUT0_{name}")) for name in ("FRAMES", "STRIDE", "DELAY")] == [2, 1, 3]
    assert macro(header, "STATE0_SHAPE") == "{1, 1, 3, 2}"
    assert (macro(header, "STATE0_ELEMENTS"), macro(header, "STATE0_ZERO_POINT")) == ("6", str(ZERO_POINT))
    assert "typedef int8_t my_io_state0_t;" in header


def test_every_output_has_its_own_frames_and_delay(streams):
    header = _files(streams("stateless"))["model_data.h"].decode()
    assert [macro(header, f"OUTPUT{i}_{name}") for i in (0, 1) for name in ("FRAMES", "STRIDE", "DELAY")] == [
        *("2", "1", "0"),
        *("1", "2", "3"),
    ]
    assert macro(header, "DELAY_STEPS") == "6"


@pytest.mark.parametrize("kind", ["tflm", "stateless"])
def test_no_state_is_declared_that_the_runner_does_not_keep(streams, kind):
    sources = text(_files(streams(kind)), ("model_data.h", "model_runner.cc"))
    assert not re.search(r"_STATE_|_STATE0|state0|memcpy|string\.h", sources)


@EVERY
def test_the_runner_steps_and_keeps_its_states_to_itself(streams, kind):
    model, prefix = streams(kind), f"my_{kind}"
    header = _files(model)["model_runner.h"].decode()
    declared = re.findall(rf"\b{prefix}_(\w+)\(void\);", header)
    outputs = [f"output{index}" for index in range(len(model.settings.golden.outputs))]
    assert declared == ["init", "input0", *outputs, "step", "reset", "arena_used_bytes"]


@EVERY
def test_the_readme_calls_what_the_headers_have(streams, kind):
    model = streams(kind)
    files, prefix = _files(model), f"my_{kind}"
    sources = text(files, [name for name in files if name.endswith((".h", ".cc"))])
    readme = files["README.md"].decode()
    called = set(re.findall(rf"\b((?:{prefix}|{prefix.upper()})_\w+)", readme))
    assert f"{prefix}_step" in called
    assert [name for name in called if not re.search(rf"\b{name}\b", sources)] == []
    assert ("OUTPUT0_DELAY" in readme) == (kind != "recurrent")


@EVERY
def test_the_same_graph_gives_the_same_text_of_plain_lines(streams, kind):
    model = streams(kind)
    for settings in (model.settings, model.with_settings(golden=None).settings):
        files = bundle(model.content, settings)
        assert files == bundle(model.content, settings)
        for name, content in files.items():
            plain = content.decode().replace("{{{", "")
            assert not re.search(r"\r|\t| $|\n\n\n|\n\n$|\{\{|%}", plain, re.MULTILINE), name


@EVERY
def test_golden_vectors_are_one_signal_from_a_reset(streams, kind):
    model = streams(kind)
    golden = model.settings.golden
    session = StreamingSession(model.content)
    (raw,) = golden.inputs
    window = session.info.window
    assert len(golden) == (64 if window is None else 2 * window / session.hop)
    samples = SIGNAL[: len(golden) * session.hop].reshape(-1, session.hop, 2)
    np.testing.assert_array_equal(raw.reshape(samples.shape), session.input.to_raw(STANDARDIZED.apply(samples)))
    played = [session.step(frames.reshape(session.hop, 2)) for frames in raw]
    for index, output in enumerate(golden.outputs):
        steps = [values[index] if isinstance(values, tuple) else values for values in played]
        assert output.shape == (len(golden), *session.outputs[index].window_shape)
        np.testing.assert_array_equal(output.ravel(), np.stack(steps).ravel())


def test_a_known_window_is_played_twice():
    content = delay_line(3, says={"window": 16})
    assert len(make_golden(content, SIGNAL)) == 11
    assert len(make_golden(content, SIGNAL[:20])) == 6
    assert len(make_golden(content, SIGNAL, count=4)) == 4


def test_windows_of_a_signal_are_laid_end_to_end():
    windows = SIGNAL.reshape(5, 60, 2)
    for samples in (windows, windows[:, None], SIGNAL[None], SIGNAL[None, None]):
        golden = make_golden(delay_line(2), samples)
        np.testing.assert_array_equal(golden.inputs[0], make_golden(delay_line(2), SIGNAL).inputs[0])


def test_samples_of_states_are_left():
    states = np.ones((300, 1, 3, 2), np.float32)
    expected = make_golden(delay_line(1), SIGNAL)
    for samples in ([states, SIGNAL[:, None, None]], {"x": SIGNAL, "kept": states}):
        np.testing.assert_array_equal(make_golden(delay_line(1), samples).outputs[0], expected.outputs[0])


def test_integers_go_in_as_they_are():
    raw = np.random.default_rng(0).integers(-128, 128, (10, 2), np.int8)
    golden = make_golden(delay_line(5), raw, preprocessing=STANDARDIZED)
    np.testing.assert_array_equal(golden.inputs[0].reshape(10, 2), raw)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (SIGNAL[:2], "samples: 2 steps, a call takes 3; a self-test needs at least one call"),
        (SIGNAL[:0], "samples: 0 steps"),
        (SIGNAL[:, :1], r"samples: the model takes \(N, 2\), received \(300, 1\)"),
        (SIGNAL.astype(np.int32), "input 'x' needs int8 or floats, received int32"),
        (np.full((6, 2), np.nan), "input 'x' holds NaN, first in step 0"),
    ],
)
def test_what_is_no_signal_of_the_model_is_refused(samples, message):
    with pytest.raises(InputError, match=message):
        make_golden(delay_line(3), samples)
