"""A page for each room of the package, with every public module in it: found by reading the package, never listed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import griffe
from tables import code, table

__all__ = ["Room", "rooms"]

_PACKAGE = "neuralspot_edge"
_ROOT = Path(__file__).parents[2]


class Room:
    """A package and the public modules right in it.

    Attributes:
        name: Its dotted name.
        modules: Dotted names of its public modules, sorted.
    """

    def __init__(self, package: Any) -> None:
        self.name: str = package.path
        self.modules = [module.path for module in _children(package) if not module.is_init_module]
        self._names = {name: _home(package, name) for name in sorted(_exports(package))}

    @property
    def uri(self) -> str:
        """The page's path in the site's sources."""
        return f"api/{self.title.replace('.', '-')}.md"

    @property
    def title(self) -> str:
        """What the navigation calls it."""
        return self.name.removeprefix(f"{_PACKAGE}.")

    @property
    def markdown(self) -> str:
        """The page: what the room is for, its public names, then module for module."""
        parts = [f"# {self.name}", f"::: {self.name}\n    options:\n{_BARE}"]
        if self._names:
            rows = [(code(name), f"[`{home}`][{home}]") for name, home in self._names.items()]
            parts += [f"Importable from `{self.name}`:", table(("name", "defined as"), rows)]
        parts += [f"::: {module}" for module in self.modules]
        return "\n\n".join(parts) + "\n"


_BARE = "      members: false\n      show_root_heading: false\n      show_root_toc_entry: false"


def rooms() -> tuple[Room, ...]:
    """All rooms, the package itself first."""
    return tuple(Room(package) for package in _packages(_load()))


@cache
def _load() -> Any:
    return griffe.load(_PACKAGE, search_paths=[str(_ROOT)], resolve_aliases=True)


def _packages(package: Any) -> Iterator[Any]:
    yield package
    for module in _children(package):
        if module.is_init_module:
            yield from _packages(module)


def _children(package: Any) -> list[Any]:
    """The public modules and packages in a package, sorted."""
    found = [member for member in package.members.values() if not member.is_alias and member.is_module]
    return sorted((it for it in found if not it.name.startswith("_")), key=lambda it: it.name)


def _exports(package: Any) -> set[str]:
    """The names that a package's stub takes from its modules, other packages aside."""
    stub = package.filepath.with_name("__init__.pyi")
    tree = ast.parse(stub.read_text(encoding="utf-8")) if stub.is_file() else ast.Module([], [])
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module]
    return {alias.name for node in imports for alias in node.names}


def _home(package: Any, name: str) -> str:
    """Where a name is defined."""
    member = package[name]
    target = member.final_target if member.is_alias else member
    # A module such as `pipeline.export` hides the function that is named like it.
    return str(target[name].path if target.is_module else target.path)
