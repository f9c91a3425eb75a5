import importlib
import inspect
from pathlib import Path

import pytest
from api_pages import rooms

import neuralspot_edge

PACKAGE = Path(neuralspot_edge.__file__).parent
ROOMS = {room.name: room for room in rooms()}


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def test_every_module_is_on_one_page():
    files = [path for path in PACKAGE.rglob("*.py") if not path.name.startswith("_") or path.name == "__init__.py"]
    modules = sorted(_dotted(path) for path in files if path.name != "__init__.py")
    assert sorted(module for room in ROOMS.values() for module in room.modules) == modules
    assert sorted(ROOMS) == sorted(_dotted(path) for path in files if path.name == "__init__.py")
    assert len({room.uri for room in ROOMS.values()}) == len(ROOMS)


@pytest.mark.parametrize("name", ROOMS)
def test_public_names_are_linked_to_where_they_are_defined(name):
    room = importlib.import_module(name)
    lines = [line for line in ROOMS[name].markdown.splitlines() if line.startswith("| `")]
    linked = dict(tuple(cell.strip() for cell in line.strip("| ").split("|")) for line in lines)
    public = {key for key in getattr(room, "__all__", ()) if not inspect.ismodule(getattr(room, key))}
    assert {key.strip("`") for key in linked} == public
    for key, link in linked.items():
        home, _, attribute = link.partition("]")[0].strip("[`").rpartition(".")
        assert getattr(importlib.import_module(home), attribute) is getattr(room, key.strip("`"))


def test_a_function_that_a_module_is_named_like_is_not_taken_for_it():
    assert "[`neuralspot_edge.pipeline.export.export`]" in ROOMS["neuralspot_edge"].markdown
