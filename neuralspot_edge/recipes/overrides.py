"""Changing a value deep in a recipe by its dotted path."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from neuralspot_edge.errors import InputError
from neuralspot_edge.models.params import StrictModel
from neuralspot_edge.recipes.yaml_io import parse_value
from neuralspot_edge.suggestions import unknown_name

__all__ = ["apply_changes", "parse_settings"]


def parse_settings(settings: Iterable[str]) -> dict[str, Any]:
    """Changes for `Recipe.override` from a command line's `key=value` words.

    Args:
        settings: Words such as `training.epochs=5`; the value is read as YAML (`null`, `1e-3`, `[1, 3]`).

    Raises:
        InputError: A word has no `=` or no key, or its value is not YAML.
    """
    changes = {}
    for setting in settings:
        path, equals, text = setting.partition("=")
        path = path.strip()
        if not equals or not path:
            raise InputError(f"a setting is key=value, as in training.epochs=5; received {setting!r}")
        changes[path] = parse_value(text, path)
    return changes


def apply_changes(recipe: StrictModel, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe as its user wrote it, what was left out still left out, with the changes made.

    Raises:
        InputError: A path does not exist.
    """
    written = recipe.model_dump(exclude_unset=True)
    for path, value in changes.items():
        steps = path.split(".")
        _check_path(recipe, steps, path)
        _put(written, steps, value)
    return written


def _check_path(part: Any, steps: list[str], path: str) -> None:
    for position, step in enumerate(steps):
        if isinstance(part, StrictModel):
            known = type(part).model_fields
            if step not in known:
                raise InputError(f"{path}: {unknown_name('key', step, known)}")
            part = getattr(part, step)
        elif isinstance(part, tuple):
            if not re.fullmatch("[0-9]+", step) or int(step) >= len(part):
                count = f"0 to {len(part) - 1}" if part else "none, it is empty"
                raise InputError(f"{path}: {step!r} is no index of {'.'.join(steps[:position])}, there are {count}")
            part = part[int(step)]
        elif part is None:
            return  # Nothing is there yet: the schema judges what the changes make of it.
        else:
            raise InputError(f"{path}: {'.'.join(steps[:position])} is a value and has no {step!r}")


def _put(written: Any, steps: list[str], value: Any) -> None:
    """Sets a value, making mappings where nothing was written, and lists of tuples so that an item can change."""
    *parents, last = steps
    for step in parents:
        key: Any = int(step) if isinstance(written, list) else step
        below = written[key] if isinstance(written, list) else written.get(key)
        written[key] = list(below) if isinstance(below, (list, tuple)) else below if below is not None else {}
        written = written[key]
    written[int(last) if isinstance(written, list) else last] = value
