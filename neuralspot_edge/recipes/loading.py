"""`load_recipe`: a recipe from a file, a preset's name, a mapping or standard input."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from neuralspot_edge.errors import InputError
from neuralspot_edge.models.params import explain
from neuralspot_edge.recipes import heartkit
from neuralspot_edge.recipes.presets import list_models, preset_path
from neuralspot_edge.recipes.schema import Recipe
from neuralspot_edge.recipes.yaml_io import Document, Place, parse_json, parse_yaml
from neuralspot_edge.suggestions import unknown_name

__all__ = ["load_recipe"]

_MOST_BYTES = 1 << 20
_SUFFIXES = (".yaml", ".yml", ".json")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def load_recipe(source: str | Path | Mapping[str, Any] | Recipe) -> Recipe:
    """Loads a recipe.

    Args:
        source: A `.yaml`, `.yml` or `.json` file; a preset's name (see `list_models`); `-` for standard input; or a
            mapping. A mapping in the style of heartkit (`architecture` instead of `model`) is translated. A relative
            `data.path` or `training.teacher` in a file counts from that file's folder, otherwise from the current one.

    Returns:
        The recipe; a `Recipe` is returned as it is.

    Raises:
        InputError: There is no such file or preset, or what it holds is not a recipe; one line says where and what.
    """
    if isinstance(source, Recipe):
        return source
    if isinstance(source, Mapping):
        return _to_recipe(Document(dict(source)))
    if not isinstance(source, str | os.PathLike):
        raise InputError(f"a recipe is a file, a preset's name, a mapping or '-'; received {source!r:.80}")
    if source == "-":
        return _load_standard_input()
    if isinstance(source, str) and not _is_path(source):
        return _load_preset(source)
    return _load_file(Path(source))


def _is_path(source: str) -> bool:
    if source.lower().endswith(_SUFFIXES) or Path(source).name != source:
        return True
    # A run's folder may have the preset's name: only a file counts.
    with contextlib.suppress(OSError, ValueError):
        return Path(source).is_file()
    return False


def _load_preset(name: str) -> Recipe:
    names = list_models()
    if name not in names:
        raise InputError(f"{unknown_name('preset', name, names)}; a file ends in .yaml or .json")
    path = preset_path(name)
    return _to_recipe(parse_yaml(path.read_text(encoding="utf-8"), path.name), path.name)


def _load_file(path: Path) -> Recipe:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"cannot read the recipe {path}: {reason}") from None
    document = _parse(_decode(content, str(path)), str(path), json=path.suffix.lower() == ".json")
    return _to_recipe(_with_files_beside(document, path.parent), str(path))


def _load_standard_input() -> Recipe:
    where = "standard input"
    return _to_recipe(_parse(_decode(sys.stdin.buffer.read(_MOST_BYTES + 1), where), where), where)


def _decode(content: bytes, where: str) -> str:
    """The text of what was read, of which there is a byte too many where the file is too large."""
    if len(content) > _MOST_BYTES:
        raise InputError(f"{where}: is more than 1 MiB; a recipe is a short text")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: byte {error.start} is no UTF-8; a recipe is a YAML or JSON text") from None
    if control := _CONTROL.search(text):
        place = f"{where}: character {control.start()}"
        raise InputError(f"{place} is {control[0]!r}; a recipe is a YAML or JSON text")
    return text


def _parse(text: str, where: str, json: bool | None = None) -> Document:
    """Reads text in the format that is stated, or in the one that it looks like."""
    if json is None:
        json = text.lstrip().startswith("{")
    return parse_json(text, where) if json else parse_yaml(text, where)


def _with_files_beside(document: Document, folder: Path) -> Document:
    content = dict(document.content)
    if isinstance(data := content.get("data"), dict):
        content["data"] = _with_path_in(data, folder)
        if isinstance(data.get("options"), dict):
            content["data"]["options"] = _with_path_in(data["options"], folder)
    training = content.get("training")
    if isinstance(training, dict) and training.get("teacher") and training["teacher"] not in list_models():
        content["training"] = _with_path_in(training, folder, "teacher")
    return Document(content, document.lines)


def _with_path_in(part: dict[str, Any], folder: Path, key: str = "path") -> dict[str, Any]:
    if not isinstance(part.get(key), str) or not part[key]:
        return dict(part)
    # Absolute, so that the copy of the recipe in a run's folder still finds the file.
    return {**part, key: str((folder / part[key]).absolute())}


def _to_recipe(document: Document, where: str = "") -> Recipe:
    if heartkit.is_heartkit(document.content):
        try:
            return heartkit.to_recipe(document.content)
        except InputError as error:
            raise InputError(f"{where}: {error}" if where else str(error)) from None
    try:
        return Recipe.model_validate(document.content)
    except ValidationError as error:
        line = document.line_of(_place_of_first(error))
        at = f"{where}:{line}: " if where and line else f"{where}: " if where else ""
        raise InputError(f"{at}{explain(error)}") from None


def _place_of_first(error: ValidationError) -> Place:
    report = error.errors(include_url=False)[0]
    place = report["loc"]
    if report["type"] == "unknown_key":
        # It is reported at the mapping around it.
        text = report["ctx"]["text"]
        place += tuple(key for key in report["input"] if text.startswith(f"unknown key {key!r}:"))
    return place
