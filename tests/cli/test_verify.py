import json
import shutil

import numpy as np
import pytest
import yaml
from helpers import small
from helpers.runs import with_weights_turned_around

from neuralspot_edge.pipeline import agreement


@pytest.fixture
def folder(finished_run, tmp_path):
    return shutil.copytree(finished_run.folder, tmp_path / "copy")


def test_a_folder_as_json(nse, finished_run):
    outcome = nse("verify", finished_run.folder, "--format", "json")
    assert outcome.status == 0
    result = json.loads(outcome.out)
    assert result == finished_run.report["verification"]
    assert result["ok"] is True


def test_a_folder_as_a_table_with_other_gates(nse, finished_run):
    out = nse("verify", finished_run.folder, "--max-lsb", 5, "--max-drop", 0.125).out
    assert "TFLM vs LiteRT" in out
    assert "5 LSB" in out
    assert "0.125 accuracy" in out


def test_a_file_beside_a_recipe_its_samples_and_its_model(nse, finished_run, tmp_path):
    tflite, test = finished_run.exported.path, finished_run.training.data.test
    np.savez(tmp_path / "held-out.npz", x=test.raw, y=test.labels)
    np.save(tmp_path / "only-x.npy", test.raw)
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(small.content(finished_run.recipe.data.path)))
    model = ("--model", finished_run.folder / "model.keras", "--max-drop", 0.5)
    expected = finished_run.report["verification"]
    for options in (("--samples", "held-out.npz", *model), ("--recipe", "small.yaml", *model)):
        assert json.loads(nse("verify", tflite, *options, "--format", "json").out) == expected
    alone = json.loads(nse("verify", tflite, "--samples", "only-x.npy", "--format", "json").out)
    assert [check["status"] for check in alone["checks"]] == ["passed", "not run"]
    assert alone["metric_value"] is None


def test_a_failed_gate_is_status_1_with_the_figure(nse, folder):
    tflite = folder / "model.tflite"
    tflite.write_bytes(with_weights_turned_around(tflite.read_bytes()))
    outcome = nse("verify", "copy", "--max-drop", 0.1)
    assert outcome.status == 1
    assert outcome.said == []
    (line,) = (line for line in outcome.out.splitlines() if line.startswith("file vs float"))
    assert "failed" in line
    assert "0.1 accuracy" in line


def test_what_cannot_be_proven_here_is_status_1(nse, finished_run, monkeypatch):
    monkeypatch.setattr(agreement, "available", lambda: ("LiteRtInterpreter",))
    outcome = nse("verify", finished_run.folder, "--format", "json")
    assert outcome.status == 1
    result = json.loads(outcome.out)
    assert result["ok"] is False
    assert result["checks"][0]["status"] == "not proven"


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ("copy/model.tflite", (), "give either --samples FILE or --recipe RECIPE: a proof needs real inputs"),
        ("copy/model.tflite", ("--samples", "x.npy", "--recipe", "tcn-tiny"), "give either --samples FILE or --recipe"),
        ("copy/model.tflite", ("--samples", "missing.npy"), "cannot read missing.npy: No such file"),
        ("copy/model.tflite", ("--samples", "x.npy"), "needs shape (N, 32, 2), received (4, 9, 2)"),
        (
            "copy/model.tflite",
            ("--samples", "x.npy", "--model", "missing.keras"),
            "cannot read the model missing.keras",
        ),
        ("copy/model.tflite", ("--recipe", "tcn-tinny"), "unknown preset 'tcn-tinny'"),
        ("cut.tflite", ("--samples", "x.npy"), "cut.tflite"),
        ("text.tflite", ("--samples", "x.npy"), "text.tflite"),
        ("missing.tflite", ("--samples", "x.npy"), "missing.tflite"),
        (
            "copy",
            ("--samples", "x.npy"),
            "--recipe, --samples, --model and --against: a run's folder has its own, leave them out",
        ),
        ("copy", ("--max-drop", -1), "gates.max_drop: -1"),
        ("empty", (), "empty holds no run: recipe.json and model.keras missing"),
    ],
)
def test_what_does_not_suit_is_one_line(refusal, folder, source, options, message):
    content, here = (folder / "model.tflite").read_bytes(), folder.parent
    np.save(here / "x.npy", np.zeros((4, 9, 2), np.float32))
    (here / "cut.tflite").write_bytes(content[: len(content) // 2])
    (here / "text.tflite").write_text("no model")
    (here / "empty").mkdir()
    assert message in refusal("verify", source, *options)
