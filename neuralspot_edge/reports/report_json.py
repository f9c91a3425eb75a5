"""The facts of a run as one JSON document with a versioned schema."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import math
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import neuralspot_edge
from neuralspot_edge.recipes.consistency import CLASS_TASKS

if TYPE_CHECKING:
    from neuralspot_edge.pipeline import ExportResult, Profile, VerifyResult
    from neuralspot_edge.pipeline.quant_report import QuantReport
    from neuralspot_edge.pipeline.streaming import Streamed
    from neuralspot_edge.recipes import Recipe
    from neuralspot_edge.training import Distillation, Prepared, TrainResult

__all__ = [
    "REPORT_SCHEMA_VERSION",
    "build_report",
    "describe_export",
    "describe_teaching",
    "describe_verification",
    "export_to_dict",
    "jsonable",
    "stream_to_dict",
]

REPORT_SCHEMA_VERSION = 2
"""Version of the shape of report.json."""

_LIBRARIES = ("tensorflow", "keras", "ai-edge-litert", "tflite-micro", "numpy")


def build_report(
    recipe: Recipe,
    data: Prepared,
    training: TrainResult,
    *,
    exported: ExportResult,
    verified: VerifyResult,
    profile: Profile,
    quantization: QuantReport | None = None,
) -> dict[str, Any]:
    """All facts of a run as JSON values.

    Args:
        recipe: What was run.
        data: What it was trained and verified on.
        training: The training's course.
        exported: What is in the file.
        verified: What was proven of it.
        profile: What it costs.
        quantization: What int8 costs it; None where that was not measured.
    """
    return {
        "schema_version": REPORT_SCHEMA_VERSION,
        "name": recipe.name,
        "ok": verified.ok,
        "recipe": recipe.to_dict(),
        "dataset": _describe_data(data),
        "training": {
            "parameters": training.model.count_params(),
            "epochs": len(training.history),
            "best_epoch": training.best.number,
            "best_val_loss": training.best.val_loss,
            "stopped_early": training.stopped_early,
            "seed": recipe.training.seed,
            "teacher": None if training.distillation is None else describe_teaching(recipe, training.distillation),
            "history": jsonable(training.history),
        },
        "export": describe_export(exported),
        "quantization": None if quantization is None else quantization.to_dict(),
        "verification": describe_verification(verified),
        "profile": profile.to_dict(),
        "versions": _versions(),
    }


def describe_export(exported: ExportResult) -> dict[str, Any]:
    """What is in the file and beside it, paths inside the folder: its place on this machine is of no use to others."""
    folder = exported.path.parent
    files = [path.relative_to(folder).as_posix() for path in exported.files]
    return {**export_to_dict(exported), "path": exported.path.name, "files": files}


def export_to_dict(exported: ExportResult) -> dict[str, Any]:
    """An export as JSON values, its paths as they are."""
    streaming = None if exported.streaming is None else stream_to_dict(exported.streaming)
    return {**jsonable(exported), "streaming": streaming}


def stream_to_dict(streamed: Streamed) -> dict[str, Any]:
    """A step graph beside its window graph as JSON values: what `nse stream --format json` prints."""
    proof = streamed.proof
    return {
        **jsonable(streamed.facts),
        **jsonable(streamed.costs),
        "proof": None if proof is None else {**jsonable(proof), "holds": proof.holds},
    }


def describe_verification(verified: VerifyResult) -> dict[str, Any]:
    """The checks with their verdict."""
    return {**jsonable(verified), "ok": verified.ok}


def jsonable(value: Any) -> Any:
    """Dataclasses, arrays, paths and tuples as plain JSON values; NaN and infinity as null."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: jsonable(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return jsonable(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value) if isinstance(value, Path) else value


def describe_teaching(recipe: Recipe, distillation: Distillation) -> dict[str, Any]:
    """Who taught, how, and the metric of both on the validation part."""
    teacher, how = distillation.teacher, recipe.training.distillation
    return {
        "name": teacher.recipe.name,
        "parameters": teacher.model.count_params(),
        "temperature": how.class_temperature if how and recipe.task in CLASS_TASKS else None,
        "weight": how.weight if how else None,
        "metric": distillation.metric,
        "value": jsonable(distillation.teacher_value),
        "student_value": jsonable(distillation.student_value),
    }


def _describe_data(data: Prepared) -> dict[str, Any]:
    dataset = data.dataset
    return {
        "name": dataset.name,
        "provenance": jsonable(dataset.provenance),
        "channels": list(dataset.channels),
        "classes": list(dataset.classes),
        "sampling_rate": dataset.sampling_rate,
        "windows": {"train": len(data.train), "validation": len(data.validation), "test": len(data.test)},
        "preprocessing": data.preprocessing.to_dict(),
    }


def _versions() -> dict[str, str | None]:
    versions: dict[str, str | None] = {"neuralspot-edge": neuralspot_edge.__version__}
    versions["python"] = platform.python_version()
    for library in _LIBRARIES:
        try:
            versions[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            versions[library] = None
    return versions
