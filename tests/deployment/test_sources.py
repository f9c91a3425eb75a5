"""What the sources say is what the file says."""

from __future__ import annotations

import ctypes
import re

import numpy as np
import pytest
from deployment.cases import added_operators, deploy_untouched, macro
from deployment.zig import C11, CPP11, write
from graph import tiny_models
from helpers import tcn
from helpers.tflite import convert_with
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralspot_edge import list_models
from neuralspot_edge.conversion import ConversionSettings, convert
from neuralspot_edge.datasets import Preprocessing
from neuralspot_edge.deployment import DeploymentSettings, sources
from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import load_graph

PRESETS = pytest.mark.parametrize("name", list_models())


@PRESETS
def test_the_resolver_lists_exactly_the_operators_of_a_preset(deployed, name):
    model = deployed(name)
    resolver = sources(model.content, model.settings)["op_resolver.h"].decode()
    kinds = [operator.kind for subgraph in load_graph(model.content).subgraphs for operator in subgraph.operators]
    assert {kind: count for _, count, kind in added_operators(resolver)} == {k: kinds.count(k) for k in kinds}
    assert f"MicroMutableOpResolver<{len(set(kinds))}>" in resolver
    # By another way than the table: CONV_2D and AddConv2D are one word without case and underscores.
    assert all(method.lower() == f"add{kind.replace('_', '').lower()}" for method, _, kind in added_operators(resolver))


@PRESETS
def test_the_header_says_what_the_file_says(deployed, name):
    model = deployed(name)
    header = sources(model.content, model.settings)["model_data.h"].decode()
    graph = load_graph(model.content)
    assert int(macro(header, "MODEL_BYTES")) == len(model.content)
    assert (int(macro(header, "INPUT_COUNT")), int(macro(header, "OUTPUT_COUNT"))) == (1, 1)
    for role, tensor in (("INPUT0", graph.inputs[0]), ("OUTPUT0", graph.outputs[0])):
        assert macro(header, f"{role}_SHAPE") == "{" + ", ".join(map(str, tensor.shape)) + "}"
        assert int(macro(header, f"{role}_RANK")) == len(tensor.shape)
        assert int(macro(header, f"{role}_ELEMENTS")) == np.prod(tensor.shape)
        assert np.float32(macro(header, f"{role}_SCALE").rstrip("f")) == np.float32(tensor.quantization.scale[0])
        assert int(macro(header, f"{role}_ZERO_POINT")) == tensor.quantization.zero_point[0]
        assert f"typedef int8_t {name.replace('-', '_')}_{role.lower()}_t;" in header
    arena = int(macro(header, "ARENA_BYTES"))
    assert arena % 16 == 0
    assert 1024 <= arena - model.settings.arena_bytes <= max(1024, 0.1 * model.settings.arena_bytes) + 16
    if model.settings.sampling_rate is None:
        assert "SAMPLING_RATE_HZ" not in header
    else:
        assert float(macro(header, "SAMPLING_RATE_HZ").rstrip("f")) == pytest.approx(model.settings.sampling_rate)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(scale=st.floats(2**-120, 2**100, width=32), zero_point=st.integers(-128, 127), name=st.text(max_size=20))
def test_any_scale_and_zero_point_read_back_exactly(scale, zero_point, name):
    content = tiny_models.quantize_operator(scale, zero_point, 4)
    header = sources(content, DeploymentSettings(name, 2000))["model_data.h"].decode()
    assert np.float32(macro(header, "OUTPUT0_SCALE").rstrip("f")) == np.float32(scale)
    assert int(macro(header, "OUTPUT0_ZERO_POINT")) == zero_point


def test_bytes_and_names_are_in_the_compiled_library(zig, tmp_path, deployed):
    names = ("rest", 'a "quoted" \\ name??/', "Gehen/Übung", "走\n跑", "1\x02")
    model = deployed("tcn-tiny").with_settings(classes=names, channels=("x",))
    files = sources(model.content, model.settings)
    write(files, tmp_path)
    for index, language in enumerate((C11, CPP11)):
        folder = write(files, tmp_path / str(index))
        library = zig.load(language, ("model_data.cc",), folder=folder)
        data = (ctypes.c_ubyte * len(model.content)).in_dll(library, "tcn_tiny_model")
        assert bytes(data) == model.content
        assert ctypes.addressof(data) % 16 == 0
        table = (ctypes.c_char_p * len(names)).in_dll(library, "tcn_tiny_class_names")
        assert [entry.decode() for entry in table] == list(names)


