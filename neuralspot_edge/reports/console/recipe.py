"""A recipe and its model as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType

from neuralspot_edge.reports.console.tables import table

if TYPE_CHECKING:
    from neuralspot_edge.recipes import Recipe

__all__ = ["layer_table", "recipe_table"]


def recipe_table(recipe: Recipe, facts: Mapping[str, Any]) -> RenderableType:
    """A recipe's fields with all defaults filled in, one a row, then what follows from them."""
    rows = table("field", "value", title=recipe.name)
    for key, value in _flatten(recipe.to_dict()):
        rows.add_row(key, value)
    for name, value in facts.items():
        rows.add_row(f"({name.replace('_', ' ')})", _show(value))
    return rows


def layer_table(layers: Sequence[Mapping[str, Any]]) -> RenderableType:
    """The layers of a model, and the sum of their parameters."""
    rows = table("layer", "kind", "output", ("parameters", "right"))
    for layer in layers:
        shape = " x ".join(map(str, layer["output_shape"]))
        rows.add_row(layer["name"], layer["kind"], shape, f"{layer['parameters']:,}")
    rows.add_section()
    rows.add_row("all", "", "", f"{sum(layer['parameters'] for layer in layers):,}")
    return rows


def _flatten(value: Any, place: str = "") -> Iterable[tuple[str, str]]:
    """Nested fields as dotted names, as `--set` takes them; empty ones are left out."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flatten(item, f"{place}.{key}" if place else key)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for index, item in enumerate(value):
            yield from _flatten(item, f"{place}.{index}")
    elif value is not None:
        yield place, _show(value)


def _show(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_show, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "the whole window" if value is None else str(value)
