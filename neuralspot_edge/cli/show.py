"""`nse show`: what a recipe says, and what its model sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from neuralspot_edge.cli.options import Format, FormatOption, RecipeArgument, Settings, print_json, read_recipe, stdout
from neuralspot_edge.cli.quiet import load_tensorflow
from neuralspot_edge.reports.console import layer_table, recipe_table

if TYPE_CHECKING:
    from neuralspot_edge.recipes import Recipe

__all__ = ["show"]


def show(
    recipe: RecipeArgument,
    settings: Settings = None,
    layers: Annotated[bool, typer.Option("--layers", help="Build the model and list its layers.")] = False,
    output: FormatOption = Format.table,
) -> None:
    """Show a recipe with all defaults filled in, its receptive field, and with --layers its model."""
    loaded = read_recipe(recipe, settings)
    params = loaded.params
    facts = {name: getattr(params, name, None) for name in ("receptive_field", "is_causal")}
    rows = _layers(loaded) if layers else []
    if output is Format.json:
        print_json({"recipe": loaded.to_dict(), **facts, **({"layers": rows} if layers else {})})
        return
    stdout.print(recipe_table(loaded, facts))
    if layers:
        stdout.print(layer_table(rows))


def _layers(loaded: Recipe) -> list[dict[str, object]]:
    load_tensorflow()
    from neuralspot_edge.pipeline import create_model

    model = create_model(loaded)
    return [
        {
            "name": layer.name,
            "kind": type(layer).__name__,
            "output_shape": list(layer.output.shape[1:]),
            "parameters": layer.count_params(),
        }
        for layer in model.layers
    ]
