"""What an import costs: whatever needs no training must not pay for it. Import-linter cannot see this."""

import ast
import importlib
import json
import pkgutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import neuralspot_edge

PACKAGE = Path(neuralspot_edge.__file__).parent
HEAVY = (
    "tensorflow",
    "keras",
    "aeon",
    "ethosu",
    "sklearn",
    "jinja2",
    "matplotlib",
    "ai_edge_litert",
    "tflite_micro",
    "tflite_runtime",
)
LIGHT_ROOMS = ("cli", "datasets", "deployment", "graph", "interpreters", "recipes", "reports", "targets")
LIGHT_MODULES = ("errors", "files", "processes", "suggestions", "models.params", "models.registry", "pipeline.profile")


def _modules():
    walked = pkgutil.walk_packages([str(PACKAGE)], "neuralspot_edge.", onerror=pytest.fail)
    return [module.name for module in walked]


def _is_light(name):
    inside = name.removeprefix("neuralspot_edge.")
    return (
        inside.split(".")[0] in LIGHT_ROOMS
        or inside in LIGHT_MODULES
        or (inside.startswith("models.") and inside.endswith((".params", ".family")))
    )


def _loaded_after(code):
    """The modules that a fresh process has after running code."""
    script = f"import json, sys; before = set(sys.modules)\n{code}\nprint(json.dumps(list(set(sys.modules) - before)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def _heavy_after(code):
    return {name.split(".")[0] for name in _loaded_after(code)} & set(HEAVY)


def _stubs():
    """Each package with a stub, and the names that it promises."""
    for stub in sorted(PACKAGE.rglob("__init__.pyi")):
        room = ".".join(("neuralspot_edge", *stub.parent.relative_to(PACKAGE).parts))
        tree = ast.parse(stub.read_text())
        names = [
            alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
        ]
        yield room, names


def test_light_modules_load_no_heavy_library():
    light = [name for name in _modules() if _is_light(name)]
    assert len(light) > 40
    for room in LIGHT_ROOMS:
        assert any(f".{room}." in name for name in light), room
    if _heavy_after(f"import {', '.join(light)}"):
        guilty = {name: loaded for name in light if (loaded := _heavy_after(f"import {name}"))}
        pytest.fail(f"heavy imports at module level: {guilty}")


def test_the_package_alone_loads_next_to_nothing():
    loaded = _loaded_after("import neuralspot_edge")
    assert not {name.split(".")[0] for name in loaded} & {*HEAVY, "numpy", "pydantic", "yaml", "typer", "rich"}
    assert [name for name in loaded if name.startswith("neuralspot_edge.")] == []


@pytest.mark.parametrize(
    "use",
    [
        "nse.list_models()",
        "nse.load_recipe('tcn-tiny')",
        "nse.recipes.recipe_json_schema()",
        "nse.datasets.list_datasets()",
        "nse.models.TcnParams()",
        "nse.interpreters.available()",
    ],
)
def test_what_needs_no_training_does_not_pay_for_it(use):
    assert not _heavy_after(f"import neuralspot_edge as nse; {use}")


STUBS = list(_stubs())


@pytest.mark.parametrize(("room", "names"), STUBS, ids=[room for room, _ in STUBS])
def test_every_public_name_is_there(room, names):
    module = importlib.import_module(room)
    assert sorted(names) == sorted(module.__all__)
    assert sorted(set(names)) == sorted(names)
    for name in names:
        assert getattr(module, name) is not None
        assert name in dir(module)
    with pytest.raises(AttributeError):
        _ = module.no_such_name


def test_every_module_says_what_is_public_and_means_it():
    for name in _modules():
        module = importlib.import_module(name)
        assert module.__doc__, name
        for public in getattr(module, "__all__", ()):
            assert hasattr(module, public), f"{name}.{public}"


@pytest.mark.parametrize("verb", ["export", "profile", "quant_report", "run", "verify"])
def test_a_function_is_not_hidden_by_the_module_of_its_name(verb):
    code = (
        f"import neuralspot_edge.pipeline.{verb}, neuralspot_edge as nse\n"
        f"from neuralspot_edge.pipeline import {verb}\n"
        f"assert callable({verb}) and callable(nse.{verb}) and callable(nse.pipeline.{verb})"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_version_is_that_of_the_distribution():
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text())["project"]
    assert neuralspot_edge.__version__ == project["version"]
