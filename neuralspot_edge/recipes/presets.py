"""The presets: recipes that come with the package, `configs/<family>/<name>.yaml`."""

from __future__ import annotations

import fnmatch
from pathlib import Path

from neuralspot_edge.errors import InputError
from neuralspot_edge.suggestions import unknown_name

__all__ = ["list_models", "preset_folder", "preset_path"]


def list_models(pattern: str = "*") -> tuple[str, ...]:
    """Names of the presets that match `pattern` (`tcn-ecg*`), sorted."""
    return tuple(name for name in sorted(_paths()) if fnmatch.fnmatchcase(name, pattern.lower()))


def preset_path(name: str) -> Path:
    """The file of the preset of that name.

    Raises:
        InputError: There is none.
    """
    paths = _paths()
    if name not in paths:
        raise InputError(unknown_name("preset", name, paths))
    return paths[name]


def preset_folder() -> Path:
    """The folder of all presets: a wheel carries it inside the package, a checkout has it beside it."""
    package = Path(__file__).parent.parent
    inside = package / "configs"
    return inside if inside.is_dir() else package.parent / "configs"


def _paths() -> dict[str, Path]:
    return {path.stem: path for path in preset_folder().glob("*/*.yaml")}
