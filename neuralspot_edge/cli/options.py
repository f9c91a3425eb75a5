"""Arguments and options that several commands share."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

if TYPE_CHECKING:
    from neuralspot_edge.recipes import Recipe

__all__ = [
    "Format",
    "FormatOption",
    "OutFolder",
    "Overwrite",
    "RecipeArgument",
    "Resume",
    "Settings",
    "print_json",
    "read_recipe",
    "stderr",
    "stdout",
]

# No markup: brackets in a path, a description or an error are the user's own.
stdout = Console(markup=False, emoji=False)
stderr = Console(stderr=True, markup=False, emoji=False)


class Format(StrEnum):
    """How a command prints its result."""

    table = "table"
    json = "json"


RecipeArgument = Annotated[
    str, typer.Argument(metavar="RECIPE", help="A preset's name, a .yaml or .json file, or - for standard input.")
]
FormatOption = Annotated[Format, typer.Option("--format", help="A table for a person, JSON for a script.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a field: --set training.epochs=5. May be repeated."),
]
OutFolder = Annotated[
    Path | None, typer.Option("-o", "--out", metavar="DIR", help="The folder to write; runs/NAME by default.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an earlier run in the folder.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with an interrupted training in the folder.")]


def read_recipe(recipe: str, settings: list[str] | None) -> Recipe:
    """The recipe that the user named, with the fields that `--set` changes.

    Raises:
        InputError: There is no such recipe, or it or a change is not legal.
    """
    from neuralspot_edge.recipes import load_recipe, parse_settings

    loaded = load_recipe(recipe)
    return loaded.override(parse_settings(settings)) if settings else loaded


def print_json(value: Any) -> None:
    """Prints JSON to standard output, unstyled."""
    print(json.dumps(value, indent=2))
