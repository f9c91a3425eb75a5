import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from neuralspot_edge.datasets import list_datasets
from neuralspot_edge.models.registry import list_families
from neuralspot_edge.recipes import list_models, load_recipe, preset_path, recipe_json_schema
from neuralspot_edge.targets import target_names

SCHEMA = recipe_json_schema()
VALIDATOR = Draft202012Validator(SCHEMA)


def test_it_is_a_json_schema():
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(SCHEMA)


def test_the_file_that_editors_read_is_this_schema():
    file = preset_path("tcn-tiny").parent.parent / "recipe.schema.json"
    assert json.loads(file.read_text()) == SCHEMA, f"write what `nse schema` prints to {Path(*file.parts[-2:])}"


@pytest.mark.parametrize("name", list_models())
def test_presets_are_valid_as_written_and_as_loaded(name):
    VALIDATOR.validate(yaml.safe_load(preset_path(name).read_text()))
    VALIDATOR.validate(load_recipe(name).to_dict())


def test_names_are_completed():
    assert SCHEMA["$defs"]["ModelSpec"]["properties"]["family"]["enum"] == list(list_families())
    assert SCHEMA["$defs"]["DataSpec"]["properties"]["dataset"]["anyOf"][0]["enum"] == list(list_datasets())
    assert SCHEMA["properties"]["target"]["anyOf"][0]["enum"] == list(target_names())
    assert "steps_ahead" in SCHEMA["$defs"]["TwoSinesOptions"]["properties"]
    assert "filters" in SCHEMA["$defs"]["TcnBlockParams"]["properties"]


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("modle", {}),
        ("task", "clasification"),
        ("input", {"window": 0, "channels": 1}),
        ("model", {"family": "tnc", "params": {}}),
        ("model", {"family": "tcn", "params": {"blocks": [{"filters": 0}]}}),
        ("model", {"family": "tcn", "params": {"kernal": 3}}),
        ("model", {"family": "tcn"}),
        ("data", {"dataset": "basic-motion"}),
        ("data", {"dataset": "adding-problem", "options": {"trian": 3}}),
        ("data", {"dataset": "copy-memory", "options": {"memory": 0}}),
        ("target", "apolo4"),
    ],
)
def test_what_a_recipe_may_not_say(content, part, value):
    VALIDATOR.validate(content)
    assert not VALIDATOR.is_valid({**content, part: value})
