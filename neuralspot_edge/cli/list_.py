"""`nse list`: which presets there are, and which data sets."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

import typer

from neuralspot_edge.cli.options import Format, FormatOption, print_json, stdout
from neuralspot_edge.recipes.facts import describe_presets
from neuralspot_edge.reports.console import dataset_table, preset_table

__all__ = ["list_presets"]


def list_presets(
    pattern: Annotated[str, typer.Argument(help="A name with wildcards, such as 'tcn-ecg*'.")] = "*",
    datasets: Annotated[bool, typer.Option("--datasets", help="List the data sets that a recipe may name.")] = False,
    output: FormatOption = Format.table,
) -> None:
    """List the presets with their task, parameters and int8 bytes."""
    rows: Any = _describe_datasets(pattern) if datasets else describe_presets(pattern)
    if output is Format.json:
        print_json(rows if datasets else [dataclasses.asdict(preset) for preset in rows])
    else:
        stdout.print(dataset_table(rows) if datasets else preset_table(rows))


def _describe_datasets(pattern: str) -> list[dict[str, Any]]:
    from neuralspot_edge.datasets import dataset_entry, list_datasets

    fields = ("name", "description", "tasks", "channels", "sampling_rate", "classes", "window")
    return [{field: getattr(dataset_entry(name), field) for field in fields} for name in list_datasets(pattern)]
