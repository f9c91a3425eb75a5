"""What an export leaves beside its file."""

import json
import shutil

import keras
import numpy as np
import pytest
from helpers.tcn import randomize

from neuralspot_edge.graph import ModelCard, load_graph
from neuralspot_edge.interpreters import StreamingSession, TflmInterpreter
from neuralspot_edge.models import step_calibration, step_model
from neuralspot_edge.pipeline import export
from neuralspot_edge.pipeline.firmware import write_firmware
from neuralspot_edge.pipeline.folder import SOURCES
from neuralspot_edge.pipeline.run import export_folder, verify_folder
from neuralspot_edge.streaming import stream

X = np.random.default_rng(0).standard_normal((32, 16, 2)).astype(np.float32)


@pytest.fixture(scope="module")
def model():
    inputs = keras.Input((16, 2))
    x = keras.layers.Conv1D(3, 3, padding="same")(inputs)
    return randomize(keras.Model(inputs, keras.layers.GlobalAveragePooling1D()(x), name="plain"))


@pytest.fixture
def folder(finished_run, tmp_path):
    return shutil.copytree(finished_run.folder, tmp_path / "run")


def _played_again(folder):
    golden = np.load(folder / "golden.npz")
    interpreter = TflmInterpreter(folder / "model.tflite")
    # Real inputs would come back as real outputs.
    outputs = [interpreter.invoke(window[None])[0][0] for window in golden["input0"]]
    return golden["output0"], np.stack(outputs)


@pytest.mark.parametrize(
    ("quantization", "io"), [("int8", None), ("int8", "float32"), ("int16x8", None), ("float32", None)]
)
def test_the_sources_and_golden_vectors_are_those_of_the_file(model, tmp_path, quantization, io):
    result = export(model, tmp_path, quantization, X, io=io)
    assert {path.name for path in tmp_path.iterdir()} == {"model.tflite", *SOURCES}
    assert result.files[0] == result.path
    assert set(result.files) == set(tmp_path.iterdir())
    expected, received = _played_again(tmp_path)
    assert np.array_equal(expected, received)
    assert len(expected) > 3
    assert "plain" in (tmp_path / "model_data.h").read_text()


def test_a_float16_file_is_not_for_the_device(model, tmp_path):
    export(model, tmp_path, "int8", X)
    result = export(model, tmp_path, "float16", overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["model.tflite"]
    assert result.files == (result.path,)


def test_a_bundle_is_written_where_asked_and_kept_fresh(model, tmp_path):
    export(model, tmp_path, calibration=X, bundle=True)
    firmware = tmp_path / "firmware"
    assert {"CMakeLists.txt", "README.md", "golden_test.cc", "model_runner.h"} <= {p.name for p in firmware.iterdir()}
    assert (firmware / "model_data.cc").read_bytes() == (tmp_path / "model_data.cc").read_bytes()
    export(model, tmp_path, "int16x8", X, overwrite=True)
    assert (firmware / "model_data.cc").read_bytes() == (tmp_path / "model_data.cc").read_bytes()


def test_a_folder_of_that_name_that_is_not_ours_stays(model, tmp_path):
    (tmp_path / "firmware").mkdir()
    (tmp_path / "firmware" / "main.c").write_text("int main() {}")
    export(model, tmp_path, "float16")
    assert (tmp_path / "firmware" / "main.c").is_file()


def test_a_model_that_gives_nan_is_exported_without_golden_vectors(tmp_path):
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.ops.log(inputs))
    with pytest.warns(UserWarning, match="no golden vectors are written: output .* is not finite"):
        export(model, tmp_path, "float32")
    assert not (tmp_path / "golden.npz").exists()
    assert (tmp_path / "op_resolver.h").is_file()


def test_a_run_leaves_all_of_it(finished_run):
    assert set(SOURCES) < {path.name for path in finished_run.folder.iterdir()}
    expected, received = _played_again(finished_run.folder)
    assert np.array_equal(expected, received)


def test_a_new_export_of_a_run_is_in_its_report(folder):
    before = json.loads((folder / "report.json").read_text())
    assert before["verification"]["ok"] is True
    export_folder(folder, quantization="float32", overwrite=True)
    report, page = json.loads((folder / "report.json").read_text()), (folder / "report.html").read_text()
    assert report["export"]["quantization"] == "float32"
    assert report["profile"]["layers"][1]["dtype"] == "float32"
    assert (report["ok"], report["verification"]) == (None, None)
    assert report["training"] == before["training"]
    assert "verified on TensorFlow Lite Micro" not in page
    assert load_graph(folder / "model.tflite").inputs[0].dtype == "float32"


def test_a_new_proof_of_a_run_is_in_its_report(folder):
    export_folder(folder, quantization="float32", overwrite=True)
    verify_folder(folder)
    report = json.loads((folder / "report.json").read_text())
    assert report["ok"] is report["verification"]["ok"] is True


@pytest.mark.parametrize(
    ("content", "stays"),
    [("no json", True), ('{"mine": 1}', True), ('{"schema_version": 1, "name": "old"}', False), ("[]", True)],
)
def test_a_report_that_is_not_of_this_version_is_not_touched_or_goes(folder, content, stays):
    (folder / "report.json").write_text(content)
    verify_folder(folder)
    assert (folder / "report.json").exists() == stays


def test_a_step_graph_leaves_one_signal_and_a_runner_that_steps(model, tmp_path):
    content = stream(export(model, tmp_path / "window", calibration=X).path, hop=2)
    (tmp_path / "step").mkdir()
    written = write_firmware(content, tmp_path / "step", ModelCard("plain"), [X], bundle=True)
    assert {*SOURCES, "model_runner.h", "golden_test.cc"} <= {path.name for path in written}
    golden, session = np.load(tmp_path / "step" / "golden.npz"), StreamingSession(content)
    assert golden["input0"].shape == (16, 2, 2)
    np.testing.assert_array_equal(golden["input0"], session.input.to_raw(X[:2].reshape(16, 2, 2)))
    played = [session.step(frames) for frames in golden["input0"]]
    np.testing.assert_array_equal(golden["output0"], np.stack(played).reshape(golden["output0"].shape))
    assert "plain_step(void)" in (tmp_path / "step" / "firmware" / "model_runner.h").read_text()


def test_a_recurrent_step_model_leaves_the_same(tmp_path):
    inputs = keras.Input((16, 2))
    step = step_model(randomize(keras.Model(inputs, keras.layers.GRU(3, name="memory")(inputs), name="plain")))
    result = export(step, tmp_path, calibration=step_calibration(step, X), bundle=True)
    golden, session = np.load(tmp_path / "golden.npz"), StreamingSession(result.path)
    assert sorted(golden) == ["input0", "output0"]
    played = [session.step(frames) for frames in golden["input0"]]
    np.testing.assert_array_equal(golden["output0"], np.stack(played).reshape(golden["output0"].shape))
    assert len(np.unique(golden["output0"])) > 10
