"""Writes what is derived from the presets: configs/facts.json and configs/recipe.schema.json.

Run it by `make presets` after a change to a preset, a family or the converter's version; tests compare both files with
what would be written.
"""

from __future__ import annotations

import json
from typing import Any

from neuralspot_edge.files import write_text
from neuralspot_edge.pipeline import profile
from neuralspot_edge.pipeline.create import convert_untrained
from neuralspot_edge.recipes import list_models, load_recipe, recipe_json_schema
from neuralspot_edge.recipes.facts import FACTS_FILE
from neuralspot_edge.recipes.presets import preset_folder
from neuralspot_edge.training import build_model


def facts_of(name: str) -> dict[str, Any]:
    """What `nse list` shows; none of it depends on the weights, so that nothing need be trained."""
    recipe = load_recipe(name).override({"export.quantization": "int8"})
    content = convert_untrained(recipe)
    totals = profile(content).totals
    return {
        "task": recipe.task,
        "description": recipe.description,
        "source": recipe.source,
        "parameters": build_model(recipe).count_params(),
        "macs": totals.macs,
        "int8_bytes": len(content),
        "arena_bytes": totals.arena_bytes,
    }


def main() -> None:
    """Writes both files."""
    folder = preset_folder()
    facts = {name: facts_of(name) for name in list_models()}
    write_text(folder / FACTS_FILE, json.dumps(facts, indent=2) + "\n")
    write_text(folder / "recipe.schema.json", json.dumps(recipe_json_schema(), indent=2) + "\n")
    for name, fact in facts.items():
        print(f"{name}: {fact['parameters']:,} parameters, {fact['int8_bytes']:,} bytes")


if __name__ == "__main__":
    main()
