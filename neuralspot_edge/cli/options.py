"""Arguments and options that several commands share."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console

from neuralspot_edge.errors import InputError
from neuralspot_edge.recipes import Recipe, load_recipe

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

stdout = Console()
stderr = Console(stderr=True)


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
    loaded = load_recipe(recipe)
    return loaded.override(dict(map(_parse_setting, settings))) if settings else loaded


def _parse_setting(setting: str) -> tuple[str, Any]:
    key, equals, value = setting.partition("=")
    if not equals:
        raise InputError(f"--set: write KEY=VALUE, received {setting!r}")
    try:
        return key.strip(), yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise InputError(f"--set {key}: {value!r} is not a YAML value") from error


def print_json(value: Any) -> None:
    """Prints JSON to standard output, unstyled."""
    print(json.dumps(value, indent=2))
