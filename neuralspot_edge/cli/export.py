"""`nse export`: a `.tflite` from a trained model, a run's folder or a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuralspot_edge.cli.options import (
    Bundle,
    CalibrationOption,
    Format,
    FormatOption,
    Overwrite,
    print_json,
    read_calibration,
    stdout,
)
from neuralspot_edge.cli.quiet import load_tensorflow
from neuralspot_edge.conversion.settings import Io, QuantizationKind
from neuralspot_edge.errors import InputError
from neuralspot_edge.recipes.quantizations import Method

if TYPE_CHECKING:
    from neuralspot_edge.pipeline import ExportResult
    from neuralspot_edge.quantization import PostTraining

__all__ = ["export"]


def export(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="A .keras file, a folder that nse train wrote, or a recipe.")
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="DIR", help="The folder to write; the run's own by default.")
    ] = None,
    quantization: Annotated[
        QuantizationKind | None, typer.Option(help="The recipe's by default, int8 without one.")
    ] = None,
    io: Annotated[Io | None, typer.Option(help="Type of inputs and outputs; the quantization's by default.")] = None,
    calibration: CalibrationOption = None,
    method: Annotated[
        Method | None,
        typer.Option(
            help="The way to int8: ptq after training; ptq+ with tools against what that loses; of a run's folder also "
            "qat, by more training, or auto, the first that is good enough. The recipe's by default."
        ),
    ] = None,
    window: Annotated[int | None, typer.Option(min=1, help="Length in steps of an open time axis.")] = None,
    bundle: Bundle = False,
    overwrite: Overwrite = False,
    output: FormatOption = Format.table,
) -> None:
    """Export a model for TensorFlow Lite Micro: model.tflite, and the sources that a firmware needs of it.

    Beside the file stand model_data.h and .cc, op_resolver.h with just the operators it needs, and golden.npz, inputs
    with the very outputs of TensorFlow Lite Micro. A run's folder is calibrated with its own training data. A recipe is
    exported untrained, to learn its size.

    Where the recipe says export: {streaming: {hop: 1}}, stream.tflite is written and proven beside it, and the sources
    are those of the step graph.
    """
    load_tensorflow()
    from neuralspot_edge.pipeline.export import export as export_model
    from neuralspot_edge.reports.console import export_table
    from neuralspot_edge.reports.report_json import export_to_dict

    if Path(source).is_dir():
        if calibration is not None or window is not None:
            raise InputError("--calibration and --window: a run's folder has its own, leave them out")
        result = _export_run(source, out, quantization, io, method, bundle=bundle, overwrite=overwrite)
    else:
        result = export_model(
            _load(source),
            out or _default_folder(source),
            quantization,
            read_calibration(calibration),
            io=io,
            window=window,
            tools=_tools(method),
            bundle=bundle,
            overwrite=overwrite,
        )
    if output is Format.json:
        print_json(export_to_dict(result))
    else:
        stdout.print(export_table(result))
    if not result.ok:
        raise typer.Exit(1)


def _export_run(
    folder: str,
    out: Path | None,
    quantization: QuantizationKind | None,
    io: Io | None,
    method: Method | None,
    *,
    bundle: bool,
    overwrite: bool,
) -> ExportResult:
    from neuralspot_edge.cli.progress import reporting
    from neuralspot_edge.pipeline.run import export_folder

    with reporting() as reporter:
        return export_folder(
            folder,
            out,
            quantization,
            io,
            method,
            bundle=bundle,
            overwrite=overwrite,
            on_stage=reporter.stage,
            on_epoch=reporter.epoch,
        )


def _tools(method: Method | None) -> PostTraining | None:
    """What `--method` asks of a model that is no run."""
    from neuralspot_edge.quantization import PostTraining

    if method in ("qat", "auto"):
        raise InputError(f"--method {method}: it trains, which needs a run's folder: nse run writes one")
    return PostTraining() if method == "ptq+" else None


def _load(source: str) -> Any:
    """A Keras model where the source is a file of one; else the recipe's name, for `export` to load."""
    if not source.endswith(".keras"):
        return source
    from neuralspot_edge.training import load_model

    return load_model(source)


def _default_folder(source: str) -> Path:
    if source == "-":
        raise InputError("--out: a recipe from standard input needs a folder to write to")
    return Path("runs") / Path(source).stem
