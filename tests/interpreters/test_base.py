"""What all interpreters share, tried on TFLite Micro and on LiteRT."""

import numpy as np
import pytest
from graph import tiny_models
from hypothesis import given
from hypothesis import strategies as st

from neuralspot_edge.errors import InputError
from neuralspot_edge.interpreters import LiteRtInterpreter, TflmInterpreter
from neuralspot_edge.interpreters.base import BaseInterpreter
from neuralspot_edge.interpreters.tensors import TensorSpec

WINDOW = (1, 16, 3)
EITHER = pytest.mark.parametrize("interpreter", [TflmInterpreter, LiteRtInterpreter])


@EITHER
def test_integers_are_answered_in_integers_and_floats_in_floats(models, interpreter):
    runner = interpreter(models["int8"])
    x = np.random.default_rng(0).normal(size=(5, *WINDOW))
    q = runner.inputs[0].quantization.quantize(x, "int8")
    raw, real = runner.predict(q), runner.predict(x)
    assert (raw.dtype, real.dtype) == (np.int8, np.float32)
    assert raw.shape == real.shape == (5, 1, 16, 2)
    np.testing.assert_array_equal(real, runner.outputs[0].quantization.dequantize(raw))


@EITHER
@pytest.mark.parametrize(("mode", "tolerance"), [("int8", 0.05), ("int16x8", 0.02)])
def test_a_quantized_model_follows_the_float_one(models, interpreter, mode, tolerance):
    x = np.random.default_rng(1).normal(size=(20, *WINDOW)).clip(-2, 2)
    expected = interpreter(models["float32"]).predict(x)
    assert np.ptp(expected) > 1
    np.testing.assert_allclose(interpreter(models[mode]).predict(x), expected, atol=tolerance, rtol=0)


@EITHER
def test_a_batch_is_its_windows_one_by_one(models, interpreter):
    runner = interpreter(models["int8"])
    x = np.random.default_rng(2).normal(size=(7, *WINDOW)).astype(np.float32)
    alone = np.concatenate([runner.predict(window[None]) for window in x])
    np.testing.assert_array_equal(runner.predict(x), alone)


@EITHER
def test_each_window_starts_from_a_fresh_state_and_invoke_keeps_it(interpreter):
    runner = interpreter(tiny_models.running_sum(memory=3))
    x = np.array([[1.0], [2.0], [4.0], [8.0]], np.float32)
    assert [float(runner.invoke(value[None])[0][0, 0]) for value in x] == [1, 3, 7, 14]
    for _ in range(2):
        np.testing.assert_array_equal(runner.predict(x), x)
    runner.reset()
    assert [float(runner.invoke(value[None])[0][0, 0]) for value in x] == [1, 3, 7, 14]


@EITHER
def test_an_output_outlives_the_next_invoke(models, interpreter):
    runner = interpreter(models["int8"])
    (first,) = runner.invoke(np.zeros((1, *WINDOW), np.int8))
    kept = first.copy()
    runner.invoke(np.full((1, *WINDOW), 100, np.int8))
    np.testing.assert_array_equal(first, kept)


@EITHER
def test_several_inputs_come_in_order_or_by_name(models, interpreter):
    runner = interpreter(models["two_ends"])
    assert [spec.name for spec in runner.inputs] == ["in0", "in1"]
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(6, 4)), rng.normal(size=(6, 6))
    in_order, by_name = runner.predict([a, b]), runner.predict({"in1": b, "in0": a})
    assert [output.shape for output in in_order] == [(6, 2), (6, 5)]
    for one, other in zip(in_order, by_name, strict=True):
        np.testing.assert_array_equal(one, other)


@EITHER
def test_no_windows_give_no_windows(models, interpreter):
    assert interpreter(models["int8"]).predict(np.empty((0, *WINDOW))).shape == (0, 1, 16, 2)


@EITHER
def test_progress_counts_the_windows(models, interpreter):
    seen = []
    interpreter(models["int8"]).predict(np.zeros((3, *WINDOW)), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


@EITHER
def test_a_float_model_takes_floats_of_any_width(models, interpreter):
    runner = interpreter(models["float32"])
    x = np.random.default_rng(4).normal(size=(2, *WINDOW))
    result = runner.predict(x)
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result, runner.predict(x.astype(np.float32)))
    np.testing.assert_array_equal(result, runner.predict(x.tolist()))


@EITHER
def test_invoke_refuses_what_is_not_the_very_tensor(models, interpreter):
    runner = interpreter(models["int8"])
    for wrong in (np.zeros(WINDOW, np.int8), np.zeros((1, *WINDOW), np.float32)):
        with pytest.raises(InputError, match="cannot run the model"):
            runner.invoke(wrong)


