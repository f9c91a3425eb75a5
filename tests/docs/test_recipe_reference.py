"""The reference against the classes that check a recipe, not against the JSON Schema that it is made from."""

import json
import re

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined
from recipe_reference import params_reference, recipe_reference

from neuralspot_edge.models import TcnBlockParams, TcnParams
from neuralspot_edge.recipes import (
    DataSpec,
    DistillationSpec,
    ExportSpec,
    GatesSpec,
    InputSpec,
    ModelSpec,
    QatSpec,
    Recipe,
    StreamingSpec,
    ToolsSpec,
    TrainingSpec,
)

PARTS = {
    "data": DataSpec,
    "input": InputSpec,
    "model": ModelSpec,
    "training": TrainingSpec,
    "training.distillation": DistillationSpec,
    "export": ExportSpec,
    "export.tools": ToolsSpec,
    "export.qat": QatSpec,
    "export.streaming": StreamingSpec,
    "gates": GatesSpec,
    "model.params": TcnParams,
    "model.params.blocks[]": TcnBlockParams,
}


def _sections() -> dict[str, dict[str, list[str]]]:
    """The rows of each section by key: type, default, allowed, description."""
    text = f"{recipe_reference()}\n\n{params_reference('tcn')}"
    sections = re.split(r"^### ", text, flags=re.MULTILINE)[1:]
    return {section.partition("\n")[0].strip("`"): _rows(section) for section in sections}


def _rows(section: str) -> dict[str, list[str]]:
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    return {cells[0].strip("`"): cells[1:] for cells in rows}


SECTIONS = _sections()


def test_every_part_has_a_section():
    assert set(SECTIONS) == {"The top level", *PARTS}


@pytest.mark.parametrize("part", PARTS)
def test_every_field_has_a_row_with_its_default_and_description(part):
    fields = PARTS[part].model_fields
    assert list(SECTIONS[part]) == list(fields)
    for key, field in fields.items():
        _, default, _, description = SECTIONS[part][key]
        assert description == " ".join(field.description.split())
        if field.is_required():
            assert default == "**required**"
        elif field.default is not PydanticUndefined:
            assert default == f"`{_written(field.default)}`"


def _written(value):
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    return value if isinstance(value, str) else json.dumps(value)


def test_the_top_level_is_what_is_not_a_part():
    assert [*SECTIONS["The top level"], *(part for part in PARTS if "." not in part)] == sorted(
        Recipe.model_fields, key=lambda key: (key in PARTS, list(Recipe.model_fields).index(key))
    )


@pytest.mark.parametrize(
    ("part", "key", "kind", "allowed"),
    [
        ("training", "learning_rate", "number", "> 0, ≤ 10"),
        ("training", "seed", "whole number", "≥ 0, ≤ 4,294,967,295"),
        ("gates", "max_drop", "number", "≥ 0"),
        ("data", "channels", "list of texts", "1 to 4096 items"),
        ("data", "path", "text", ""),
        ("export.streaming", "hop", "whole number", "≥ 1, ≤ 65,536"),
        ("export.streaming", "state", "name", "`io`, `tflm`"),
        ("export", "quantization", "name", "`float32`, `float16`, `int8`, `int16x8`"),
        ("model", "params", "mapping", ""),
        ("model.params", "use_logits", "true or false", ""),
        ("model.params", "blocks", "list of mappings", "at most 256 items"),
        ("model.params.blocks[]", "kernel", "whole number or pair", "≥ 1, ≤ 1,024"),
        ("model.params.blocks[]", "dropout", "number", "≥ 0, < 1"),
        ("The top level", "schema_version", "whole number", "`1`"),
    ],
)
def test_type_and_range_in_words(part, key, kind, allowed):
    assert (SECTIONS[part][key][0], SECTIONS[part][key][2]) == (kind, allowed)
