"""Writes what is derived from the presets: configs/facts.json and configs/recipe.schema.json.

Run it by `make presets` after a change to a preset, a family or the converter's version; tests compare both files with
what would be written.
"""

from __future__ import annotations

import json
from typing import Any

from neuralspot_edge.conversion import ConversionSettings
from neuralspot_edge.datasets import Preprocessing
from neuralspot_edge.files import write_text
from neuralspot_edge.pipeline.card import ModelCard
from neuralspot_edge.pipeline.export import convert_model
from neuralspot_edge.recipes import list_models, load_recipe, recipe_json_schema
from neuralspot_edge.recipes.facts import FACTS_FILE
from neuralspot_edge.recipes.presets import preset_folder
from neuralspot_edge.training import build_model


def facts_of(name: str) -> dict[str, Any]:
    """What `nse list` shows; parameters and bytes do not depend on the weights, so that nothing need be trained."""
    recipe = load_recipe(name)
    model = build_model(recipe)
    card = ModelCard.of(recipe, Preprocessing("none"))
    content = convert_model(model, ConversionSettings("int8"), "random", card=card)
    return {
        "task": recipe.task,
        "description": recipe.description,
        "source": recipe.source,
        "parameters": model.count_params(),
        "int8_bytes": len(content),
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
