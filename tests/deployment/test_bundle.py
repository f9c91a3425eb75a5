"""The firmware bundle compiles for three cores, and its self-test runs on TensorFlow Lite Micro itself."""

from __future__ import annotations

import re

import numpy as np
import pytest
from deployment.cases import deploy_untouched, macro, with_first_output_moved
from deployment.zig import C11, CORES, CPP11, CPP17, write
from graph import tiny_models

from neuralspot_edge import list_models
from neuralspot_edge.datasets import Preprocessing
from neuralspot_edge.deployment import DeploymentSettings, bundle
from neuralspot_edge.errors import InputError

UNITS = ("model_data.cc", "model_runner.cc", "golden_data.cc", "golden_test.cc")
HEADERS = ("model_data.h", "model_runner.h", "golden_data.h")
PRESETS = pytest.mark.parametrize("name", list_models())


@PRESETS
@pytest.mark.parametrize("core", CORES)
def test_the_bundle_of_a_preset_compiles_for_a_core(zig, tmp_path, deployed, name, core):
    model = deployed(name)
    write(bundle(model.content, model.settings), tmp_path)
    zig.compile(CPP17, UNITS, *CORES[core], folder=tmp_path)
    assert all((tmp_path / f"{unit}.o").stat().st_size for unit in UNITS)


@PRESETS
def test_the_self_test_of_a_preset_passes_on_tensorflow_lite_micro(zig, tmp_path, deployed, name):
    model = deployed(name)
    files = bundle(model.content, model.settings)
    played = zig.play(write(files, tmp_path))
    values = model.settings.golden.outputs[0].size
    assert played.text.splitlines()[-1] == (
        f"PASS: 8 windows, {values} values, 0 differ, 0 by more than the tolerance"
    ), played.text
    assert played.status == 0
    used, available = map(int, re.findall(r"arena: (\d+) of (\d+) bytes used", played.text)[0])
    assert available == int(macro(files["model_data.h"].decode(), "ARENA_BYTES"))
    assert used <= model.settings.arena_bytes < available


def test_headers_are_c_and_c_plus_plus_and_the_namespaces_of_older_versions_do(zig, tmp_path, deployed):
    model = deployed("tcn-tiny")
    write(bundle(model.content, model.settings), tmp_path)
    includes = "".join(f'#include "{header}"\n' for header in HEADERS)
    write({"check.c": f"{includes}int used;\n", "check.cc": f"{includes}int used;\n"}, tmp_path)
    zig.compile(C11, ("check.c", "model_data.cc", "golden_data.cc"), *CORES["cortex-m4"], folder=tmp_path)
    zig.compile(CPP11, ("check.cc", "model_data.cc", "golden_data.cc"), *CORES["cortex-m4"], folder=tmp_path)
    zig.compile(CPP11, UNITS, *CORES["cortex-m4"], "-DSTUBS_OLD_NAMESPACES", folder=tmp_path)


def test_one_value_that_is_off_by_five_fails_and_is_named(zig, tmp_path, deployed):
    model = deployed("tcn-tiny")
    golden = with_first_output_moved(model.settings.golden, 5)
    played = zig.play(write(bundle(model.content, model.with_settings(golden=golden).settings), tmp_path))
    expected, received = golden.outputs[0].flat[0], model.settings.golden.outputs[0].flat[0]
    assert f"window 0, output 0, element 0:\nexpected {expected}, received {received}" in played.text
    assert "FAIL: 8 windows" in played.text
    assert "1 differ, 1 by more than the tolerance" in played.text
    assert played.status == 1


def test_one_value_that_is_off_by_one_passes_and_is_counted(zig, tmp_path, deployed):
    model = deployed("tcn-tiny")
    golden = with_first_output_moved(model.settings.golden, 1)
    played = zig.play(write(bundle(model.content, model.with_settings(golden=golden).settings), tmp_path))
    assert "PASS: 8 windows" in played.text
    assert "1 differ, 0 by more than the tolerance" in played.text
    assert played.status == 0


def test_an_arena_that_is_too_small_fails_with_a_status(zig, tmp_path, deployed):
    model = deployed("tcn-har-smartwatch").with_settings(arena_bytes=12_000)
    files = bundle(model.content, model.settings)
    played = zig.play(write(files, tmp_path))
    order = re.findall(r"TCN_HAR_SMARTWATCH_([A-Z_]+)(?: = 0)?,", files["model_runner.h"].decode())
    status = order.index("ALLOCATION_FAILED")
    assert played.text.splitlines()[-1] == f"FAIL: tcn_har_smartwatch_init() returned {status}"
    assert played.status == 1


def test_a_resolver_that_lacks_an_operator_fails(zig, tmp_path, deployed):
    model = deployed("tcn-tiny")
    files = bundle(model.content, model.settings)
    lines = files["op_resolver.h"].decode().splitlines(keepends=True)
    files["op_resolver.h"] = "".join(line for line in lines if "AddConv2D" not in line).encode()
    played = zig.play(write(files, tmp_path))
    assert "CONV_2D" in played.text
    assert played.status == 1


