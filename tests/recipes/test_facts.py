"""What nse list shows is what the presets cost: computed anew and compared."""

from __future__ import annotations

import json

import pytest
from preset_facts import facts_of

from neuralspot_edge.recipes import list_models, recipe_json_schema
from neuralspot_edge.recipes.facts import FACTS_FILE, PresetDescription, describe_preset
from neuralspot_edge.recipes.presets import preset_folder


@pytest.mark.parametrize("name", list_models())
def test_the_facts_of_a_preset_are_fresh(name):
    assert describe_preset(name) == PresetDescription(name, **facts_of(name)), "run make presets"


def test_no_fact_is_left_of_a_preset_that_is_gone():
    assert set(json.loads((preset_folder() / FACTS_FILE).read_text())) == set(list_models())


def test_there_is_a_tiny_preset():
    assert describe_preset("tcn-tiny").parameters < 2000


def test_the_editors_schema_is_fresh():
    assert json.loads((preset_folder() / "recipe.schema.json").read_text()) == recipe_json_schema(), "run make presets"
