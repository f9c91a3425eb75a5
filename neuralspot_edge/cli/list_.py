"""`nse list`: which presets there are, which data sets, and which targets."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from neuralspot_edge.cli.options import Format, FormatOption, print_json, stdout
from neuralspot_edge.errors import InputError
from neuralspot_edge.recipes.facts import describe_presets
from neuralspot_edge.reports.console import dataset_table, preset_table, target_catalogue

__all__ = ["list_presets"]


def list_presets(
    pattern: Annotated[str, typer.Argument(help="A name with wildcards, such as 'tcn-ecg*'.")] = "*",
    datasets: Annotated[bool, typer.Option("--datasets", help="List the data sets that a recipe may name.")] = False,
    targets: Annotated[bool, typer.Option("--targets", help="List the chips and cores that --target takes.")] = False,
    output: FormatOption = Format.table,
) -> None:
    """List the presets with what they cost: parameters, MACs, int8 bytes and the arena in bytes."""
    if datasets and targets:
        raise InputError("--datasets and --targets: name one of them")
    rows: list[dict[str, Any]]
    table: Callable[[list[dict[str, Any]]], RenderableType]
    if datasets:
        rows, table = _describe_datasets(pattern), dataset_table
    elif targets:
        rows, table = _describe_targets(pattern), target_catalogue
    else:
        presets = describe_presets(pattern)
        rows, table = [dataclasses.asdict(preset) for preset in presets], lambda _: preset_table(presets)
    if output is Format.json:
        print_json(rows)
    else:
        stdout.print(table(rows))


def _describe_datasets(pattern: str) -> list[dict[str, Any]]:
    from neuralspot_edge.datasets import dataset_entry, list_datasets

    fields = ("name", "description", "tasks", "channels", "sampling_rate", "classes", "window")
    return [{field: getattr(dataset_entry(name), field) for field in fields} for name in list_datasets(pattern)]


def _describe_targets(pattern: str) -> list[dict[str, Any]]:
    from neuralspot_edge.targets import list_targets, load_target

    return [load_target(name).model_dump(mode="json") for name in list_targets(pattern)]