@pytest.mark.parametrize("mode", ["int8", "int16x8", "float32", "two_ends"])
def test_models_of_foreign_make_pass(zig, tmp_path, models, mode):
    model = deploy_untouched(models[mode])
    played = zig.play(write(bundle(model.content, model.settings), tmp_path))
    assert "PASS: 3 windows" in played.text, played.text
    assert ", 0 by more than the tolerance" in played.text


def test_variables_are_reset_before_every_window(zig, tmp_path):
    model = deploy_untouched(tiny_models.running_sum(3), "running sum", count=5)
    played = zig.play(write(bundle(model.content, model.settings), tmp_path))
    assert "PASS: 5 windows, 5 values, 0 differ" in played.text, played.text


def test_float_inputs_and_integer_outputs_pass(zig, tmp_path):
    model = deploy_untouched(tiny_models.quantize_operator(0.03, -7, 12), count=4)
    played = zig.play(write(bundle(model.content, model.settings), tmp_path))
    assert "PASS: 4 windows, 48 values, 0 differ" in played.text, played.text


def test_a_float_output_may_be_off_by_a_share_of_the_largest(zig, tmp_path, models):
    model = deploy_untouched(models["float32"])
    largest = float(np.abs(model.settings.golden.outputs[0]).max())
    header = bundle(model.content, model.settings)["golden_data.h"].decode()
    assert float(macro(header, "GOLDEN_OUTPUT0_TOLERANCE").rstrip("f")) == pytest.approx(1e-4 * largest)
    golden = with_first_output_moved(model.settings.golden, 2e-4 * largest)
    played = zig.play(write(bundle(model.content, model.with_settings(golden=golden).settings), tmp_path))
    assert played.status == 1
    assert "element 0:\nexpected" in played.text


def test_an_integer_that_is_no_quantized_value_must_be_right():
    ends = [tiny_models.tensor(name, (1, 4), "INT32") for name in "aby"]
    model = deploy_untouched(tiny_models.pack("ADD", ends, inputs=[0, 1], outputs=[2]))
    assert macro(bundle(model.content, model.settings)["golden_data.h"].decode(), "GOLDEN_OUTPUT0_TOLERANCE") == "0"


def test_without_golden_vectors_there_is_no_self_test(deployed):
    model = deployed("tcn-tiny").with_settings(golden=None)
    files = bundle(model.content, model.settings)
    assert not [name for name in files if name.startswith("golden")]
    assert "golden" not in files["CMakeLists.txt"].decode()
    assert "golden" not in files["README.md"].decode()


@pytest.mark.parametrize("kind", ["none", "window"])
def test_the_readme_calls_what_the_header_has(deployed, kind):
    model = deployed("tcn-tiny").with_settings(preprocessing=Preprocessing(kind))
    files = bundle(model.content, model.settings)
    sources = b"".join(files[name] for name in files if name.endswith((".h", ".cc"))).decode()
    called = set(re.findall(r"\b((?:tcn_tiny|TCN_TINY)_\w+)", files["README.md"].decode()))
    assert len(called) > 5
    for name in called:
        assert re.search(rf"\b{name}\b", sources), name
    for name in re.findall(r"^\| `([\w.-]+)`(?:, `([\w.-]+)`)? \|", files["README.md"].decode(), re.MULTILINE):
        assert set(name) - {""} <= set(files)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"golden": None},
        {"preprocessing": Preprocessing("window"), "classes": ("a",)},
        {"preprocessing": Preprocessing("none"), "sampling_rate": None, "channels": (), "classes": ()},
    ],
)
def test_the_same_model_gives_the_same_text_of_plain_lines(deployed, changes):
    model = deployed("tcn-tiny").with_settings(**changes)
    files = bundle(model.content, model.settings)
    assert files == bundle(model.content, model.settings)
    for name, content in files.items():
        text = content.decode()
        assert text.endswith("\n"), name
        assert not re.search(r"\r|\t| $|\n\n\n|\n\n$|\{\{|%}", text.replace("{{{", ""), re.MULTILINE), name


def test_golden_vectors_of_another_model_are_refused(deployed, models):
    other = deploy_untouched(models["int8"])
    with pytest.raises(InputError, match=r"golden: the inputs are .*make them with this model"):
        bundle(other.content, other.with_settings(golden=deployed("tcn-tiny").settings.golden).settings)


def test_a_model_with_resource_variables_is_refused_with_what_to_do():
    content = tiny_models.pack("VAR_HANDLE", [tiny_models.tensor("v", (1,))], inputs=[], outputs=[0])
    with pytest.raises(InputError, match=r"resource variables \(VAR_HANDLE\).*MicroResourceVariables"):
        bundle(content, DeploymentSettings("state", 4000))
