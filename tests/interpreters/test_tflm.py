import os
import sys

import numpy as np
import pytest
from graph import tiny_models

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import parse, serialize
from neuralspot_edge.interpreters import LiteRtInterpreter, TflmInterpreter, available


@pytest.mark.parametrize("mode", ["int8", "int16x8"])
def test_agrees_with_litert_to_one_step(models, mode):
    runner = TflmInterpreter(models[mode])
    limits = np.iinfo(runner.inputs[0].dtype)
    x = np.random.default_rng(0).integers(limits.min, limits.max, (64, 1, 16, 3), limits.dtype, endpoint=True)
    result, expected = runner.predict(x).astype(int), LiteRtInterpreter(models[mode]).predict(x)
    assert len(np.unique(result)) > 20
    assert np.abs(result - expected).max() <= 1


def test_reads_a_path_like_the_content(models, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(models["int8"])
    x = np.ones((1, 1, 16, 3))
    np.testing.assert_array_equal(TflmInterpreter(path).predict(x), TflmInterpreter(models["int8"]).predict(x))


def test_an_operator_that_it_lacks_is_named():
    with pytest.raises(InputError, match=r"^TFLite Micro refuses the model: it has no operator GELU$"):
        TflmInterpreter(tiny_models.gelu())


def test_a_custom_operator_is_named_by_its_code():
    with pytest.raises(InputError, match="no operator for the custom code Mine"):
        TflmInterpreter(tiny_models.custom("Mine"))


def test_a_type_that_an_operator_lacks_is_told_with_the_operator():
    ends = [tiny_models.tensor("x", (1, 4), "INT16"), tiny_models.tensor("y", (1, 4), "INT16")]
    with pytest.raises(InputError, match=r"INT16 != FLOAT32\); Node EXP \(number 0\)") as caught:
        TflmInterpreter(tiny_models.pack("EXP", ends, inputs=[0], outputs=[1]))
    assert "\n" not in str(caught.value)


def test_a_type_that_only_the_first_run_shows_is_told_too():
    ends = [tiny_models.tensor("x", (1, 4), "INT64"), tiny_models.tensor("y", (1, 4), "INT64")]
    with pytest.raises(InputError, match=r"got INT64; Node RELU \(number 0\)"):
        TflmInterpreter(tiny_models.pack("RELU", ends, inputs=[0], outputs=[1]))


@pytest.mark.parametrize("length", [0, 7, 8, 100, 1000, -1])
def test_a_truncated_file_is_refused(models, length):
    with pytest.raises(InputError):
        TflmInterpreter(models["int8"][:length])


def test_a_tensor_larger_than_what_is_computed_is_refused(models):
    model = parse(models["int8"])
    (hidden,) = model.subgraphs[0].operators[0].outputs
    model.subgraphs[0].tensors[hidden].shape = [1, 1, 1600, 4]
    with pytest.raises(InputError, match=r"is \(1, 1, 1600, 4\), computed are \(1, 1, 16, 4\)"):
        TflmInterpreter(serialize(model))


def test_a_model_beyond_any_arena_is_refused_before_it_is_tried():
    ends = [tiny_models.tensor("x", (1, 1 << 27)), tiny_models.tensor("y", (1, 1 << 27))]
    model = tiny_models.pack("CUSTOM", ends, inputs=[0], outputs=[1], custom_code="Mine")
    with pytest.raises(InputError, match="computes 268435456 tensor elements"):
        TflmInterpreter(model)


def test_standard_error_is_given_back(capfd):
    with pytest.raises(InputError):
        TflmInterpreter(tiny_models.gelu())
    os.write(2, b"still here")
    assert capfd.readouterr().err == "still here"


def test_without_the_package_it_says_where_there_is_one(models, monkeypatch):
    monkeypatch.setitem(sys.modules, "tflite_micro", None)
    with pytest.raises(InputError, match=r"linux on x86-64.*use LiteRtInterpreter"):
        TflmInterpreter(models["int8"])


def test_available_names_what_is_installed():
    assert available() == ("TflmInterpreter", "LiteRtInterpreter")
