"""Targets by name: the chips and cores of `data/`, and files of the user's own."""

from __future__ import annotations

import fnmatch
import functools
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from neuralspot_edge.errors import InputError
from neuralspot_edge.strict import validate
from neuralspot_edge.suggestions import unknown_name
from neuralspot_edge.targets.files import read_mapping
from neuralspot_edge.targets.schema import Core, ReferenceKernels, Target

__all__ = ["BARE_CORE_MHZ", "list_targets", "load_core", "load_reference_kernels", "load_target", "target_names"]

BARE_CORE_MHZ = 100.0
"""The clock that a core by itself is reckoned with, so that its milliseconds are easy to scale."""

Named = TypeVar("Named", bound=Core | Target)

_DATA = Path(__file__).parent / "data"
_SUFFIXES = (".yaml", ".yml")


def list_targets(pattern: str = "*") -> tuple[str, ...]:
    """Names of the targets that match `pattern` (`stm32*`), chips first; aliases are not listed."""
    names = (*sorted(_chips()), *sorted(_cores()))
    return tuple(name for name in names if fnmatch.fnmatchcase(name, pattern.lower()))


def target_names() -> tuple[str, ...]:
    """All names that `load_target` knows, aliases too, sorted."""
    return tuple(sorted(_targets()))


def load_target(source: str | Path) -> Target:
    """A chip or core by name, or the target in a file.

    Args:
        source: A name of `list_targets` or an alias; a path, or a name that ends in `.yaml`, is a file.

    Returns:
        The target. A core by itself has no memory and a clock of `BARE_CORE_MHZ`.

    Raises:
        InputError: There is none of that name, or the file is wrong; one line names the file and the field.
    """
    if isinstance(source, Path) or source.lower().endswith(_SUFFIXES) or Path(source).name != source:
        return _read_target(Path(source))
    name = source.lower()
    if name not in _targets():
        raise InputError(f"{unknown_name('target', source, target_names())}; a file of your own ends in .yaml")
    return _targets()[name]


def load_core(name: str) -> Core:
    """How fast a core is.

    Raises:
        InputError: There is none of that name.
    """
    cores = _by_all_names(_cores())
    if name not in cores:
        raise InputError(unknown_name("core", name, cores))
    return cores[name]


@functools.cache
def load_reference_kernels() -> ReferenceKernels:
    """What the kernels cost that run on every core."""
    path = _DATA / "reference_kernels.yaml"
    return validate(ReferenceKernels, read_mapping(path), str(path))


def _read_target(path: Path) -> Target:
    target = validate(Target, read_mapping(path), str(path))
    try:
        load_core(target.core)
    except InputError as error:
        raise InputError(f"{path}: core: {error}") from None
    return target


@functools.cache
def _chips() -> Mapping[str, Target]:
    return {target.name: target for target in map(_read_target, sorted((_DATA / "chips").glob("*.yaml")))}


@functools.cache
def _cores() -> Mapping[str, Core]:
    paths = sorted((_DATA / "cores").glob("*.yaml"))
    cores = (validate(Core, read_mapping(path), str(path)) for path in paths)
    return {core.name: core for core in cores}


@functools.cache
def _targets() -> Mapping[str, Target]:
    bare = {
        core.name: Target(
            name=core.name,
            aliases=core.aliases,
            description=f"{core.description}, reckoned at {BARE_CORE_MHZ:g} MHz",
            core=core.name,
            clock_mhz=BARE_CORE_MHZ,
            source=core.source,
        )
        for core in _cores().values()
    }
    return MappingProxyType(_by_all_names({**bare, **_chips()}))


def _by_all_names(items: Mapping[str, Named]) -> dict[str, Named]:
    named: dict[str, Named] = {}
    for item in items.values():
        for name in (item.name, *item.aliases):
            named[name] = item
    return named
