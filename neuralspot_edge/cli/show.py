"""`nse show`: what a recipe says, what its model sees, and what it will cost, before any training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuralspot_edge.cli.options import (
    Format,
    FormatOption,
    RecipeArgument,
    Settings,
    TargetOption,
    print_json,
    read_recipe,
    stderr,
    stdout,
)
from neuralspot_edge.cli.quiet import load_tensorflow
from neuralspot_edge.errors import ConversionError
from neuralspot_edge.reports.console import cost_table, layer_table, recipe_table, stream_table, target_table

if TYPE_CHECKING:
    from neuralspot_edge.recipes import Recipe

__all__ = ["show"]


def show(
    recipe: RecipeArgument,
    settings: Settings = None,
    cost: Annotated[
        bool, typer.Option("--cost/--no-cost", help="Convert the untrained model, and tell what each layer costs.")
    ] = True,
    layers: Annotated[bool, typer.Option("--layers", help="List the layers of the Keras model, too.")] = False,
    target: TargetOption = None,
    output: FormatOption = Format.table,
) -> None:
    """Show a recipe with all defaults filled in, its receptive field, and its cost before any training."""
    loaded = read_recipe(recipe, settings)
    params = loaded.params
    facts = {name: getattr(params, name, None) for name in ("receptive_field", "is_causal")}
    rows = _layers(loaded) if layers else []
    profile, streaming = _cost(loaded, target) if cost else (None, None)
    if output is Format.json:
        parts = {"layers": rows if layers else None, "profile": profile, "streaming": streaming}
        extra = {key: part for key, part in parts.items() if part is not None}
        print_json({"recipe": loaded.to_dict(), **facts, **extra})
        return
    stdout.print(recipe_table(loaded, facts))
    if layers:
        stdout.print(layer_table(rows))
    if profile:
        stdout.print(cost_table(profile))
        if profile["targets"]:
            stdout.print(target_table(profile))
    if streaming:
        stdout.print(stream_table(streaming, "streaming"))


def _cost(loaded: Recipe, target: list[str] | None) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The profile of the untrained model, and what it costs as a stream where the recipe asks for one.

    None, and why on stderr, where it does not convert.
    """
    with stderr.status("converting the untrained model, to know its cost"):
        load_tensorflow()
        from neuralspot_edge.pipeline import profile
        from neuralspot_edge.pipeline.create import convert_untrained

        try:
            content = convert_untrained(loaded)
        except ConversionError as error:
            stderr.print(f"nse: the cost is not known: {error}", soft_wrap=True)
            return None, None
        streaming = _streaming(content, loaded) if loaded.export.streaming else None
        return profile(content, target or loaded.target).to_dict(), streaming


def _streaming(content: bytes, loaded: Recipe) -> dict[str, Any]:
    from neuralspot_edge.pipeline.streaming import make_step_graph, weigh_stream
    from neuralspot_edge.reports.report_json import stream_to_dict

    assert loaded.export.streaming is not None
    return stream_to_dict(weigh_stream(content, make_step_graph(content, loaded.export.streaming)))


def _layers(loaded: Recipe) -> list[dict[str, Any]]:
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
