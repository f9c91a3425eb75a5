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
    "Bundle",
    "CalibrationOption",
    "Format",
    "FormatOption",
    "OutFolder",
    "Overwrite",
    "RecipeArgument",
    "Resume",
    "Settings",
    "TargetOption",
    "print_json",
    "read_calibration",
    "read_recipe",
    "stderr",
    "stdout",
    "tflite_of",
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
Bundle = Annotated[
    bool, typer.Option("--bundle", help="Write a CMake project to DIR/firmware, too: runner, self-test, README.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with an interrupted training in the folder.")]

CalibrationOption = Annotated[
    str | None,
    typer.Option(
        "--calibration",
        metavar="FILE|random",
        help="For a .keras file: real inputs as the model takes them, .npy or .npz, or the word random.",
    ),
]

TargetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        metavar="NAME",
        help="A chip (apollo4), a core (cortex-m4), a pattern ('stm32*') or a target file; nse list has the names. "
        "May be repeated.",
    ),
]


def read_recipe(recipe: str, settings: list[str] | None) -> Recipe:
    """The recipe that the user named, with the fields that `--set` changes.

    Raises:
        InputError: There is no such recipe, or it or a change is not legal.
    """
    from neuralspot_edge.recipes import load_recipe, parse_settings

    loaded = load_recipe(recipe)
    return loaded.override(parse_settings(settings)) if settings else loaded


def read_calibration(calibration: str | None) -> Any:
    """The samples that `--calibration` names: the arrays of a file, or what stands in their place.

    Raises:
        InputError: The file cannot be read.
    """
    if calibration is None or calibration == "random":
        return calibration
    from neuralspot_edge.datasets import load_arrays

    arrays = load_arrays(calibration)
    return arrays["x"] if "x" in arrays else list(arrays.values())


def tflite_of(source: Path) -> Path:
    """The `.tflite` that the user named: the file itself, or the one in a run's folder."""
    from neuralspot_edge.pipeline.folder import TFLITE

    return source / TFLITE if source.is_dir() else source


def print_json(value: Any) -> None:
    """Prints JSON to standard output, unstyled."""
    print(json.dumps(value, indent=2))
