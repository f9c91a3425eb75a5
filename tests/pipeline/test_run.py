import csv
import dataclasses
import json
import shutil
import sys

import numpy as np
import pytest
from helpers import small

import neuralspot_edge as nse
from neuralspot_edge.errors import ConversionError, InputError
from neuralspot_edge.graph import ModelCard, load_graph
from neuralspot_edge.pipeline.folder import CHECKPOINT, QAT, RESULTS, SOURCES, STREAM
from neuralspot_edge.pipeline.run import export_folder, load_run, run, train_into, verify_folder
from neuralspot_edge.recipes import load_recipe
from neuralspot_edge.training import prepare

# The room lends the name `pipeline.run` to the function.
MODULE = sys.modules[run.__module__]
FILES = sorted({*RESULTS} - {CHECKPOINT, STREAM, *dataclasses.astuple(QAT)})


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def folder(finished_run, tmp_path):
    """A copy of the finished run's folder."""
    return shutil.copytree(finished_run.folder, tmp_path / "copy")


@pytest.fixture
def recipe(tmp_path):
    return small.recipe(small.write_waves(tmp_path))


def test_a_run_writes_its_files_and_no_other(finished_run):
    assert _names(finished_run.folder) == FILES
    assert finished_run.verified.ok
    assert finished_run.verified.samples == 12
    rows = list(csv.DictReader((finished_run.folder / "history.csv").open()))
    assert len(rows) == len(finished_run.training.history) == 5


def test_the_report_is_what_was_found(finished_run):
    report = json.loads((finished_run.folder / "report.json").read_text())
    assert report == finished_run.report
    assert list(report) == [
        "schema_version", "name", "ok", "recipe", "dataset", "training", "export", "quantization", "verification",
        "profile", "versions",
    ]  # fmt: skip
    assert report["dataset"]["windows"] == {"train": 36, "validation": 12, "test": 12}
    assert report["training"]["parameters"] == finished_run.training.model.count_params()
    assert report["export"]["path"] == "model.tflite"
    assert report["export"]["size_bytes"] == (finished_run.folder / "model.tflite").stat().st_size
    checks = report["verification"]["checks"]
    assert [(check["name"], check["status"]) for check in checks] == [
        ("tflm_vs_litert", "passed"),
        ("drop_vs_float", "passed"),
    ]


def test_the_recipe_of_a_run_loads_with_what_was_fitted(finished_run):
    recipe = load_recipe(finished_run.folder / "recipe.json")
    fitted = finished_run.training.data.preprocessing
    assert (recipe.data.mean, recipe.data.std) == (fitted.mean, fitted.std)
    assert recipe.override({"data.mean": None, "data.std": None}) == finished_run.recipe


def test_the_model_of_a_run_is_the_one_that_was_exported(finished_run):
    recipe, model = load_run(finished_run.folder)
    x = finished_run.training.data.test.x
    np.testing.assert_array_equal(model.predict(x, verbose=0), finished_run.training.model.predict(x, verbose=0))
    assert recipe.name == "tcn-small"


def test_a_run_writes_into_its_file_what_the_model_needs(finished_run):
    card = ModelCard.read(finished_run.exported.path)
    assert card.preprocessing == finished_run.training.data.preprocessing
    assert card.classes == small.CLASSES
    assert card.task == "classification"


def test_a_run_can_be_verified_again(finished_run):
    told = []
    result = verify_folder(finished_run.folder, progress=lambda *counts: told.append(counts))
    assert result == finished_run.verified
    assert told[-1] == (12, 12)


def test_gates_can_be_changed_for_a_verification(finished_run):
    assert verify_folder(finished_run.folder, {"max_drop": 0.25, "max_lsb": 9}).checks[1].limit == 0.25
    with pytest.raises(InputError, match=r"^gates.max_lbs: unknown key 'max_lbs'"):
        verify_folder(finished_run.folder, {"max_lbs": 1})


def test_a_file_of_other_weights_than_the_model_fails(folder):
    shutil.copy(folder / "model.keras", folder / "good.keras")
    model = load_run(folder)[1]
    top = [layer for layer in model.layers if layer.get_weights()][-1]
    top.set_weights([-weight for weight in top.get_weights()])
    model.save(folder / "model.keras")
    export_folder(folder, overwrite=True)
    shutil.copy(folder / "good.keras", folder / "model.keras")
    result = verify_folder(folder)
    assert [check.status for check in result.checks] == ["passed", "failed"]
    assert result.checks[1].figure > 0.5


def test_the_held_out_part_is_not_calibrated_with(folder, monkeypatch):
    whole = (folder / "model.tflite").read_bytes()
    monkeypatch.setattr(MODULE, "prepare", lambda recipe: small.with_poisoned_test(prepare(recipe)))
    result = export_folder(folder, overwrite=True)
    assert result.path.read_bytes() == whole
    assert result.calibration == "36 samples of real data"
    assert verify_folder(folder).metric_value == pytest.approx(1 / 3), "with the poison all windows look alike"


