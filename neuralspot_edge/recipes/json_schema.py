"""The recipe's JSON Schema, by which an editor completes and checks a recipe as it is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic.json_schema import models_json_schema

from neuralspot_edge.datasets import dataset_entry, list_datasets
from neuralspot_edge.models.params import StrictModel
from neuralspot_edge.models.registry import get_family, list_families
from neuralspot_edge.recipes.schema import Recipe
from neuralspot_edge.targets import target_names

__all__ = ["recipe_json_schema"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_MODE: Literal["validation"] = "validation"


def recipe_json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a recipe.

    With the params of every known family under `model.params`, the options of every data set under `data.options`.

    The schema refuses nothing that `load_recipe` accepts, aliases of a field aside. What it cannot say, such as which
    head goes with which task, only `load_recipe` checks.
    """
    classes = {name: get_family(name).params_class for name in list_families()}
    options = {name: model for name in list_datasets() if (model := dataset_entry(name).options)}
    models: list[type[StrictModel]] = [Recipe, *classes.values(), *dict.fromkeys(options.values())]
    places, schema = models_json_schema([(model, _MODE) for model in models])
    definitions = schema["$defs"]
    definitions["ModelSpec"] |= _by_family({name: places[model, _MODE] for name, model in classes.items()})
    definitions["DataSpec"]["properties"]["options"] |= {"anyOf": [{"type": "object"}, {"type": "null"}]}
    by_dataset = {name: {"anyOf": [places[model, _MODE], {"type": "null"}]} for name, model in options.items()}
    definitions["DataSpec"] |= {"allOf": _branches("dataset", "options", by_dataset)}
    definitions["DataSpec"]["properties"]["dataset"]["anyOf"][0] = {"enum": list(list_datasets()), "type": "string"}
    recipe = definitions.pop(places[Recipe, _MODE]["$ref"].rpartition("/")[2])
    recipe["properties"]["target"]["anyOf"][0] = {"enum": list(target_names()), "type": "string"}
    return {"$schema": _DIALECT, **recipe, "title": "neuralspot-edge recipe", "$defs": definitions}


def _by_family(references: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The parts of `model` that depend on the family: its names, and for each the params that go with it."""
    return {
        "properties": {
            "family": {"description": "A family of models by name", "enum": list(references), "title": "Family"},
            "params": {"description": "The family's params", "title": "Params", "type": "object"},
        },
        "allOf": _branches("family", "params", references),
    }


def _branches(key: str, field: str, references: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What `field` is for each value of `key`."""
    return [
        {
            "if": {"properties": {key: {"const": name}}, "required": [key]},
            "then": {"properties": {field: reference}},
        }
        for name, reference in references.items()
    ]
