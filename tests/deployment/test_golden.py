"""Golden vectors are what TensorFlow Lite Micro gives, and the same bytes at any time."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from graph import tiny_models

from neuralspot_edge import list_models
from neuralspot_edge.datasets import Preprocessing
from neuralspot_edge.deployment import make_golden
from neuralspot_edge.errors import InputError
from neuralspot_edge.interpreters import TflmInterpreter


@pytest.mark.parametrize("name", list_models())
def test_the_golden_vectors_of_a_preset_match_when_they_are_played_again(deployed, name):
    model = deployed(name)
    with np.load(io.BytesIO(model.settings.golden.to_npz())) as arrays:
        np.testing.assert_array_equal(TflmInterpreter(model.content).predict(arrays["input0"]), arrays["output0"])
        assert arrays["output0"].dtype == np.int8
        assert len(arrays["input0"]) == 8
        assert len(np.unique(arrays["output0"])) > 1


def test_samples_are_preprocessed_and_quantized_as_the_model_asks(models):
    preprocessing = Preprocessing("standardize", (5.0, -1.0, 0.0), (2.0, 1.0, 3.0))
    samples = np.random.default_rng(0).normal(0, 9, (2, 1, 16, 3)).astype(np.float32)
    golden = make_golden(models["int8"], samples, preprocessing=preprocessing)
    spec = TflmInterpreter(models["int8"]).inputs[0]
    np.testing.assert_array_equal(golden.inputs[0], spec.to_raw(preprocessing.apply(samples)))


def test_integers_go_in_as_they_are(models):
    raw = np.random.default_rng(0).integers(-128, 128, (3, 1, 16, 3), dtype=np.int8)
    golden = make_golden(models["int8"], raw, preprocessing=Preprocessing("window"))
    np.testing.assert_array_equal(golden.inputs[0], raw)


def test_windows_are_spread_over_those_given(models):
    raw = np.zeros((17, 1, 16, 3), np.int8) + np.arange(17, dtype=np.int8)[:, None, None, None]
    golden = make_golden(models["int8"], raw, count=5)
    assert golden.inputs[0][:, 0, 0, 0].tolist() == [0, 4, 8, 12, 16]
    assert len(golden) == 5


def test_several_inputs_and_outputs_keep_their_order(models):
    one, other = np.ones((2, 4), np.float32), np.ones((2, 6), np.float32)
    golden = make_golden(models["two_ends"], [one, other])
    assert [array.shape for array in golden.inputs] == [(2, 4), (2, 6)]
    assert [array.shape for array in golden.outputs] == [(2, 2), (2, 5)]


def test_float_inputs_with_integer_outputs_give_the_integers():
    golden = make_golden(tiny_models.quantize_operator(0.5, 3, 4), np.array([[0.0, 1.0, -1.0, 1e9]], np.float32))
    assert golden.inputs[0].dtype == np.float32
    assert golden.outputs[0].tolist() == [[3, 5, 1, 127]]


def test_every_window_starts_from_a_fresh_state():
    golden = make_golden(tiny_models.running_sum(3), np.ones((4, 1), np.float32))
    assert golden.outputs[0].tolist() == [[1.0]] * 4


def test_the_archive_holds_no_time_of_day(models):
    archive = make_golden(models["int8"], np.zeros((2, 1, 16, 3), np.int8)).to_npz()
    assert {entry.date_time for entry in zipfile.ZipFile(io.BytesIO(archive)).infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize(("windows", "count"), [(0, 8), (3, 0)])
def test_no_windows_are_refused(models, windows, count):
    with pytest.raises(InputError, match="a self-test needs at least one"):
        make_golden(models["int8"], np.zeros((windows, 1, 16, 3), np.int8), count=count)


def test_samples_of_another_shape_are_refused(models):
    with pytest.raises(InputError, match="needs shape"):
        make_golden(models["int8"], np.zeros((2, 3), np.int8))


def test_an_output_that_is_not_finite_is_refused():
    with pytest.raises(InputError, match="output 'y' is not finite"):
        make_golden(tiny_models.running_sum(2), np.array([[np.inf]], np.float32))