@pytest.mark.parametrize(
    ("arguments", "types"),
    [
        ({"quantization": "int16x8"}, ("int16x8", "int16")),
        ({"io": "float32"}, ("int8", "float32")),
        ({"quantization": "float32"}, ("float32", "float32")),
    ],
)
def test_the_trained_model_exports_otherwise(finished_run, tmp_path, arguments, types):
    result = export_folder(finished_run.folder, tmp_path / "out", **arguments)
    assert (result.quantization, result.io) == types
    assert _names(tmp_path / "out") == sorted(["model.tflite", *SOURCES])
    test = finished_run.training.data.test
    gates = {"max_drop": 0.2}
    assert nse.verify(result.path, test.raw, labels=test.labels, model=finished_run.training.model, gates=gates).ok


def test_the_file_of_a_run_is_not_replaced_unasked(folder):
    before = (folder / "model.tflite").read_bytes()
    with pytest.raises(InputError, match=r"holds an earlier run \(model.tflite\)"):
        export_folder(folder, quantization="float32")
    assert (folder / "model.tflite").read_bytes() == before


@pytest.mark.parametrize("missing", ["recipe.json", "model.keras"])
def test_a_folder_without_a_run_is_refused(folder, missing):
    (folder / missing).unlink()
    for act in (export_folder, verify_folder, load_run):
        with pytest.raises(InputError, match=f"holds no run: {missing} missing; nse train or nse run writes them"):
            act(folder)


@pytest.mark.parametrize("name", ["recipe.json", "model.keras", "model.tflite"])
def test_a_damaged_file_of_a_run_is_refused_in_one_line(folder, name):
    (folder / name).write_bytes((folder / name).read_bytes()[:100])
    with pytest.raises(InputError, match=name) as refused:
        verify_folder(folder)
    assert "\n" not in str(refused.value)


def test_a_folder_without_its_tflite_is_refused(folder):
    (folder / "model.tflite").unlink()
    with pytest.raises(InputError, match=r"model.tflite"):
        verify_folder(folder)


def test_a_finished_run_is_kept_unless_it_may_be_replaced(folder, recipe, monkeypatch):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    monkeypatch.setattr(MODULE, "prepare", lambda _: pytest.fail("began"))
    with pytest.raises(InputError, match="holds an earlier run"):
        run(recipe, folder)
    with pytest.raises(InputError, match="holds a run with nothing left to resume"):
        run(recipe, folder, resume=True)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_no_old_file_stands_beside_a_new_model(folder, recipe, monkeypatch):
    """A file of the earlier run would be taken for the export of the model that is there now."""

    def crash(*_, **__):
        raise ConversionError("the converter crashed")

    (folder / "notes.txt").write_text("mine")
    monkeypatch.setattr(MODULE, "convert_model", crash)
    with pytest.raises(ConversionError):
        run(recipe, folder, overwrite=True)
    assert _names(folder) == ["checkpoint.npz", "history.csv", "model.keras", "notes.txt", "recipe.json"]


@pytest.mark.parametrize("failure", [KeyboardInterrupt, ConversionError])
def test_a_run_that_ends_in_its_export_resumes_without_training_again(tmp_path, recipe, monkeypatch, failure):
    stages, epochs = [], []

    def fail(*_, **__):
        raise failure("the converter")

    with monkeypatch.context() as patch:
        patch.setattr(MODULE, "convert_model", fail)
        with pytest.raises(failure):
            run(recipe, tmp_path / "run")
    result = run(recipe, tmp_path / "run", resume=True, on_stage=stages.append, on_epoch=epochs.append)
    assert stages == ["data", "training", "export", "verification", "report"]
    assert not epochs
    assert len(result.training.history) == 3
    assert _names(tmp_path / "run") == FILES


def test_a_run_interrupted_in_training_resumes(tmp_path, recipe):
    def interrupt(epoch):
        if epoch.number == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(recipe, tmp_path / "run", on_epoch=interrupt)
    assert _names(tmp_path / "run") == ["checkpoint.npz"]
    with pytest.raises(InputError, match=r"holds an earlier run \(checkpoint.npz\)"):
        run(recipe, tmp_path / "run")
    other = recipe.override({"training.seed": 5})
    with pytest.raises(InputError, match="belongs to another recipe"):
        run(other, tmp_path / "run", resume=True)
    assert _names(tmp_path / "run") == ["checkpoint.npz"], "the other recipe left no trace"
    epochs = []
    assert run(recipe, tmp_path / "run", resume=True, on_epoch=epochs.append).verified.samples == 12
    assert [epoch.number for epoch in epochs] == [3]
    assert _names(tmp_path / "run") == FILES


