"""`nse run`: the main job."""

from __future__ import annotations

import typer

from neuralspot_edge.cli.options import (
    Bundle,
    Format,
    FormatOption,
    OutFolder,
    Overwrite,
    RecipeArgument,
    Resume,
    Settings,
    print_json,
    read_recipe,
    stdout,
)
from neuralspot_edge.cli.quiet import load_tensorflow

__all__ = ["run"]


def run(
    recipe: RecipeArgument,
    out: OutFolder = None,
    settings: Settings = None,
    bundle: Bundle = False,
    overwrite: Overwrite = False,
    resume: Resume = False,
    output: FormatOption = Format.table,
) -> None:
    """Train, export and verify: from a recipe to a .tflite that is proven on TensorFlow Lite Micro.

    Writes recipe.json, model.keras, history.csv, model.tflite with its C sources and golden vectors, and the report as
    report.html and report.json. Where the recipe says export: {streaming: {hop: 1}}, the step graph stream.tflite too.
    """
    loaded = read_recipe(recipe, settings)
    load_tensorflow()
    from neuralspot_edge import pipeline
    from neuralspot_edge.cli.progress import epochs_of, reporting
    from neuralspot_edge.reports.console import run_summary

    with reporting(epochs_of(loaded)) as reporter:
        result = pipeline.run(
            loaded,
            out,
            bundle=bundle,
            overwrite=overwrite,
            resume=resume,
            on_stage=reporter.stage,
            on_epoch=reporter.epoch,
            on_window=reporter.window,
        )
    if output is Format.json:
        print_json(result.report)
    else:
        stdout.print(run_summary(result))
    if not result.verified.ok:
        raise typer.Exit(result.verified.exit_status)
