import numpy as np
import pytest
from graph import tiny_models
from hypothesis import given
from hypothesis import strategies as st

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import annotate, load_graph, parse, read_metadata, serialize
from neuralspot_edge.interpreters import LiteRtInterpreter, TflmInterpreter

GELU = tiny_models.gelu()


def test_the_converters_own_entries_stay(models):
    before = read_metadata(models["int8"])
    assert "min_runtime_version" in before
    after = read_metadata(annotate(models["int8"], metadata={"preprocessing": b"{}"}))
    assert after == before | {"preprocessing": b"{}"}


@given(st.dictionaries(st.text(max_size=8), st.binary(max_size=40), max_size=4))
def test_entries_come_back(entries):
    assert read_metadata(annotate(GELU, metadata=entries)) == entries


def test_an_entry_of_the_same_name_is_replaced_in_its_place():
    once = annotate(GELU, metadata={"a": b"old", "b": b"kept"})
    twice = annotate(once, metadata={"a": b"new"})
    assert read_metadata(twice) == {"a": b"new", "b": b"kept"}
    assert len(parse(twice).buffers) == len(parse(once).buffers)


def test_replacing_spares_a_buffer_that_another_entry_shares(models):
    model = parse(annotate(models["int8"], metadata={"a": b"same", "b": b"other"}))
    places = {entry.name: entry for entry in model.metadata}
    places[b"b"].buffer = places[b"a"].buffer
    changed = read_metadata(annotate(serialize(model), metadata={"a": b"new"}))
    assert (changed["a"], changed["b"]) == (b"new", b"same")


def test_names_become_a_signature_that_litert_runs(models):
    named = annotate(
        models["two_ends"], input_names=["heart", "motion"], output_names=["beats", "steps"], metadata={"a": b"1"}
    )
    from ai_edge_litert.interpreter import Interpreter

    assert Interpreter(model_content=named).get_signature_list() == {
        "serving_default": {"inputs": ["heart", "motion"], "outputs": ["beats", "steps"]}
    }
    assert read_metadata(named)["a"] == b"1"
    x = [np.ones((1, 4)), np.ones((1, 6))]
    for interpreter in (TflmInterpreter, LiteRtInterpreter):
        assert [spec.name for spec in interpreter(named).inputs] == ["heart", "motion"]
        expected = interpreter(models["two_ends"]).predict(x)
        for result, value in zip(interpreter(named).predict(x), expected, strict=True):
            np.testing.assert_array_equal(result, value)


def test_a_signature_is_replaced_not_doubled():
    named = annotate(annotate(GELU, input_names=["one"]), input_names=["two"], output_names=["out"])
    graph = load_graph(named)
    assert (graph.input_names, graph.output_names) == (("two",), ("out",))
    assert len(parse(named).signatureDefs) == 1


def test_the_end_without_given_names_keeps_its_own():
    assert load_graph(annotate(GELU, input_names=["one"])).output_names == ("y",)


def test_without_names_there_is_no_signature():
    assert parse(annotate(GELU, metadata={"a": b""})).signatureDefs is None


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({"input_names": ["a", "b"]}, "input_names has 2 names, the model has 1 inputs"),
        ({"output_names": []}, "output_names has 0 names"),
    ],
)
def test_names_must_fit(names, message):
    with pytest.raises(InputError, match=message):
        annotate(GELU, **names)


def test_a_name_given_twice_is_refused(models):
    with pytest.raises(InputError, match="holds a name twice"):
        annotate(models["two_ends"], input_names=["a", "a"])
