import subprocess
import sys

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from graph import tiny_models
from hypothesis import given
from hypothesis import strategies as st

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import annotate, load_graph, parse, serialize
from neuralspot_edge.interpreters import LiteRtInterpreter, TflmInterpreter

GELU = tiny_models.gelu()


def data_offsets(tflite: bytes) -> list[int]:
    """Where the data of each buffer begins in the file."""
    model = schema.Model.GetRootAs(tflite, 0)
    buffers = [model.Buffers(index) for index in range(model.BuffersLength())]
    return [b._tab.Vector(b._tab.Offset(4)) for b in buffers if not b.DataIsNone()]


@pytest.mark.parametrize("name", ["int8", "float32", "int16x8", "two_ends"])
def test_repacked_weights_are_aligned_and_run_alike(models, name):
    original, repacked = models[name], serialize(parse(models[name]))
    assert [offset % 16 for offset in data_offsets(repacked)] == [0] * len(data_offsets(original))
    rng = np.random.default_rng(0)
    for interpreter in (TflmInterpreter, LiteRtInterpreter):
        before, after = interpreter(original), interpreter(repacked)
        assert (before.inputs, before.outputs) == (after.inputs, after.outputs)
        x = {spec.name: rng.normal(size=(4, *spec.window_shape)) for spec in before.inputs}
        for expected, result in zip(as_tuple(before.predict(x)), as_tuple(after.predict(x)), strict=True):
            np.testing.assert_array_equal(result, expected)


def as_tuple(prediction):
    return prediction if isinstance(prediction, tuple) else (prediction,)


@given(st.lists(st.binary(max_size=70), min_size=1, max_size=5))
def test_data_of_any_length_is_aligned(contents):
    model = parse(GELU)
    model.buffers += [schema.BufferT(data=np.frombuffer(content, np.uint8)) for content in contents]
    repacked = serialize(model)
    offsets = data_offsets(repacked)
    assert all(offset % 16 == 0 for offset in offsets)
    assert [repacked[o : o + len(c)] for o, c in zip(offsets, contents, strict=True)] == contents


def test_repacking_twice_changes_nothing(models):
    once = serialize(parse(models["int8"]))
    assert serialize(parse(once)) == once


def test_serialize_leaves_the_model_as_it_is():
    model = parse(GELU)
    buffers = list(model.buffers)
    serialize(model)
    assert model.buffers == buffers


def test_a_path_is_read_and_named(tmp_path):
    path = tmp_path / "some.tflite"
    path.write_bytes(GELU)
    assert len(parse(path).subgraphs) == len(parse(str(path)).subgraphs) == 1
    path.write_bytes(GELU[:200])
    with pytest.raises(InputError, match=r"some\.tflite is truncated or damaged"):
        parse(path)
    with pytest.raises(InputError, match="cannot read the model"):
        parse(tmp_path / "none.tflite")


@pytest.mark.parametrize("content", [b"", b"TFL3", b"PK\x03\x04" + bytes(100), b"\x00" * 4 + b"TFL4" + bytes(100)])
def test_another_kind_of_file_is_refused(content):
    with pytest.raises(InputError, match=r"is not a \.tflite model"):
        parse(content)


def test_every_truncation_is_refused(models):
    for tflite in (models["int8"], GELU):
        for length in range(len(tflite)):
            with pytest.raises(InputError):
                parse(tflite[:length])


@given(
    st.lists(st.tuples(st.integers(0, len(GELU) - 1), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_a_mutated_file_is_read_or_refused(changes):
    content = bytearray(GELU)
    for place, value in changes:
        content[place] = value
    try:
        graph = load_graph(bytes(content))
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017  (refusing is one of two right answers)
    else:
        assert graph.operators is not None
        annotate(bytes(content), metadata={"note": b"x"})


def drop_subgraphs(model):
    model.subgraphs = None


def drop_inputs(model):
    model.subgraphs[0].inputs = None


def drop_tensors(model):
    model.subgraphs[0].tensors = None


def other_version(model):
    model.version = 4


def wild_input(model):
    model.subgraphs[0].inputs = [2]


def negative_output(model):
    model.subgraphs[0].outputs = [-1]


def wild_operator_input(model):
    model.subgraphs[0].operators[0].inputs = [7]


def absent_operator_output(model):
    model.subgraphs[0].operators[0].outputs = [-1]


def wild_code(model):
    model.subgraphs[0].operators[0].opcodeIndex = 3


def wild_buffer(model):
    model.subgraphs[0].tensors[0].buffer = 9


def wild_metadata(model):
    model.metadata = [schema.MetadataT("note", 9)]


def wild_signature(model):
    model.signatureDefs = [schema.SignatureDefT([schema.TensorMapT("x", 9)], [], "serving_default", 0)]


def wild_signature_subgraph(model):
    model.signatureDefs = [schema.SignatureDefT([], [], "serving_default", 1)]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (drop_subgraphs, "its subgraphs are missing"),
        (drop_inputs, "subgraph 0 lacks inputs or outputs"),
        (drop_tensors, "subgraph 0 lacks tensors"),
        (other_version, "schema version 4"),
        (wild_input, "input or output that is no tensor"),
        (negative_output, "input or output that is no tensor"),
        (wild_operator_input, "operator on tensors that do not exist"),
        (absent_operator_output, "operator on tensors that do not exist"),
        (wild_code, "operator without a code"),
        (wild_buffer, "tensor without a buffer"),
        (wild_metadata, "metadata entry has no buffer"),
        (wild_signature, "signature names a tensor that does not exist"),
        (wild_signature_subgraph, "signature names a tensor that does not exist"),
    ],
)
def test_what_leads_nowhere_is_refused(damage, message):
    model = parse(GELU)
    damage(model)
    with pytest.raises(InputError, match=message):
        parse(serialize(model))


def test_weights_outside_the_flatbuffer_are_refused():
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(GELU, 0))
    model.buffers.append(schema.BufferT(offset=64, size=16))
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    with pytest.raises(InputError, match="outside its flatbuffer"):
        parse(bytes(builder.Output()))


def test_importing_the_rooms_is_light():
    heavy = ["tensorflow", "keras", "ai_edge_litert", "tflite_micro", "flatbuffers", "pydantic"]
    code = (
        "import sys, neuralspot_edge.graph.view, neuralspot_edge.graph.metadata, neuralspot_edge.interpreters.tflm, "
        "neuralspot_edge.interpreters.litert, neuralspot_edge.interpreters.tflite_runtime\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
