"""`nse export`: a `.tflite` from a trained model, a run's folder or a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from neuralspot_edge.cli.options import Bundle, Format, FormatOption, Overwrite, print_json, stdout
from neuralspot_edge.cli.quiet import load_tensorflow
from neuralspot_edge.conversion.settings import Io, QuantizationKind
from neuralspot_edge.errors import InputError

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
    calibration: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|random",
            help="For a .keras file: real inputs as the model takes them, .npy or .npz, or the word random.",
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
        from neuralspot_edge.pipeline.run import export_folder

        result = export_folder(source, out, quantization, io, bundle=bundle, overwrite=overwrite)
    else:
        result = export_model(
            _load(source),
            out or _default_folder(source),
            quantization,
            _read_calibration(calibration),
            io=io,
            window=window,
            bundle=bundle,
            overwrite=overwrite,
        )
    if output is Format.json:
        print_json(export_to_dict(result))
    else:
        stdout.print(export_table(result))
    if not result.ok:
        raise typer.Exit(1)


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


def _read_calibration(calibration: str | None) -> Any:
    if calibration is None or calibration == "random":
        return calibration
    from neuralspot_edge.datasets import load_arrays

    arrays = load_arrays(calibration)
    return arrays["x"] if "x" in arrays else list(arrays.values())
