import json
import shutil

import pytest

from neuralspot_edge.graph import load_graph
from neuralspot_edge.targets import list_targets


@pytest.fixture
def file(finished_run, tmp_path):
    return shutil.copy(finished_run.exported.path, tmp_path / "mine.tflite")


def test_a_table_answers_what_it_costs_and_whether_it_fits(nse, file):
    outcome = nse("profile", file, "--target", "apollo4")
    assert (outcome.status, outcome.err) == (0, "")
    text = " ".join(outcome.out.split())
    for word in ("tcn-small", "CONV_2D", "MACs", "arena", "apollo4", "estimate"):
        assert word in text, word
    assert max(map(len, outcome.out.splitlines())) <= 80


def test_json_is_the_profile(nse, file):
    outcome = nse("profile", file, "--target", "cortex-m4", "--target", "stm32*", "--format", "json")
    shown = json.loads(outcome.out)
    assert shown["model"]["size_bytes"] == file.stat().st_size
    assert len(shown["layers"]) == len(load_graph(file).operators)
    assert shown["totals"]["macs"] == sum(layer["macs"] for layer in shown["layers"]) > 0
    assert shown["totals"]["arena_bytes"] == shown["memory"]["measured"]["total_bytes"]
    assert [target["name"] for target in shown["targets"]] == ["cortex-m4", *list_targets("stm32*")]


def test_a_runs_folder_stands_for_its_file(nse, finished_run):
    one = nse("profile", finished_run.folder, "--format", "json")
    other = nse("profile", finished_run.exported.path, "--format", "json")
    assert json.loads(one.out) == json.loads(other.out)


def test_without_a_target_every_chip_is_looked_at(nse, file):
    targets = json.loads(nse("profile", file, "--format", "json").out)["targets"]
    assert {"apollo4", "stm32l4", "rp2040"} < {target["name"] for target in targets}
    assert all(target["fits"] is not None for target in targets)


def test_what_vela_says_of_an_npu(nse, file):
    outcome = nse("profile", file, "--target", "alif-e7", "--vela")
    assert outcome.status == 0
    assert "alif-e7: ethos-u55-256 by vela" in " ".join(outcome.out.split())


def test_a_page_of_it(nse, file, tmp_path):
    assert nse("profile", file, "--html", "page.html").status == 0
    page = (tmp_path / "page.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "CONV_2D" in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("missing.tflite",), "cannot read the model missing.tflite: No such file"),
        (("text.tflite",), "text.tflite is not a .tflite model: the mark TFL3 is missing at byte 4"),
        (("mine.tflite", "--target", "apolo4"), "unknown target 'apolo4': did you mean 'apollo4'?"),
        (("mine.tflite", "--target", "z80*"), "target: no name matches 'z80*'"),
        (("mine.tflite", "--target", "mine.yaml"), "mine.yaml"),
        (("mine.tflite", "--html", "no/page.html"), "cannot write no/page.html"),
        ((".",), "cannot read the model model.tflite"),
    ],
)
def test_what_does_not_fit_is_refused(refusal, file, tmp_path, arguments, message):
    (tmp_path / "text.tflite").write_text("no model at all")
    (tmp_path / "mine.yaml").write_text("name: [")
    assert message in refusal("profile", *arguments)