class Identity(BaseInterpreter):
    """Gives what it is given: the smallest interpreter."""

    def _run(self, values):
        return tuple(values)

    def _reset(self):
        pass


def identity(*specs: TensorSpec) -> Identity:
    return Identity(specs, specs)


FLOATS = TensorSpec("ecg", (1, 4, 2), "float32", None)
TOKENS = TensorSpec("words", (1, 3), "int32", None)
QUANTIZED = tiny_models.quantize_operator(0.5, 0, 4)


@pytest.fixture
def quantized() -> TensorSpec:
    (spec,) = LiteRtInterpreter(QUANTIZED).outputs
    return spec


@given(st.integers(0, 5), st.lists(st.integers(1, 4), max_size=3))
def test_any_window_of_any_shape_passes_through(count, shape):
    x = np.arange(count * int(np.prod(shape)), dtype=np.float32).reshape(count, *shape)
    np.testing.assert_array_equal(identity(TensorSpec("x", (1, *shape), "float32", None)).predict(x), x)


def test_what_is_not_quantized_stays_as_it_is(quantized):
    words, real = identity(TOKENS, quantized).predict((np.ones((2, 3), np.int32), np.full((2, 4), 1.2)))
    assert words.dtype == np.int32
    np.testing.assert_array_equal(real, np.full((2, 4), 1.0, np.float32))


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((3, 4, 3)), r"input 'ecg' needs shape \(N, 4, 2\), received \(3, 4, 3\)"),
        (np.zeros((4, 2)), r"needs shape \(N, 4, 2\), received \(4, 2\); give one window as x\[None\]"),
        (np.zeros((4, 2, 4, 2)), r"received \(4, 2, 4, 2\)"),
        (np.float32(1), r"received \(\)"),
        (np.zeros((3, 4, 2), np.int8), "input 'ecg' needs floats, received int8"),
        (np.zeros((3, 4, 2), complex), "received complex128"),
        (np.full((3, 4, 2), "a"), "received <U1"),
        ([[1.0, 2.0], [3.0]], "rows differ in length"),
        ({"ecg": np.zeros((1, 4, 2)), "eeg": 1}, "unknown input 'eeg': did you mean 'ecg'?"),
        ({}, "input 'ecg' is missing"),
    ],
)
def test_wrong_input_is_told_in_one_line(x, message):
    with pytest.raises(InputError, match=message) as caught:
        identity(FLOATS).predict(x)
    assert "\n" not in str(caught.value)


def test_nan_is_refused_with_its_window():
    x = np.zeros((3, 4, 2))
    x[2, 1, 0] = np.nan
    with pytest.raises(InputError, match="input 'ecg' holds NaN, first in window 2"):
        identity(FLOATS).predict(x)


@pytest.mark.parametrize("dtype", [np.int16, np.uint8, np.int64, bool])
def test_integers_of_another_type_are_refused(quantized, dtype):
    with pytest.raises(InputError, match=f"needs int8 or floats, received {np.dtype(dtype)}"):
        identity(quantized).predict(np.zeros((1, 4), dtype))


def test_floats_for_a_model_of_plain_integers_are_refused():
    with pytest.raises(InputError, match="input 'words' needs int32, received float64"):
        identity(TOKENS).predict(np.zeros((1, 3)))


@pytest.mark.parametrize("x", [np.zeros((2, 4)), [np.zeros((2, 4))], (np.zeros((2, 4)),) * 3])
def test_the_number_of_inputs_must_fit(quantized, x):
    with pytest.raises(InputError, match="the model has 2 inputs"):
        identity(quantized, FLOATS).predict(x)


def test_the_number_of_windows_must_agree(quantized):
    with pytest.raises(InputError, match=r"differ in the number of windows \('q': 2, 'ecg': 3\)"):
        identity(quantized, FLOATS).predict([np.zeros((2, 4)), np.zeros((3, 4, 2))])


def test_quantized_inputs_come_in_one_kind(quantized):
    with pytest.raises(InputError, match="in one kind"):
        identity(quantized, quantized).predict([np.zeros((1, 4)), np.zeros((1, 4), np.int8)])


def test_a_model_with_another_batch_is_refused():
    with pytest.raises(InputError, match="batch fixed to 1"):
        identity(TensorSpec("x", (8, 4), "float32", None)).predict(np.zeros((8, 4)))


def test_a_tensor_that_is_no_numbers_is_refused():
    with pytest.raises(InputError, match="'x' is of type string"):
        identity(TensorSpec("x", (1,), "string", None))
