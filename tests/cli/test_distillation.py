"""`nse train` and `nse run` of a recipe with a teacher."""

import json

import pytest
import yaml
from helpers import small

from neuralspot_edge.cli.progress import epochs_of
from neuralspot_edge.recipes import load_recipe
from neuralspot_edge.training.callbacks import KeepBest

TEACHER_FILES = ["teacher/history.csv", "teacher/model.keras", "teacher/recipe.json"]


@pytest.fixture
def recipe_file(tmp_path):
    small.write_waves(tmp_path)
    for name, training in (("big", {"epochs": 2}), ("small", {"epochs": 3, "teacher": "big.yaml"})):
        content = small.content("waves.npz", name=f"tcn-{name}", training={"batch_size": 8, **training})
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(content))
    return "small.yaml"


def _files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _stages(outcome):
    known = ("teacher", "training", "data")
    return [line.strip() for line in outcome.err.splitlines() if line.startswith(known)]


def _interrupt(monkeypatch, epoch_number, of_training):
    """As Ctrl-C after an epoch of the first, second, ... training."""
    trainings, plain = [], KeepBest.on_epoch_end

    def on_epoch_end(self, epoch, logs=None):
        plain(self, epoch, logs)
        if self not in trainings:
            trainings.append(self)
        if (len(trainings), epoch + 1) == (of_training, epoch_number):
            raise KeyboardInterrupt

    monkeypatch.setattr(KeepBest, "on_epoch_end", on_epoch_end)


def test_a_run_says_who_taught_and_how_well_both_do(nse, recipe_file, tmp_path):
    outcome = nse("run", recipe_file, "-o", "out", "--format", "json", "--set", "gates.max_drop=1")
    assert outcome.status == 0
    assert _stages(outcome) == ["data", "teacher tcn-big", "training"]
    report = json.loads(outcome.out)
    found = report["training"]["teacher"]
    assert {key: found[key] for key in ("name", "temperature", "weight", "metric")} == {
        "name": "tcn-big",
        "temperature": 2.0,
        "weight": 0.5,
        "metric": "accuracy",
    }
    assert 0 <= found["student_value"] <= 1
    page = (tmp_path / "out" / "report.html").read_text()
    assert "taught by" in page
    assert "tcn-big" in page
    assert set(TEACHER_FILES) <= set(_files(tmp_path / "out"))
    # The teacher's folder is that of a run.
    assert nse("export", "out/teacher", "-o", "of-teacher").status == 0


def test_training_goes_on_in_the_teacher_and_in_the_student(nse, recipe_file, tmp_path, monkeypatch):
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        _interrupt(patch, 1, of_training=1)
        assert nse("train", recipe_file, "-o", "out").status == 130
    assert _files(out) == ["teacher/checkpoint.npz"]
    refused = nse("train", recipe_file, "-o", "out")
    assert refused.said == [
        "nse: out holds an earlier run (teacher/checkpoint.npz); choose another folder, or overwrite it"
    ]
    with monkeypatch.context() as patch:
        _interrupt(patch, 1, of_training=2)
        outcome = nse("train", recipe_file, "-o", "out", "--resume")
    assert outcome.status == 130
    assert _stages(outcome) == ["teacher tcn-big", "training"]
    assert _files(out) == ["checkpoint.npz", *TEACHER_FILES]
    outcome = nse("train", recipe_file, "-o", "out", "--resume")
    assert outcome.status == 0
    assert _stages(outcome) == ["training"]
    assert "3 epochs" in outcome.out
    assert _files(out) == ["history.csv", "model.keras", "recipe.json", *TEACHER_FILES]


def test_an_earlier_teacher_is_replaced_with_its_student(nse, recipe_file, tmp_path):
    assert nse("train", recipe_file, "-o", "out").status == 0
    alone = ("--set", "training.teacher=null", "--set", "training.epochs=1")
    assert nse("train", recipe_file, "-o", "out", "--overwrite", *alone).status == 0
    assert _files(tmp_path / "out") == ["history.csv", "model.keras", "recipe.json"]


@pytest.mark.parametrize("command", ["run", "train"])
def test_a_teacher_that_does_not_suit_is_one_line_and_nothing_is_removed(refusal, nse, recipe_file, tmp_path, command):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "model.keras").touch()
    for setting, message in (
        ("training.teacher=missing.yaml", "training.teacher: missing.yaml is no preset, no recipe file"),
        ("data.preprocess=none", "training.teacher: data.preprocess is 'standardize' in"),
    ):
        text = refusal(command, recipe_file, "-o", "out", "--overwrite", "--set", setting)
        assert text.startswith(message)
        assert _files(tmp_path / "out") == ["model.keras"]


def test_a_teacher_in_the_folder_that_is_to_be_replaced_stays(refusal, nse, recipe_file, tmp_path):
    assert nse("train", "big.yaml", "-o", "out").status == 0
    before = _files(tmp_path / "out")
    text = refusal("train", recipe_file, "-o", "out", "--overwrite", "--set", "training.teacher=out")
    assert text.startswith("training.teacher: out would be written over by its student")
    assert _files(tmp_path / "out") == before


def test_progress_knows_the_epochs_of_each_stage(recipe_file, tmp_path):
    epochs = epochs_of(load_recipe(tmp_path / recipe_file))
    assert {"teacher tcn-big": 2, "training": 3}.items() <= epochs.items()
