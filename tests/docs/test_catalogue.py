import catalogue
import pytest

from neuralspot_edge.datasets import list_datasets
from neuralspot_edge.recipes import list_models
from neuralspot_edge.recipes.facts import describe_preset


def _rows(markdown: str) -> dict[str, list[str]]:
    lines = [line.strip("| ").split(" | ") for line in markdown.splitlines() if line.startswith(("| `", "| [`"))]
    return {cells[0]: cells[1:] for cells in lines}


@pytest.mark.parametrize("name", list_models())
def test_a_preset_is_listed_and_described(name):
    page, facts = catalogue.presets(), describe_preset(name)
    assert _rows(page)[f"[`{name}`](#{name})"] == [facts.task, f"{facts.parameters:,}", f"{facts.int8_bytes:,}"]
    section = page.partition(f"## {name}\n")[2].partition("## ")[0]
    assert facts.description in section
    assert facts.source.split()[0] in section


def test_every_data_set_is_listed_with_its_source():
    table, _, sources = catalogue.datasets().partition("???")
    names = [f"`{name}`" for name in list_datasets()]
    assert list(_rows(table)) == names
    assert all(name in sources for name in names)
    assert _rows(table)["`basic-motions`"][2] == "100 steps of 6, 10 Hz"
    assert _rows(table)["`two-sines`"][2] == "50 steps of 1"
    assert _rows(table)["`text-words`"][2] == "80 steps of the vocabulary"


@pytest.mark.parametrize(
    ("activation", "verdicts"),
    [
        ("relu6", ["runs", "runs", "runs"]),
        ("gelu", ["**refused**", "**refused**", "**refused**"]),
        ("hard_swish", ["runs", "**refused**", "runs"]),
        ("hard_silu", ["runs", "**refused**", "runs"]),
        ("silu", ["runs", "runs", "runs"]),
        ("swish", ["runs", "runs", "runs"]),
        ("softplus", ["**refused**", "**refused**", "tried"]),
    ],
)
def test_activations_are_judged_under_both_of_their_names(activation, verdicts):
    assert _rows(catalogue.activations())[f"`{activation}`"] == verdicts


def test_tasks_and_quantizations():
    assert _rows(catalogue.tasks())["`segmentation`"][0] == "`macro_f1`"
    assert _rows(catalogue.tasks())["`denoising`"][2] == "relative to the float model"
    assert _rows(catalogue.quantizations())["`int16x8`"] == ["`int16`", "`int16`, `float32`"]


def test_file_formats_are_the_tables_of_their_readers():
    assert "| `x` | `(series, time, channels)` | series of one length |" in catalogue.file_format("npz_file")
    assert catalogue.file_format("csv_file").startswith("| column | meaning |")
