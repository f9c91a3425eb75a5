"""The generated code that the page shows is the code that is generated."""

from __future__ import annotations

import re
from pathlib import Path

from deployment.cases import macro

from neuralspot_edge.deployment import bundle
from neuralspot_edge.streaming import stream

PAGE = (Path(__file__).parents[2] / "docs" / "deploy.md").read_text()
BLOCKS = re.findall(r"^```c\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def _without_numbers(line: str) -> str:
    """Sizes, scales and zero points depend on the weights."""
    return re.sub(r"\(?-?\b\d[\d.]*f?\b\)?", "N", line.strip())


def test_every_line_of_c_on_the_page_is_generated_for_the_preset_that_it_shows(deployed):
    model = deployed("tcn-har-smartwatch")
    files = bundle(model.content, model.settings)
    steps = bundle(stream(model.content), model.with_settings(golden=None).settings)
    contents = (*files.values(), *steps.values())
    generated = {_without_numbers(line) for content in contents for line in content.decode().splitlines()}
    shown = [line for block in BLOCKS for line in block.splitlines()]
    assert len(shown) > 50
    assert [line for line in shown if _without_numbers(line) not in generated] == []


def test_the_files_on_the_page_are_those_of_the_bundle(deployed):
    model = deployed("tcn-har-smartwatch")
    named = set(re.findall(r"\b\w+\.(?:h|cc)\b", PAGE))
    assert len(named) > 4
    assert named <= set(bundle(model.content, model.settings))


def test_the_figures_of_the_self_test_on_the_page_agree_with_each_other():
    (arena,) = re.findall(r"^#define \w+_ARENA_BYTES (\d+)$", PAGE, re.MULTILINE)
    assert f"of {arena} bytes used" in PAGE


def test_the_constants_of_the_step_graph_on_the_page_are_its_own(deployed):
    model = deployed("tcn-har-smartwatch")
    steps = bundle(stream(model.content), model.with_settings(golden=None).settings)
    for name in ("DELAY_STEPS", "STATE_COUNT", "STATE_BYTES", "OUTPUT0_DELAY"):
        (shown,) = re.findall(rf"^#define \w+_{name} (\d+)$", PAGE, re.MULTILINE)
        assert macro(steps["model_data.h"].decode(), name) == shown
