"""What a preset costs, computed once and kept beside the presets: `make presets` writes it, a test compares it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from neuralspot_edge.recipes.loading import load_recipe
from neuralspot_edge.recipes.presets import preset_folder

__all__ = ["FACTS_FILE", "PresetDescription", "describe_preset"]

FACTS_FILE = "facts.json"
"""Beside the presets' folders: for each preset its parameters and the bytes of its int8 file."""


@dataclass(frozen=True)
class PresetDescription:
    """A preset in one row.

    Attributes:
        name: Its name.
        task: What it does.
        description: What it is for.
        source: Paper or product that it is modelled on.
        parameters: Weights of the model, those of batch normalization included.
        int8_bytes: Size of the exported file.
    """

    name: str
    task: str
    description: str | None
    source: str | None
    parameters: int
    int8_bytes: int


def describe_preset(name: str) -> PresetDescription:
    """The preset of that name with its facts.

    Raises:
        InputError: There is none.
    """
    recipe = load_recipe(name)
    facts: dict[str, Any] = json.loads((preset_folder() / FACTS_FILE).read_text(encoding="utf-8"))
    return PresetDescription(name, recipe.task, recipe.description, recipe.source, **facts[name])
