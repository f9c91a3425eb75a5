"""A page for each room of the package, with every public module in it: found by reading the package, never listed."""

from __future__ import annotations

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
        self.modules = sorted(it.path for it in package.modules.values() if not _is_private(it) and not it.is_package)
        self._names = {name: _home(member) for name, member in package.members.items() if member.is_alias}

    @property
    def uri(self) -> str:
        """The page's path in the site's sources."""
        return f"api/{self.name.removeprefix(_PACKAGE + '.').replace('.', '-')}.md"

    @property
    def title(self) -> str:
        """What the navigation calls it."""
        return self.name.removeprefix(_PACKAGE + ".")

    @property
    def markdown(self) -> str:
        """The page: what the room is for, its public names, then module for module."""
        parts = [f"# {self.name}", f"::: {self.name}\n    options:\n{_BARE}"]
        if self._names:
            rows = [(code(name), f"[`{home}`][{home}]") for name, home in sorted(self._names.items())]
            parts += [f"`from {self.name} import ...`", table(("name", "defined as"), rows)]
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
    for _, module in sorted(package.modules.items()):
        if module.is_package and not _is_private(module):
            yield from _packages(module)


def _is_private(module: Any) -> bool:
    return bool(module.name.startswith("_"))


def _home(alias: Any) -> str:
    return str(alias.final_target.path)
