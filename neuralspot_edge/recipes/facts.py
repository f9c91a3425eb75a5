"""What `nse list` shows of a preset, computed once: `make presets` writes it beside the presets, a test compares it.

Read alone it takes a tenth of what loading and checking the recipes themselves does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from neuralspot_edge.errors import InputError
from neuralspot_edge.recipes.presets import list_models, preset_folder
from neuralspot_edge.suggestions import unknown_name

__all__ = ["FACTS_FILE", "PresetDescription", "describe_preset", "describe_presets"]

FACTS_FILE = "facts.json"
"""Beside the presets' folders: for each preset the fields of `PresetDescription` but its name."""


@dataclass(frozen=True)
class PresetDescription:
    """A preset in one row.

    Attributes:
        name: Its name.
        task: What it does.
        description: What it is for.
        source: Paper or product that it is modelled on.
        parameters: Weights of the model, those of batch normalization included.
        macs: Multiply-accumulate operations of one window.
        int8_bytes: Size of the exported file; a trained one is 1 to 7 % larger, by what its data made it hold.
        arena_bytes: Working memory, as TensorFlow Lite Micro reads it on x86-64.
    """

    name: str
    task: str
    description: str
    source: str
    parameters: int
    macs: int
    int8_bytes: int
    arena_bytes: int


def describe_presets(pattern: str = "*") -> tuple[PresetDescription, ...]:
    """The presets whose names match `pattern` (`tcn-ecg*`), sorted by name."""
    facts = json.loads((preset_folder() / FACTS_FILE).read_text(encoding="utf-8"))
    return tuple(PresetDescription(name, **facts[name]) for name in list_models(pattern))


def describe_preset(name: str) -> PresetDescription:
    """The preset of that name.

    Raises:
        InputError: There is none.
    """
    for preset in describe_presets():
        if preset.name == name:
            return preset
    raise InputError(unknown_name("preset", name, list_models()))