def test_training_alone_writes_the_recipe_and_the_model(tmp_path, recipe):
    result = train_into(tmp_path, recipe.override({"training.epochs": 1}), prepare(recipe))
    assert len(result.history) == 1
    assert _names(tmp_path) == ["history.csv", "model.keras", "recipe.json", "waves.npz"]


def test_a_run_goes_to_runs_and_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(MODULE, "prepare", lambda _: (_ for _ in ()).throw(InputError("no data")))
    with pytest.raises(InputError, match="no data"):
        run(small.content("missing.npz"))
    assert (tmp_path / "runs" / "tcn-small").is_dir()


def test_a_segmentation_runs_from_its_data_to_a_proof(tmp_path):
    """One class for each step: the other form of targets."""
    x, _ = small.waves(24)
    y = (x[..., 0] > 5).astype(np.int64)
    np.savez(tmp_path / "steps.npz", x=x, y=y, classes=np.array(["low", "high"]))
    recipe = small.recipe(
        tmp_path / "steps.npz",
        {"training.epochs": 2},
        task="segmentation",
        classes=["low", "high"],
        model={"family": "tcn", "params": {"blocks": [{"filters": 4}]}},
    )
    result = run(recipe, tmp_path / "run")
    assert result.verified.metric == "macro_f1"
    assert result.verified.checks[0].status == "passed"
    assert load_graph(result.exported.path).outputs[0].shape == (1, 32, 2)


def test_an_anomaly_model_is_judged_by_what_training_did_not_see(tmp_path):
    x, y = small.waves(60)
    normal, other = x[y == 0], x[y == 2]
    held_out = np.concatenate([normal[14:], other[:6]])
    labels = np.array(["ok"] * len(normal[14:]) + ["faulty"] * 6)
    np.savez(tmp_path / "odd.npz", x_train=normal[:14], y_train=["ok"] * 14, x_test=held_out, y_test=labels)
    model = {"family": "tcn", "params": {"blocks": [{"filters": 4}]}}
    recipe = small.recipe(tmp_path / "odd.npz", {"training.epochs": 2}, task="anomaly", classes=None, model=model)
    with pytest.warns(UserWarning, match="no window of the train split is of class faulty"):
        result = run(recipe, tmp_path / "run")
    assert result.verified.metric == "auc"
    np.testing.assert_array_equal(result.training.data.test.labels, labels == "faulty")


def test_forecasts_at_every_step_run_from_their_data_to_a_proof(tmp_path):
    options = {"train": 40, "validation": 8, "test": 8, "steps_ahead": 10, "sequence_to_sequence": True}
    recipe = small.recipe(
        {"dataset": "two-sines", "options": options},
        {"training.epochs": 2},
        task="forecasting",
        classes=None,
        outputs=10,
        input={"window": 50, "channels": 1},
        model={"family": "tcn", "params": {"padding": "causal", "blocks": [{"filters": 4}]}},
    )
    result = run(recipe, tmp_path / "run")
    assert result.training.data.test.y.shape == (8, 50, 10)
    assert result.verified.metric == "mse"
    assert result.verified.checks[0].status == "passed"


def test_a_language_model_runs_from_a_text_to_a_proof(tmp_path):
    (tmp_path / "book.txt").write_text("abcdefg" * 200)
    recipe = small.recipe(
        {"dataset": "text-characters", "preprocess": "none", "options": {"path": str(tmp_path / "book.txt")}},
        {"training.epochs": 60, "training.learning_rate": 0.05},
        task="language",
        classes=None,
        outputs=8,
        input={"window": 16, "channels": 8},
        model={"family": "tcn", "params": {"padding": "causal", "output_kernel": 1, "blocks": [{"filters": 8}]}},
    )
    result = run(recipe, tmp_path / "run")
    assert result.verified.metric == "bits_per_token"
    # Guessing one of seven letters costs log2(7) = 2.8 bits; which comes next is certain from the one before.
    assert result.verified.float_metric_value < 0.3
    assert result.verified.checks[0].status == "passed"
    assert result.verified.confusion is None
    with pytest.raises(InputError, match=r"^outputs: the recipe says 9, the vocabulary .* has 8 tokens: write this"):
        prepare(recipe.override({"outputs": 9}))


def test_what_the_device_cannot_run_is_told_of_before_anything_is_trained(tmp_path):
    recipe = load_recipe("tcn-tiny").override({"model.params.blocks.0.activation": "gelu"})
    with pytest.raises(ConversionError, match="field activation: 'gelu'"):
        run(recipe, tmp_path / "out", on_epoch=lambda _: pytest.fail("trained"))
    assert not (tmp_path / "out").exists()
