"""`nse run` and `nse train`."""

import dataclasses
import json

import pytest
import yaml
from helpers import small

from neuralspot_edge.pipeline import agreement
from neuralspot_edge.pipeline.folder import CHECKPOINT, QAT, RESULTS, STREAM

FILES = sorted({*RESULTS} - {CHECKPOINT, STREAM, *dataclasses.astuple(QAT)})


@pytest.fixture
def recipe_file(tmp_path):
    small.write_waves(tmp_path)
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(small.content("waves.npz")))
    return "small.yaml"


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_run_ends_in_a_summary_and_its_files(nse, recipe_file, tmp_path):
    outcome = nse("run", recipe_file, "--set", "training.epochs=4", "--set", "gates.max_drop=0.6")
    assert outcome.status == 0
    assert _names(tmp_path / "runs" / "tcn-small") == FILES
    assert "verified on TensorFlow Lite Micro" in outcome.out
    assert "report: runs/tcn-small/report.html" in outcome.out
    assert "4 epochs" in outcome.out
    assert "Traceback" not in outcome.err
    again = nse("run", recipe_file)
    assert (again.status, again.out) == (2, "")
    assert "runs/tcn-small holds an earlier run" in again.said[0]


def test_a_run_that_proves_nothing_is_status_1_and_writes_its_report(nse, recipe_file, tmp_path, monkeypatch):
    monkeypatch.setattr(agreement, "available", lambda: ("LiteRtInterpreter",))
    outcome = nse("run", recipe_file, "-o", "out", "--format", "json", "--set", "training.epochs=1")
    assert outcome.status == 1
    report = json.loads(outcome.out)
    assert report["ok"] is False
    assert report == json.loads((tmp_path / "out" / "report.json").read_text())


def test_training_alone_and_what_follows_from_its_folder(nse, recipe_file, tmp_path):
    outcome = nse("train", recipe_file, "-o", "out", "--set", "training.epochs=2", "--format", "json")
    assert outcome.status == 0
    facts = json.loads(outcome.out)
    assert (facts["folder"], facts["epochs"]) == ("out", 2)
    assert facts["best_epoch"] in (1, 2)
    assert _names(tmp_path / "out") == ["history.csv", "model.keras", "recipe.json"]
    again = nse("train", recipe_file, "-o", "out", "--overwrite", "--set", "training.epochs=1")
    assert "1 epochs, best val_loss " in again.out
    assert "model in out/model.keras" in again.out
    assert nse("export", "out").status == 0
    assert nse("verify", "out", "--max-drop", 1).status == 0


@pytest.mark.parametrize("command", ["run", "train"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--set", "classes=[a, b, c]"), "classes: the recipe names a, b, c; the data 'waves' has low, mid, high"),
        (("--set", "data.path=missing.npz"), "missing.npz"),
        (("--set", "data=null"), "data: the recipe names none"),
        (("--set", "input.channels=3"), "input.channels: the recipe says 3, the data 'waves' has 2"),
        (("-o", "waves.npz/out"), "cannot write to the folder waves.npz/out: Not a directory"),
    ],
)
def test_what_does_not_suit_is_one_line(refusal, recipe_file, command, options, message):
    assert message in refusal(command, recipe_file, *options)
