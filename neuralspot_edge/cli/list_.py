"""`nse list`: which presets there are."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import typer

from neuralspot_edge.cli.options import Format, FormatOption, print_json, stdout
from neuralspot_edge.recipes.facts import describe_presets
from neuralspot_edge.reports.console import preset_table

__all__ = ["list_presets"]


def list_presets(
    pattern: Annotated[str, typer.Argument(help="A name with wildcards, such as 'tcn-ecg*'.")] = "*",
    output: FormatOption = Format.table,
) -> None:
    """List the presets with their task, parameters and int8 bytes."""
    presets = describe_presets(pattern)
    if output is Format.json:
        print_json([dataclasses.asdict(preset) for preset in presets])
    else:
        stdout.print(preset_table(presets))
