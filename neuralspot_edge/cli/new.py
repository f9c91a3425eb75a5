"""`nse new`: a recipe file to begin with."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from neuralspot_edge.cli.options import Overwrite, stderr
from neuralspot_edge.errors import InputError
from neuralspot_edge.files import write_text

__all__ = ["new"]


def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The recipe to write; its stem becomes the name.")],
    preset: Annotated[str, typer.Option("--from", help="The preset to begin with.")] = "tcn-har-smartwatch",
    overwrite: Overwrite = False,
) -> None:
    """Write a recipe of your own, begun from a preset, its comments kept."""
    if file.suffix not in (".yaml", ".yml"):
        raise InputError(f"FILE: a recipe ends in .yaml, received {file}")
    if file.exists() and not overwrite:
        raise InputError(f"{file} exists; choose another name, or pass --overwrite")
    from neuralspot_edge.recipes import load_recipe, preset_path

    text = preset_path(preset).read_text(encoding="utf-8")
    name = load_recipe(preset).override({"name": file.stem}).name
    # The schema that the preset's first line names is beside the preset, not beside the copy.
    text = re.sub(r"^# yaml-language-server:.*\n", "", text, flags=re.MULTILINE)
    write_text(file, re.sub(r"^name:.*$", f"name: {name}", text, count=1, flags=re.MULTILINE))
    stderr.print(f"{file} is a copy of {preset}; edit it, then: nse run {file}", soft_wrap=True)
