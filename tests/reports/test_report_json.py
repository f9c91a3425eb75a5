import importlib.metadata
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from graph import tiny_models
from helpers import small

import neuralspot_edge
from neuralspot_edge.pipeline import Check, VerifyResult, profile
from neuralspot_edge.pipeline.export import ExportResult
from neuralspot_edge.reports import REPORT_SCHEMA_VERSION, build_report, jsonable, report_json
from neuralspot_edge.training import Distillation, Epoch, Teacher, TrainResult, prepare

NAN = float("nan")


class _Model:
    def count_params(self):
        return 1234


@pytest.fixture(scope="module")
def report():
    recipe = small.recipe("waves.npz")
    data = prepare(recipe, small.waves_dataset())
    history = (Epoch(1, 1.5, 1.25, True), Epoch(2, NAN, NAN, False))
    folder = Path("/somewhere/of/mine")
    files = (folder / "model.tflite", folder / "firmware" / "model_data.h")
    exported = ExportResult(files[0], 9000, "int8", "int8", {"CONV_2D": 3}, "36 samples", files)
    checks = (Check("tflm_vs_litert", "passed", 1.0, 1.0, "LSB"), Check("drop_vs_float", "failed", NAN, 0.02))
    verified = VerifyResult(checks, 12, 5, 36, "accuracy", 0.5, 0.75, ((3, 1), (0, 8)))
    training, costs = TrainResult(_Model(), history, data, False), profile(tiny_models.convolution("int8"))
    return build_report(recipe, data, training, exported=exported, verified=verified, profile=costs)


@pytest.mark.parametrize(("task", "temperature"), [("classification", 2.0), ("regression", None)])
def test_a_teacher_is_told_with_how_it_was_learned_from(task, temperature):
    changes = {"task": task, "classes": list(small.CLASSES) if task == "classification" else None}
    training = {"teacher": "tcn-tiny", "distillation": {"weight": 0.75}}
    recipe = small.recipe("waves.npz", training=training, **changes)
    teacher = Teacher(small.recipe(name="tcn-big"), _Model())
    distillation = Distillation(teacher, "a-metric", 0.75, NAN)
    assert report_json.describe_teaching(recipe, distillation) == {
        "name": "tcn-big",
        "parameters": 1234,
        "temperature": temperature,
        "weight": 0.75,
        "metric": "a-metric",
        "value": 0.75,
        "student_value": None,
    }


def test_a_report_is_strict_json(report):
    text = json.dumps(report, allow_nan=False)
    assert json.loads(text) == report
    assert "somewhere" not in text, "its place on this machine is of use to nobody"


def test_a_report_has_the_facts(report):
    assert report["schema_version"] == REPORT_SCHEMA_VERSION == 2
    assert (report["name"], report["ok"]) == ("tcn-small", False)
    assert report["recipe"]["training"]["batch_size"] == 8
    assert report["dataset"]["windows"] == {"train": 36, "validation": 12, "test": 12}
    assert report["dataset"]["classes"] == list(small.CLASSES)
    assert report["dataset"]["provenance"]["source"] == "a test"
    assert report["dataset"]["preprocessing"]["kind"] == "standardize"
    assert report["training"]["history"] == [
        {"number": 1, "loss": 1.5, "val_loss": 1.25, "is_best": True},
        {"number": 2, "loss": None, "val_loss": None, "is_best": False},
    ]
    training = {key: value for key, value in report["training"].items() if key != "history"}
    assert training == {
        "parameters": 1234,
        "epochs": 2,
        "best_epoch": 1,
        "best_val_loss": 1.25,
        "stopped_early": False,
        "seed": 0,
        "teacher": None,
    }
    assert report["export"] == {
        "path": "model.tflite",
        "size_bytes": 9000,
        "quantization": "int8",
        "io": "int8",
        "operators": {"CONV_2D": 3},
        "calibration": "36 samples",
        "files": ["model.tflite", "firmware/model_data.h"],
        "streaming": None,
        "ladder": None,
    }
    assert report["profile"]["totals"]["macs"] == 16 * 3 * (3 * 4 + 4 * 2)
    assert report["verification"]["checks"][1]["figure"] is None
    assert report["verification"]["differing_values"] == 5
    assert report["verification"]["ok"] is False
    assert report["verification"]["confusion"] == [[3, 1], [0, 8]]
    assert report["verification"]["float_confusion"] is None


def test_a_report_names_the_versions(report, monkeypatch):
    assert report["versions"]["neuralspot-edge"] == neuralspot_edge.__version__
    assert report["versions"]["numpy"] == importlib.metadata.version("numpy")
    assert report["versions"]["tensorflow"]
    monkeypatch.setattr(report_json, "_LIBRARIES", ("no-such-library",))
    assert report_json._versions()["no-such-library"] is None


@dataclass(frozen=True)
class _Value:
    path: Path
    nested: tuple[object, ...]


def test_values_become_plain_json():
    value = _Value(Path("a/b"), (np.float32(0.5), np.int64(3), np.arange(2), {1: NAN, "b": [float("inf"), None]}))
    assert jsonable(value) == {"path": "a/b", "nested": [0.5, 3, [0, 1], {"1": None, "b": [None, None]}]}
    assert jsonable(np.array([1.0, NAN])) == [1.0, None]
    assert jsonable(np.bool_(True)) is True
    assert jsonable(_Value) is _Value, "a class is no value of it"
