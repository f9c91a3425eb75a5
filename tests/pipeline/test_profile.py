"""The profile of files of every make, and that it adds up."""

import subprocess
import sys
import tempfile

import pytest
from helpers.foreign import foreign_files

import neuralspot_edge as nse
from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import load_graph
from neuralspot_edge.interpreters import TflmInterpreter
from neuralspot_edge.pipeline import profile
from neuralspot_edge.pipeline.profile import find_targets, list_chips

FOREIGN = (
    "attention",
    "complex",
    "custom",
    "flex",
    "float16-weights",
    "if",
    "image",
    "keras-dynamic-range",
    "keras-float",
    "keras-int8",
    "open-time-axis",
    "recurrent",
    "signatures-and-variables",
    "while",
)


@pytest.fixture(scope="module")
def foreign():
    with tempfile.TemporaryDirectory() as folder:
        return dict(foreign_files(folder))


@pytest.fixture(scope="module")
def own(finished_run):
    return profile(finished_run.exported.path, ["apollo4", "cortex-m4"])


def test_the_list_of_foreign_files_is_whole(foreign):
    assert sorted(foreign) == sorted(FOREIGN)


@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_file_is_profiled(foreign, name):
    result = profile(foreign[name], "apollo4")
    shown = result.to_dict()
    graph = load_graph(foreign[name])
    assert [layer["index"] for layer in shown["layers"] if layer["subgraph"] == 0] == list(range(len(graph.operators)))
    assert shown["totals"]["arena_bytes"] > 0
    assert len(result.support["tflm"]) == sum(len(subgraph.operators) for subgraph in graph.subgraphs)
    assert shown["memory"]["measured_detail"]
    assert shown["targets"][0]["fits"] is True


@pytest.mark.parametrize("name", FOREIGN)
def test_what_the_profile_says_of_the_device_is_what_the_device_does(foreign, name):
    try:
        TflmInterpreter(foreign[name])
        takes_it = True
    except InputError:
        takes_it = False
    # Left with a free batch, a dilated convolution runs there, and wrong.
    runs_wrong = any(operator.kind == "SPACE_TO_BATCH_ND" for operator in load_graph(foreign[name]).operators)
    assert profile(foreign[name]).runs == (takes_it and not runs_wrong)


def test_what_cannot_be_counted_is_named(foreign):
    for name, kind in (("custom", "Erfc"), ("flex", "FlexMatrixDeterminant")):
        assert kind in profile(foreign[name]).to_dict()["model"]["uncounted"]


def test_totals_are_the_sums_of_the_layers(own):
    totals = own.totals
    assert totals.macs == sum(layer.macs for layer in own.layers) > 0
    assert totals.elementwise == sum(layer.elementwise for layer in own.layers)
    assert totals.arena_bytes == own.reading.total_bytes


def test_the_name_is_the_cards_the_files_or_as_given(finished_run, foreign, tmp_path):
    path = tmp_path / "some-model.tflite"
    path.write_bytes(foreign["keras-float"])
    assert profile(finished_run.exported.path).name == "tcn-small"
    assert profile(path).name == "some-model"
    assert profile(foreign["keras-float"]).name == "model"
    assert profile(path, name="mine").name == "mine"


def test_targets_by_name_and_pattern_each_once():
    first, *others = [target.name for target in find_targets(["rp2040", "stm32*", "stm32l4"])]
    assert first == "rp2040"
    assert len(others) == len(set(others)) > 2
    assert find_targets([]) == ()
    with pytest.raises(InputError, match=r"no name matches 'z80\*'"):
        find_targets(["z80*"])


def test_chips_have_memory_and_cores_have_none(own):
    assert "apollo4" in list_chips()
    assert "cortex-m4" not in list_chips()
    chip, core = own.targets
    assert chip.fit.fits is True
    assert core.fit.fits is None
    assert core.latency.low < core.latency.milliseconds < core.latency.high


def test_the_npu_of_a_target_is_a_backend_of_its_own(finished_run):
    result = profile(finished_run.exported.path, "alif-e7")
    assert list(result.support) == ["tflm", "cmsis-nn", "ethos-u55"]


def test_vela_is_asked_where_wanted_about_targets_with_an_npu(finished_run, own):
    chip, npu = profile(finished_run.exported.path, ["apollo4", "alif-e7"], vela=True).targets
    assert chip.npu is None
    assert npu.npu.accelerator == "ethos-u55-256"
    assert npu.npu.cycles > 0
    assert npu.npu.npu_operators + len(npu.npu.cpu_operators) == len(own.graph.operators)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "mark TFL3 is missing"), (b"\x1c\0\0\0TFL3" + bytes(20), "truncated or damaged|version")],
)
def test_a_file_that_is_none_is_refused(content, message):
    with pytest.raises(InputError, match=message):
        profile(content)


def test_without_tflite_micro_the_plan_stands_in(finished_run, monkeypatch):
    monkeypatch.setitem(sys.modules, "tflite_micro", None)
    result = profile(finished_run.exported.path)
    assert result.reading is None
    assert "tflite-micro is not installed" in result.reading_detail
    assert result.totals.arena_bytes == result.plan.total_bytes


def test_it_loads_no_tensorflow(finished_run):
    code = (
        "import sys, neuralspot_edge as nse\n"
        f"assert nse.profile({str(finished_run.exported.path)!r}, 'apollo4').to_dict()['totals']['arena_bytes']\n"
        "assert not {'tensorflow', 'keras', 'tflite_micro', 'matplotlib'} & {m.split('.')[0] for m in sys.modules}"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_it_is_a_public_name():
    assert nse.profile is profile
