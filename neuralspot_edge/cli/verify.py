"""`nse verify`: the proof of a file that is there already."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from neuralspot_edge.cli.options import Format, FormatOption, print_json, read_recipe, stdout
from neuralspot_edge.cli.quiet import load_tensorflow
from neuralspot_edge.errors import InputError

__all__ = ["verify"]


def verify(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A .tflite file, or a folder that nse run wrote.")],
    recipe: Annotated[
        str | None, typer.Option(metavar="RECIPE", help="For a file: the recipe whose held-out data is played.")
    ] = None,
    samples: Annotated[
        Path | None, typer.Option(metavar="FILE", help="For a file: real inputs, .npy, or .npz with x and maybe y.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(metavar="FILE", help="For a file: the float model, .keras, to compare with.")
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="For a step graph of nse stream: the .tflite that it must equal bit for bit."
        ),
    ] = None,
    max_lsb: Annotated[int | None, typer.Option(min=0, help="Gate: steps between TFLM and LiteRT.")] = None,
    max_drop: Annotated[float | None, typer.Option(help="Gate: loss of the task's metric by quantization.")] = None,
    output: FormatOption = Format.table,
) -> None:
    """Prove a .tflite: TensorFlow Lite Micro against LiteRT, and int8 against the float model.

    A step graph, stream.tflite, is played on the data as one signal; it must equal its window graph in every value. Of
    a run's folder that holds one both files are proven.

    Exit status 1 where a gate fails or nothing can be proven on this machine.
    """
    load_tensorflow()
    from neuralspot_edge.cli.progress import reporting
    from neuralspot_edge.pipeline.run import verify_folder
    from neuralspot_edge.pipeline.verify import verify as verify_file
    from neuralspot_edge.reports.console import verify_table
    from neuralspot_edge.reports.report_json import jsonable

    gates = {key: value for key, value in (("max_lsb", max_lsb), ("max_drop", max_drop)) if value is not None}
    with reporting() as reporter:
        if Path(source).is_dir():
            if (recipe, samples, model, against) != (None, None, None, None):
                raise InputError(
                    "--recipe, --samples, --model and --against: a run's folder has its own, leave them out"
                )
            result = verify_folder(source, gates, progress=reporter.window)
        else:
            arrays = _read(samples, recipe)
            float_model = _load(model)
            arrays |= {"model": float_model, "against": against}
            result = verify_file(source, gates=gates, progress=reporter.window, **arrays)
    if output is Format.json:
        print_json({**jsonable(result), "ok": result.ok})
    else:
        stdout.print(verify_table(result))
    if not result.ok:
        raise typer.Exit(result.exit_status)


def _read(samples: Path | None, recipe: str | None) -> dict[str, Any]:
    if (samples is None) == (recipe is None):
        raise InputError("give either --samples FILE or --recipe RECIPE: a proof needs real inputs, of one source")
    if samples is None:
        from neuralspot_edge.training import prepare

        loaded = read_recipe(str(recipe), None)
        test = prepare(loaded).test
        return {"samples": test.raw, "labels": test.labels, "task": loaded.task}
    from neuralspot_edge.datasets import load_arrays

    arrays = load_arrays(samples)
    labels = arrays.pop("y", None)
    return {"samples": arrays["x"] if "x" in arrays else list(arrays.values()), "labels": labels}


def _load(model: Path | None) -> Any:
    if model is None:
        return None
    from neuralspot_edge.training import load_model

    return load_model(model)
