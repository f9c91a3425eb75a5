"""Reads YAML of the target files: small and plain, and every error names the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from neuralspot_edge.errors import InputError
from neuralspot_edge.files import read_bytes

__all__ = ["read_mapping"]

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""PyYAML's safe loader, in C where PyYAML was built with it."""

_MOST_BYTES = 1 << 16
_MOST_DEPTH = 12


def read_mapping(path: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds.

    Args:
        path: The file.

    Raises:
        InputError: It cannot be read, is no YAML, no mapping, has a key twice, or more of anything than a target needs.
    """
    try:
        content = read_bytes(path, "target")
    except ValueError as error:
        # A name that no file can have, such as one with a null character.
        raise (
            error if isinstance(error, InputError) else InputError(f"cannot read the target {path}: {error}")
        ) from None
    if len(content) > _MOST_BYTES:
        raise InputError(f"{path}: is more than {_MOST_BYTES >> 10} KiB; a target is a short text")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start} is no UTF-8; a target is a YAML text") from None
    try:
        _check_events(text, path)
        mapping = _construct(text, path)
    except (yaml.YAMLError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(mapping, dict):
        raise InputError(f"{path}: a target is a mapping of keys to values; write name: ...")
    return mapping


def _check_events(text: str, path: Path) -> None:
    """Refuses what PyYAML's composer cannot hold: depth, and aliases, by which a short text grows without end."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MOST_DEPTH or isinstance(event, yaml.AliasEvent):
            what = "an alias" if isinstance(event, yaml.AliasEvent) else f"more than {_MOST_DEPTH} levels"
            raise InputError(f"{path}:{_line(event)}: {what}; a target needs none")


def _construct(text: str, path: Path) -> Any:
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        _check_keys(root, path)
        return None if root is None else loader.construct_document(root)
    finally:
        loader.dispose()


def _check_keys(root: yaml.Node | None, path: Path) -> None:
    for node in _mappings(root):
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise InputError(f"{path}:{_line(key)}: a key is a word")
            if key.value in seen:
                raise InputError(f"{path}:{_line(key)}: key {key.value!r} is there already; remove one")
            seen.add(key.value)


def _line(item: yaml.Node | yaml.Event) -> int:
    return item.start_mark.line + 1 if item.start_mark else 1


def _mappings(node: yaml.Node | None) -> Iterator[yaml.MappingNode]:
    if isinstance(node, yaml.MappingNode):
        yield node
        for _, value in node.value:
            yield from _mappings(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _mappings(item)
