"""`nse schema`: the JSON Schema of recipes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from neuralspot_edge.cli.options import print_json
from neuralspot_edge.files import write_text

__all__ = ["schema"]


def schema(
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="FILE", help="A file to write.")] = None,
) -> None:
    """Print the JSON Schema of recipes, with which an editor completes and checks them.

    In VS Code with the YAML extension, begin a recipe with the line
    # yaml-language-server: $schema=recipe.schema.json
    """
    from neuralspot_edge.recipes import recipe_json_schema

    if out is None:
        print_json(recipe_json_schema())
    else:
        write_text(out, json.dumps(recipe_json_schema(), indent=2) + "\n")