@pytest.mark.parametrize(
    "name", ["2 Größen für Ärzte", "class", "log", "signal", "int8", "linux", "tflite", "std", "E2", "心", "a" * 300]
)
def test_any_name_compiles_beside_the_c_library(zig, tmp_path, deployed, name):
    model = deployed("tcn-tiny").with_settings(name=name)
    write(sources(model.content, model.settings), tmp_path)
    includes = "#include <math.h>\n#include <signal.h>\n#include <time.h>\n#include <errno.h>\n"
    write({"check.c": f'{includes}#include "model_data.h"\nint used;\n'}, tmp_path)
    zig.compile(C11, ("check.c", "model_data.cc"), folder=tmp_path)
    write({"check.cc": '#include <math.h>\n#include "op_resolver.h"\n#include "model_data.h"\nint used;\n'}, tmp_path)
    zig.compile(CPP11, ("check.cc",), folder=tmp_path)


@pytest.mark.parametrize(("kind", "says"), [("none", "Preprocessing: none"), ("window", "to be done by the caller")])
def test_a_preprocessing_without_constants_is_described(deployed, kind, says):
    model = deployed("tcn-tiny").with_settings(preprocessing=Preprocessing(kind))
    files = sources(model.content, model.settings)
    assert says in files["model_data.h"].decode()
    assert "INPUT0_GAIN" in files["model_data.h"].decode()
    assert "_gain[" not in files["model_data.cc"].decode()


def test_what_is_not_known_is_left_out(models):
    files = sources(models["float32"], DeploymentSettings("plain", 4000))
    header = files["model_data.h"].decode()
    assert not re.search("SCALE|SAMPLING_RATE|CLASS|CHANNEL|GAIN|prepare", header)
    assert sorted(files) == ["model_data.cc", "model_data.h", "op_resolver.h"]


@pytest.mark.parametrize(("mode", "c_type"), [("float32", "float"), ("int8", "int8_t"), ("int16x8", "int16_t")])
def test_element_types_are_those_of_the_file(models, mode, c_type):
    header = sources(models[mode], DeploymentSettings("m", 4000))["model_data.h"].decode()
    assert f"typedef {c_type} m_input0_t;" in header
    assert f"typedef {c_type} m_output0_t;" in header


def test_float_ends_of_an_int8_model_have_no_scale():
    model = tcn.build({"blocks": [{"filters": 4}], "head": "pooled"}, (16, 2))
    content = convert(model, ConversionSettings("int8", "float32"), [tcn.windows((16, 2))])
    files = sources(content, DeploymentSettings("mixed", 4000))
    assert "typedef float mixed_input0_t;" in files["model_data.h"].decode()
    assert "SCALE" not in files["model_data.h"].decode()
    assert {"AddQuantize", "AddDequantize"} <= {m for m, _, _ in added_operators(files["op_resolver.h"].decode())}


def test_a_model_with_several_ends_has_constants_for_each(models):
    header = sources(models["two_ends"], DeploymentSettings("m", 4000))["model_data.h"].decode()
    sizes = [macro(header, f"{end}_ELEMENTS") for end in ("INPUT0", "INPUT1", "OUTPUT0", "OUTPUT1")]
    assert sizes == ["4", "6", "2", "5"]
    assert "m_prepare_input1(float sample)" in header


def test_a_float16_file_is_refused_with_a_reason():
    content = convert_with(tcn.build({"blocks": [{"filters": 32}]}, (64, 8)), tcn.windows((64, 8)), "float16")
    with pytest.raises(InputError, match=r"is float16, for which TensorFlow Lite Micro has no kernels; export.*int8"):
        sources(content, DeploymentSettings("half", 4000))


def test_an_input_without_numbers_is_refused():
    ends = [tiny_models.tensor("x", (1, 2), "STRING"), tiny_models.tensor("y", (1, 2))]
    content = tiny_models.pack("RELU", ends, inputs=[0], outputs=[1])
    with pytest.raises(InputError, match="input 'x' is of type string, which has no C type"):
        sources(content, DeploymentSettings("words", 4000))


def test_an_input_with_a_scale_for_each_channel_is_refused():
    per_channel = tiny_models.quantized(0.5, 0)
    per_channel.scale, per_channel.zeroPoint, per_channel.quantizedDimension = [0.5, 0.25], [0, 0], 1
    ends = [tiny_models.tensor("x", (1, 2), "INT8", quantization=per_channel), tiny_models.tensor("y", (1, 2), "INT8")]
    content = tiny_models.pack("RELU", ends, inputs=[0], outputs=[1])
    with pytest.raises(InputError, match="input 'x' has a scale for each channel"):
        sources(content, DeploymentSettings("m", 4000))


def test_an_arena_that_was_not_measured_is_refused(models):
    with pytest.raises(InputError, match="arena_bytes must be above 0, received 0"):
        sources(models["int8"], DeploymentSettings("m", 0))


def test_a_file_that_is_none_is_refused():
    with pytest.raises(InputError, match=r"not a \.tflite"):
        sources(b"hello, world", DeploymentSettings("m", 4000))


def test_golden_vectors_go_beside_the_sources(models):
    model = deploy_untouched(models["int8"])
    assert sources(model.content, model.settings)["golden.npz"] == model.settings.golden.to_npz()
