"""The main job: train on the recipe's data, export, verify on TensorFlow Lite Micro, write the report."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuralspot_edge.conversion import ConversionSettings, shared_worker
from neuralspot_edge.conversion.rules import check_layers
from neuralspot_edge.conversion.settings import Io, QuantizationKind
from neuralspot_edge.errors import InputError
from neuralspot_edge.files import write_text
from neuralspot_edge.graph import read_model
from neuralspot_edge.graph.card import ModelCard
from neuralspot_edge.interpreters.base import Progress
from neuralspot_edge.pipeline.create import convert_untrained
from neuralspot_edge.pipeline.export import (
    ExportResult,
    calibration_samples,
    convert_model,
    describe_calibration,
    export_settings,
    finish,
    write_export,
)
from neuralspot_edge.pipeline.firmware import remove_firmware
from neuralspot_edge.pipeline.folder import CHECKPOINT, KERAS_MODEL, RECIPE, RESULTS, STREAM, TFLITE, claim_folder
from neuralspot_edge.pipeline.ladder import climb
from neuralspot_edge.pipeline.methods import Made, Trained
from neuralspot_edge.pipeline.quant_report import report_export
from neuralspot_edge.pipeline.report import note_export, note_verification, profile_for, write_report
from neuralspot_edge.pipeline.sequences import Recording
from neuralspot_edge.pipeline.stream_proof import check_stream
from neuralspot_edge.pipeline.streaming import Streamed, make_step_graph, streamed, streaming_spec
from neuralspot_edge.pipeline.verify import VerifyResult, verify
from neuralspot_edge.recipes import Recipe, load_recipe
from neuralspot_edge.recipes.quantizations import Method
from neuralspot_edge.reports.report_json import build_report
from neuralspot_edge.training import Epoch, Prepared, TrainResult, build_model, load_model, prepare, train
from neuralspot_edge.training.data import with_fitted
from neuralspot_edge.training.teachers import find_teachers, remove_teacher

if TYPE_CHECKING:
    import keras

__all__ = ["RunResult", "export_folder", "load_run", "run", "train_into", "verify_folder"]


@dataclass(frozen=True)
class RunResult:
    """What a run gives.

    Attributes:
        folder: Where its files are.
        recipe: What was run.
        training: The trained model, its history and data.
        exported: The `.tflite`.
        verified: The checks on the held-out part.
        report: All of it as JSON values, as in report.json.
    """

    folder: Path
    recipe: Recipe
    training: TrainResult
    exported: ExportResult
    verified: VerifyResult
    report: dict[str, Any]


def run(
    recipe: Recipe | str | Path | Mapping[str, Any],
    out_dir: str | Path | None = None,
    *,
    bundle: bool = False,
    overwrite: bool = False,
    resume: bool = False,
    on_stage: Callable[[str], None] | None = None,
    on_epoch: Callable[[Epoch], None] | None = None,
    on_window: Callable[[int, int], None] | None = None,
) -> RunResult:
    """Runs a recipe from its data to a verified `.tflite`.

    Args:
        recipe: A preset's name, a path, a dict, or a `Recipe`.
        out_dir: The folder for recipe.json, model.keras, history.csv, model.tflite with its C sources and golden
            vectors, report.html and report.json; None is `runs/` and the recipe's name.
        bundle: Whether a CMake project with a runner and a self-test is written to `firmware` in it too.
        overwrite: Whether an earlier run there may be replaced.
        resume: Whether to go on with an interrupted run there.
        on_stage: Called with `data`, `training`, `export`, `verification`, `report` as each begins, with `teacher` and
            its name as a teacher is trained, and with each way to int8 as it is tried.
        on_epoch: Called after each epoch.
        on_window: Called during verification with windows done and all of them.

    Returns:
        The results; `verified.ok` says whether every gate held.

    Raises:
        InputError: The recipe, its data or the folder is wrong, or its model does not stream as the recipe asks.
        ConversionError: The model cannot be converted.
    """
    say = on_stage or (lambda _: None)
    recipe = load_recipe(recipe)
    settings = export_settings(recipe, None, None)
    _check_early(recipe, settings)
    folder = claim_folder(out_dir or Path("runs") / recipe.name, overwrite=overwrite, resume=resume)
    shared_worker()  # gets ready while the model trains
    say("data")
    data = prepare(recipe)
    training = train_into(folder, recipe, data, resume=resume, keep_checkpoint=True, on_stage=say, on_epoch=on_epoch)
    say("export")
    trained = Trained(recipe, training.model, data, settings, folder, on_epoch)
    exported, made = _export(folder, trained, bundle=bundle, on_stage=on_stage)
    say("verification")
    verified = _verify(folder, recipe, training.model, data, progress=on_window, streaming=exported.streaming)
    say("report")
    report = build_report(
        recipe,
        data,
        training,
        exported=exported,
        verified=verified,
        profile=profile_for(exported.path, recipe),
        quantization=report_export(trained, made, _method(exported)),
    )
    write_report(folder, report)
    (folder / CHECKPOINT).unlink(missing_ok=True)
    return RunResult(folder, recipe, training, exported, verified, report)


def train_into(
    folder: Path,
    recipe: Recipe,
    data: Prepared,
    *,
    resume: bool = False,
    keep_checkpoint: bool = False,
    on_stage: Callable[[str], None] | None = None,
    on_epoch: Callable[[Epoch], None] | None = None,
) -> TrainResult:
    """Trains into a folder that is claimed already, and writes recipe.json beside the model.

    Without `resume` the files of an earlier run there are removed first: none may stand beside a model that is not
    its own.
    """
    find_teachers(recipe, folder)  # one that is missing is told of while all is there still
    if not resume:
        for name in RESULTS:
            (folder / name).unlink(missing_ok=True)
        remove_firmware(folder)
        remove_teacher(folder)
    result = train(
        recipe,
        out_dir=folder,
        resume=resume,
        keep_checkpoint=keep_checkpoint,
        data=data,
        on_stage=on_stage,
        on_epoch=on_epoch,
    )
    fitted = with_fitted(recipe, data.preprocessing)
    write_text(folder / RECIPE, json.dumps(fitted.to_dict(), indent=2) + "\n")
    return result


def export_folder(
    run_folder: str | Path,
    out_dir: str | Path | None = None,
    quantization: QuantizationKind | None = None,
    io: Io | None = None,
    method: Method | None = None,
    *,
    bundle: bool = False,
    overwrite: bool = False,
    on_stage: Callable[[str], None] | None = None,
    on_epoch: Callable[[Epoch], None] | None = None,
) -> ExportResult:
    """Exports the trained model of a run's folder, calibrated with its own training data.

    Args:
        run_folder: A folder that `train` or `run` wrote.
        out_dir: The folder for the `.tflite`; None is the run's own.
        quantization: None takes the recipe's.
        io: None takes the recipe's, or where the quantization is another, that quantization's own.
        method: The way to int8; None takes the recipe's.
        bundle: Whether a CMake project is written too.
        overwrite: Whether a `.tflite` there may be replaced.
        on_stage: Called with each way to int8 as it is tried.
        on_epoch: Called after each epoch of a training in int8.

    Raises:
        InputError: The folder holds no run, or there is a `.tflite` already.
        ConversionError: The model cannot be converted.
    """
    recipe, model = load_run(run_folder)
    settings = export_settings(recipe, quantization, io)
    if method is not None:
        recipe = recipe.override({"export.quantization": settings.quantization, "export.method": method})
    folder = claim_folder(out_dir or run_folder, overwrite=overwrite, results=(TFLITE, STREAM))
    trained = Trained(recipe, model, prepare(recipe), settings, Path(run_folder), on_epoch)
    exported, made = _export(folder, trained, bundle=bundle, on_stage=on_stage)
    note_export(folder, recipe, exported, lambda: report_export(trained, made, _method(exported)))
    return exported


def verify_folder(
    run_folder: str | Path,
    gates: Mapping[str, Any] | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> VerifyResult:
    """Verifies a run's `.tflite` with its held-out data and its float model.

    Args:
        run_folder: A folder that `run` wrote.
        gates: What to change of the recipe's gates.
        progress: Called with windows done and all of them.

    Raises:
        InputError: The folder holds no run, or its data cannot be read.
    """
    recipe, model = load_run(run_folder)
    recipe = recipe.override({f"gates.{key}": value for key, value in (gates or {}).items()})
    verified = _verify(Path(run_folder), recipe, model, prepare(recipe), progress=progress)
    note_verification(Path(run_folder), verified)
    return verified


def load_run(folder: str | Path) -> tuple[Recipe, keras.Model]:
    """The recipe and the trained model in a run's folder.

    Raises:
        InputError: One of them is missing or cannot be read.
    """
    missing = [name for name in (RECIPE, KERAS_MODEL) if not (Path(folder) / name).is_file()]
    if missing:
        raise InputError(f"{folder} holds no run: {' and '.join(missing)} missing; nse train or nse run writes them")
    return load_recipe(Path(folder) / RECIPE), load_model(Path(folder) / KERAS_MODEL)


def _export(
    folder: Path, trained: Trained, *, bundle: bool, on_stage: Callable[[str], None] | None
) -> tuple[ExportResult, Made]:
    recipe, data, settings = trained.recipe, trained.data, trained.settings
    card = ModelCard.of(recipe, data.preprocessing, data.dataset.channels)
    ladder = None
    if settings.quantization == "int8" and recipe.export.method != "ptq":
        made, ladder = climb(trained, on_stage)
        content = finish(made.content, settings, card)
    else:
        samples = calibration_samples(trained.model, settings, data.train.x)
        content = convert_model(trained.model, settings, samples, card=card)
        made = Made(content)
    spec = streaming_spec(recipe)
    result = write_export(
        folder,
        content,
        settings,
        card,
        [data.test.x],  # What was held out makes the golden vectors: the model has seen none of it.
        calibration=describe_calibration(settings, data.train.x),
        stream=streamed(content, spec, _held_out(recipe, data)) if spec is not None else None,
        ladder=ladder,
        bundle=bundle,
    )
    return result, made


def _verify(
    folder: Path,
    recipe: Recipe,
    model: keras.Model,
    data: Prepared,
    *,
    progress: Progress | None,
    streaming: Streamed | None = None,
) -> VerifyResult:
    """Verifies the `.tflite`, and the step graph beside it; what was proven of that already is not played again."""
    window, step, test = folder / TFLITE, folder / STREAM, data.test
    verified = verify(window, test.raw, labels=test.labels, model=model, gates=recipe.gates, progress=progress)
    if recipe.export.streaming is None and not step.exists():
        return verified
    recording, proof = _held_out(recipe, data), streaming.proof if streaming else None
    checks = check_stream(read_model(step), recording, recipe.gates, against=read_model(window), proof=proof)
    return replace(verified, checks=(*verified.checks, *checks.all))


def _method(exported: ExportResult) -> Method:
    return "ptq" if exported.ladder is None else exported.ladder.method


def _held_out(recipe: Recipe, data: Prepared) -> Recording:
    return Recording(data.test.x, "held-out", recipe.input.hop)


def _check_early(recipe: Recipe, settings: ConversionSettings) -> None:
    """Tells what the device cannot run, or what does not stream, before the training that it would waste."""
    check_layers(build_model(recipe), settings)
    if (spec := streaming_spec(recipe)) is not None:
        make_step_graph(convert_untrained(recipe), spec)
