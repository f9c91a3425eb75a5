"""YAML and JSON as data from a stranger: small, plain, no key twice, and every error says where.

YAML is PyYAML's safe subset (YAML 1.1) with one addition: `1e-3` is a number, as it is in YAML 1.2 and in JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from neuralspot_edge.errors import InputError

__all__ = ["Document", "Place", "parse_json", "parse_value", "parse_yaml"]

Place = tuple[str | int, ...]
"""Keys and indices from the top of a document to a value."""

_MOST_DEPTH = 64
_MOST_WEIGHT = 2_000_000
"""Characters of all scalars and ten for each node, aliases written out: what a billion laughs has more of."""


@dataclass(frozen=True)
class Document:
    """What a file holds.

    Attributes:
        content: The mapping that the file is.
        lines: Line of each value's key, counted from 1; empty where lines are not known.
    """

    content: dict[str, Any]
    lines: Mapping[Place, int] = field(default_factory=dict)

    def line_of(self, place: Place) -> int | None:
        """Line of the value at `place`, or of the nearest value around it that is in the document."""
        known: Place = ()
        for step in place:
            # A step that is not in the document is the schema's own, or names what is missing.
            if (*known, step) in self.lines:
                known = (*known, step)
        return self.lines.get(known)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The safe loader, to which `1e-3` is a number."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"), list("-+0123456789")
)


def parse_yaml(text: str, where: str) -> Document:
    """Reads a YAML document that is a mapping.

    Args:
        text: The document.
        where: The file, to begin an error with.

    Raises:
        InputError: It is not one; or it has a key twice, an alias to what contains it, several documents, or more
            nodes or levels than a recipe can need.
    """
    node = _compose(text, where)
    if not isinstance(node, yaml.MappingNode):
        raise InputError(f"{where}: a recipe is a mapping of keys to values, this is a {_kind(node)}; write name: ...")
    content = _construct(node, where)
    _check_depth(content, where)
    return Document(content, dict(_lines(node)))


def parse_value(text: str, where: str) -> Any:
    """Reads one YAML value, such as the right side of `--set key=value`; an empty text is an empty string.

    Raises:
        InputError: It is no YAML value.
    """
    return _construct(_compose(text, where), where) if text.strip() else ""


def _compose(text: str, where: str) -> yaml.Node:
    try:
        # The composer recurses in C and an over-deep document ends the process, so depth is checked on the events.
        _check_events(text, where)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise _syntax_error(error, where, text) from None
    if node is None:
        raise InputError(f"{where}: is empty; a recipe has name, task, input and model")
    _check_weight(node, where)
    _check_keys(node, where)
    return node


def _check_events(text: str, where: str) -> None:
    depth = documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if depth > _MOST_DEPTH:
            raise InputError(f"{_at(event, where)}: more than {_MOST_DEPTH} levels deep; a recipe needs fewer")
        if documents > 1:
            raise InputError(f"{_at(event, where)}: a second document begins; a recipe is one, remove the ---")


def _construct(node: yaml.Node, where: str) -> Any:
    loader = _Loader("")
    try:
        return loader.construct_document(node)
    except yaml.YAMLError as error:
        raise _syntax_error(error, where) from None
    except RecursionError:
        raise InputError(f"{where}: merges (<<) are nested too deep; write the values out") from None
    except (ValueError, OverflowError) as error:
        # A scalar that looks like a date or a number and is none: 2026-99-99.
        raise InputError(f"{where}: {error}; put it in quotes if it is text") from None
    finally:
        loader.dispose()


def _syntax_error(error: yaml.YAMLError, where: str, text: str = "") -> InputError:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return InputError(f"{where}: is not YAML: {' '.join(str(error).split())}")
    what = ", ".join(part for part in (error.context, error.problem) if part)
    mark = error.problem_mark
    line = "".join(text.splitlines()[mark.line : mark.line + 1])
    hint = "; indent with spaces, not tabs" if "\t" in line[: len(line) - len(line.lstrip())] else ""
    return InputError(f"{where}:{mark.line + 1}:{mark.column + 1}: is not YAML: {what}{hint}")


def _at(item: yaml.Node | yaml.Event, where: str) -> str:
    return f"{where}:{_line(item)}"


def _line(item: yaml.Node | yaml.Event) -> int:
    return item.start_mark.line + 1 if item.start_mark else 1


def _kind(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return "single value"
    return "mapping" if isinstance(node, yaml.MappingNode) else "list"


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield value
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _check_weight(root: yaml.Node, where: str) -> None:
    """Weighs the nodes as if every alias were written out, without writing them out."""
    unfinished = -1
    weights: dict[int, int] = {}

    def weight(node: yaml.Node) -> int:
        if weights.get(id(node)) == unfinished:
            raise InputError(f"{_at(node, where)}: an alias leads back to what contains it; write the value out")
        if id(node) not in weights:
            weights[id(node)] = unfinished
            own = len(node.value) if isinstance(node, yaml.ScalarNode) else 0
            weights[id(node)] = 10 + own + sum(map(weight, _children(node)))
        return weights[id(node)]

    if weight(root) > _MOST_WEIGHT:
        raise InputError(f"{where}: holds too many values, aliases written out; a recipe needs fewer")


def _check_depth(content: Any, where: str) -> None:
    level = [content]
    for _ in range(_MOST_DEPTH):
        level = [below for item in level for below in _items(item)]
    if level:
        raise InputError(f"{where}: more than {_MOST_DEPTH} levels deep; a recipe needs fewer")


def _items(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _check_keys(root: yaml.Node, where: str) -> None:
    pending, seen = [root], {id(root)}
    while pending:
        node = pending.pop()
        if isinstance(node, yaml.MappingNode):
            _check_keys_of(node, where)
        fresh = [child for child in _children(node) if id(child) not in seen]
        seen.update(map(id, fresh))
        pending.extend(fresh)


def _check_keys_of(node: yaml.MappingNode, where: str) -> None:
    first: dict[tuple[str, str], int] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise InputError(f"{_at(key, where)}: a key is a word, received a {_kind(key)}")
        if (key.tag, key.value) in first:
            line = first[key.tag, key.value]
            raise InputError(f"{_at(key, where)}: key {key.value!r} is there already, in line {line}; remove one")
        first[key.tag, key.value] = _line(key)


def _lines(root: yaml.Node) -> Iterator[tuple[Place, int]]:
    """Lines by place. Construction has put what `<<` merges before a mapping's own keys, so the own ones come last."""
    pending: list[tuple[Place, yaml.Node]] = [((), root)]
    while pending:
        place, node = pending.pop()
        if isinstance(node, yaml.MappingNode):
            items = [((*place, key.value), key, value) for key, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            items = [((*place, index), item, item) for index, item in enumerate(node.value)]
        else:
            continue
        for below, marked, value in items:
            yield below, _line(marked)
            pending.append((below, value))


def parse_json(text: str, where: str) -> Document:
    """Reads a JSON document that is an object; see `parse_yaml`. Lines of values are not known.

    Raises:
        InputError: It is not one, has a key twice, or holds NaN or Infinity.
    """
    try:
        content = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        what = "is empty" if not text.strip() else f"is not JSON: {error.msg[0].lower()}{error.msg[1:]}"
        raise InputError(f"{where}:{error.lineno}:{error.colno}: {what}") from None
    except RecursionError:
        raise InputError(f"{where}: more than {_MOST_DEPTH} levels deep; a recipe needs fewer") from None
    except ValueError as error:
        raise InputError(f"{where}: {error}") from None
    if not isinstance(content, dict):
        raise InputError(f"{where}: a recipe is an object of keys and values, this is a {type(content).__name__}")
    _check_depth(content, where)
    return Document(content)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"key {twice!r} is there more than once; remove one")
    return content


def _refuse_constant(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON; write a finite number")
