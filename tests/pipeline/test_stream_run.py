"""A recipe that streams, from its data to a proof that the step graph gives what the window graph gives."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys

import numpy as np
import pytest
from helpers import small
from helpers.runs import with_weights_turned_around

import neuralspot_edge as nse
from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import load_graph, stream_info
from neuralspot_edge.interpreters import StreamingSession
from neuralspot_edge.pipeline.folder import CHECKPOINT, QAT, RESULTS
from neuralspot_edge.pipeline.run import export_folder, run, verify_folder

CHECKS = ["tflm_vs_litert", "drop_vs_float", "stream_vs_window", "stream_tflm_vs_litert"]


@pytest.fixture
def folder(streamed_run, tmp_path):
    """A copy of the streamed run's folder."""
    return shutil.copytree(streamed_run.folder, tmp_path / "copy")


def test_a_run_that_streams_writes_the_step_graph_beside_the_window_graph(streamed_run):
    names = {path.name for path in streamed_run.folder.iterdir()}
    assert names == {*RESULTS, "firmware"} - {CHECKPOINT, *dataclasses.astuple(QAT)}
    step = load_graph(streamed_run.folder / "stream.tflite")
    assert stream_info(step).hop == 2
    assert stream_info(load_graph(streamed_run.exported.path)) is None
    assert streamed_run.exported.files[:2] == tuple(
        streamed_run.folder / name for name in ("model.tflite", "stream.tflite")
    )


def test_it_is_proven_on_ten_thousand_steps_of_held_out_data(streamed_run):
    checks = {check.name: check for check in streamed_run.verified.checks}
    assert list(checks) == CHECKS
    assert {check.status for check in checks.values()} == {"passed"}
    equality = checks["stream_vs_window"]
    assert (equality.figure, equality.limit, equality.unit) == (0.0, 0.0, "values")
    assert "12 held-out windows in a row, 384 steps, repeated" in equality.detail
    comparison = streamed_run.exported.streaming.proof.comparison
    assert comparison.steps >= 10_000
    assert comparison.values > 14_000, "three classes at each of 5,000 calls, but for the delay"


def test_the_report_tells_how_it_is_played_and_what_it_costs(streamed_run):
    report = json.loads((streamed_run.folder / "report.json").read_text())
    streaming, info = report["export"]["streaming"], StreamingSession(streamed_run.folder / "stream.tflite")
    assert (streaming["hop"], streaming["state"], streaming["window"]) == (2, "io", 32)
    assert streaming["delay_steps"] == info.delay > 0
    assert streaming["delay_ms"] == 1000 * info.delay / 50
    assert streaming["window_graph"]["macs"] == report["profile"]["totals"]["macs"]
    assert streaming["window_graph"]["arena_bytes"] == report["profile"]["totals"]["arena_bytes"]
    totals = nse.profile(streamed_run.folder / "stream.tflite").totals
    assert streaming["step_graph"] == {
        "macs": totals.macs,
        "arena_bytes": totals.arena_bytes,
        "size_bytes": (streamed_run.folder / "stream.tflite").stat().st_size,
    }
    assert streaming["times_fewer_macs"] == pytest.approx(16), "a window of 32 steps against two"
    assert streaming["state_bytes"] == sum(state["size_bytes"] for state in streaming["states"]) > 0
    assert streaming["proof"]["comparison"]["differing"] == 0
    page = (streamed_run.folder / "report.html").read_text()
    played = f"0 of {streaming['proof']['comparison']['values']:,} values differ"
    for words in ("Streaming", "step vs window", "16 times fewer", played, "What is remembered"):
        assert words in page, words


def test_the_firmware_plays_the_step_graph(streamed_run):
    for place in (streamed_run.folder, streamed_run.folder / "firmware"):
        assert "TCN_SMALL_HOP 2" in (place / "model_data.h").read_text()
        size = (streamed_run.folder / "stream.tflite").stat().st_size
        assert f"TCN_SMALL_MODEL_BYTES {size}" in (place / "model_data.h").read_text()
    assert "tcn_small_step(" in (streamed_run.folder / "firmware" / "model_runner.h").read_text()
    golden = np.load(streamed_run.folder / "golden.npz")
    session = StreamingSession(streamed_run.folder / "stream.tflite")
    calls = [session.step(frames.reshape(2, 2)) for frames in golden["input0"]]
    np.testing.assert_array_equal(np.stack(calls).reshape(golden["output0"].shape), golden["output0"])


def test_both_files_can_be_verified_again(folder, streamed_run):
    assert verify_folder(folder) == streamed_run.verified
    report = json.loads((folder / "report.json").read_text())
    assert [check["name"] for check in report["verification"]["checks"]] == CHECKS


def test_a_step_graph_of_other_weights_fails_with_the_count(folder):
    step = folder / "stream.tflite"
    step.write_bytes(with_weights_turned_around(step.read_bytes()))
    result = verify_folder(folder)
    assert [check.status for check in result.checks] == ["passed", "passed", "failed", "passed"]
    assert result.checks[2].figure > 1000
    assert result.exit_status == 1


def test_a_step_graph_that_is_missing_is_not_passed_over(folder):
    (folder / "stream.tflite").unlink()
    with pytest.raises(InputError, match=r"stream.tflite: No such file"):
        verify_folder(folder)


def test_a_run_exports_its_stream_in_other_types(folder, tmp_path):
    for number, options in enumerate(({"quantization": "int16x8"}, {"quantization": "float32"}, {"io": "float32"})):
        result = export_folder(folder, tmp_path / str(number), **options)
        assert result.ok, options
        assert result.streaming.proof.comparison.values > 14_000


def test_a_step_graph_of_an_earlier_export_does_not_stay(folder):
    content = json.loads((folder / "recipe.json").read_text())
    content["export"]["streaming"] = None
    (folder / "recipe.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"holds an earlier run \(model.tflite, stream.tflite\)"):
        export_folder(folder)
    assert export_folder(folder, overwrite=True).streaming is None
    assert not (folder / "stream.tflite").exists()
    assert "HOP" not in (folder / "model_data.h").read_text()
    assert json.loads((folder / "report.json").read_text())["export"]["streaming"] is None


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            {"family": "tcn", "params": {"head": "pooled", "blocks": [{"filters": 4, "se_ratio": 2}]}},
            r"^export\.streaming: layer .* does not stream: .*se_context",
        ),
        (
            {"family": "tc_resnet", "params": {}},
            r"^export\.streaming\.hop: received 1; .* a multiple of \d+ input steps",
        ),
    ],
)
def test_what_does_not_stream_is_told_of_before_anything_is_trained(tmp_path, model, message):
    recipe = small.recipe(small.write_waves(tmp_path), model=model, export={"streaming": {}})
    with pytest.raises(InputError, match=message):
        run(recipe, tmp_path / "out", on_epoch=lambda _: pytest.fail("trained"))
    assert not (tmp_path / "out").exists()


def test_what_was_proven_by_the_export_is_not_played_again_by_the_run(streamed_run, monkeypatch):
    module = sys.modules[verify_folder.__module__]
    monkeypatch.setattr("neuralspot_edge.pipeline.stream_proof.prove_stream", lambda *_: pytest.fail("played again"))
    result = module._verify(
        streamed_run.folder,
        streamed_run.recipe,
        streamed_run.training.model,
        streamed_run.training.data,
        progress=None,
        streaming=streamed_run.exported.streaming,
    )
    assert result == streamed_run.verified
