"""The recipe reference, from the JSON Schema that `nse schema` prints: as an editor checks it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tables import code, table

from neuralspot_edge.recipes import recipe_json_schema

__all__ = ["options_reference", "params_reference", "recipe_reference"]

Schema = Mapping[str, Any]

_HEADER = ("key", "type", "default", "allowed", "description")
_LONGEST_TEXT = 200
"""A limit on the length of a text that is larger than this tells a reader nothing."""


def recipe_reference() -> str:
    """A section for each part of a recipe but the params, each a table of its keys."""
    schema = recipe_json_schema()
    plain = {key: field for key, field in schema["properties"].items() if not _reference(field)}
    parts = [_section("The top level", {**schema, "properties": plain}, schema)]
    for key, field in schema["properties"].items():
        if reference := _reference(field):
            parts += _with_parts(key, reference, schema)
    return "\n\n".join(parts)


def params_reference(family: str) -> str:
    """A section for a family's params, and one for each part that they hold.

    Args:
        family: Its name, as in `model.family`.
    """
    schema = recipe_json_schema()
    branches = schema["$defs"]["ModelSpec"]["allOf"]
    names = {
        branch["if"]["properties"]["family"]["const"]: branch["then"]["properties"]["params"] for branch in branches
    }
    return "\n\n".join(_with_parts("model.params", str(_reference(names[family])), schema))


def options_reference() -> str:
    """A section for the options of each data set that has some."""
    schema = recipe_json_schema()
    sections = []
    for branch in schema["$defs"]["DataSpec"]["allOf"]:
        name = branch["if"]["properties"]["dataset"]["const"]
        definition = schema["$defs"][str(_reference(branch["then"]["properties"]["options"]))]
        sections.append(_section(code(name), definition, schema))
    return "\n\n".join(sections)


def _with_parts(place: str, name: str, schema: Schema) -> Iterator[str]:
    """A definition's section, then those of the definitions, and of the lists of definitions, in it."""
    definition = schema["$defs"][name]
    yield _section(code(place), definition, schema)
    for key, field in definition["properties"].items():
        if part := _reference(field.get("items", {})):
            yield from _with_parts(f"{place}.{key}[]", part, schema)
        if part := _reference(field):
            yield from _with_parts(f"{place}.{key}", part, schema)


def _section(title: str, definition: Schema, schema: Schema) -> str:
    required = definition.get("required", ())
    rows = [_row(key, field, key in required, schema) for key, field in definition["properties"].items()]
    # The first line of the class's docstring; what follows it is the API reference's.
    summary = "" if definition is schema else definition.get("description", "").partition("\n")[0]
    return "\n\n".join(filter(None, (f"### {title}", summary, table(_HEADER, rows))))


def _row(key: str, field: Schema, is_required: bool, schema: Schema) -> tuple[str, ...]:
    default = "**required**" if is_required else _default(field)
    options = [option for option in _options(field) if option.get("type") != "null"]
    kinds = list(dict.fromkeys(_kind(option, schema) for option in options))
    allowed = list(dict.fromkeys(filter(None, map(_allowed, options))))
    return code(key), " or ".join(kinds), default, ", ".join(allowed), field.get("description", "")


def _options(field: Schema) -> list[Schema]:
    return list(field.get("anyOf", [field]))


def _default(field: Schema) -> str:
    if "default" not in field:
        return "follows from others"
    default = field["default"]
    return code(default if isinstance(default, str) else json.dumps(default))


def _kind(option: Schema, schema: Schema) -> str:
    if "prefixItems" in option:
        return "pair"
    if "items" in option:
        reference = _reference(option["items"])
        return "list of mappings" if reference else f"list of {_plural(_kind(option['items'], schema))}"
    kinds = {"integer": "whole number", "number": "number", "string": "text", "boolean": "true or false"}
    if "enum" in option:
        return "name"
    return kinds.get(option.get("type", ""), "mapping")


def _plural(kind: str) -> str:
    return {"text": "texts"}.get(kind, f"{kind}s")


def _allowed(option: Schema) -> str:
    for key, describe in _LIMITS.items():
        if key in option:
            return describe(option)
    return _range(option)


def _count(option: Schema, least: str, most: str, unit: str) -> str:
    if most not in option:
        return ""
    return f"{option[least]} to {option[most]} {unit}" if least in option else f"at most {option[most]} {unit}"


def _range(option: Schema) -> str:
    bounds = [
        f"{sign} {option[key]:,.10g}"
        for key, sign in (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<"))
        if key in option
    ]
    return ", ".join(bounds)


def _length(option: Schema) -> str:
    return _count(option, "minLength", "maxLength", "characters") if option["maxLength"] <= _LONGEST_TEXT else ""


_LIMITS: dict[str, Callable[[Schema], str]] = {
    "enum": lambda option: ", ".join(map(code, option["enum"])),
    "const": lambda option: code(option["const"]),
    "prefixItems": lambda _: "",  # each of the two is what the single number may be
    "items": lambda option: _count(option, "minItems", "maxItems", "items"),
    "pattern": lambda option: f"{code(option['pattern'])}, {_length(option)}",
    "maxLength": _length,
}
"""How a limit is told, by the keyword that sets it; the first one that is there says it all."""


def _reference(field: Schema) -> str | None:
    """The definition that a field is of, None where it is none."""
    for option in _options(field):
        if "$ref" in option:
            return str(option["$ref"]).rpartition("/")[2]
    return None
