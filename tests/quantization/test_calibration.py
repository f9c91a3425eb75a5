import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuralspot_edge.errors import InputError
from neuralspot_edge.quantization import MAX_SAMPLES, check_calibration, random_calibration


def _model(*shapes, dtype="float32"):
    inputs = [keras.Input(shape, name=f"in{index}", dtype=dtype) for index, shape in enumerate(shapes)]
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], inputs)


ONE, TWO = _model((8, 2)), _model((8, 2), (3,))


def test_samples_come_as_the_converter_takes_them():
    given_samples = np.arange(10 * 16).reshape(10, 8, 2)
    (samples,) = check_calibration(ONE, given_samples)
    assert samples.dtype == np.float32
    np.testing.assert_array_equal(samples, given_samples)
    listed = check_calibration(TWO, [given_samples, np.ones((10, 3))])
    assert [array.shape for array in listed] == [(10, 8, 2), (10, 3)]


def test_indices_stay_whole_numbers():
    (samples,) = check_calibration(_model((8,), dtype="int32"), np.ones((4, 8), np.int64))
    assert samples.dtype == np.int32


@given(st.integers(1, 3 * MAX_SAMPLES))
def test_many_samples_are_thinned_evenly(count):
    samples = np.repeat(np.arange(count, dtype=np.float32), 16).reshape(count, 8, 2)
    (chosen,) = check_calibration(ONE, samples)
    picked = chosen[:, 0, 0]
    assert len(picked) == min(count, MAX_SAMPLES)
    assert picked[0] == 0
    assert picked[-1] == count - 1
    gaps = np.diff(picked)
    assert len(gaps) == 0 or (gaps.min() >= 1 and gaps.max() - gaps.min() <= 1)


def test_inputs_are_thinned_alike():
    count = MAX_SAMPLES + 100
    order = np.arange(count, dtype=np.float32)
    first, second = check_calibration(TWO, [np.tile(order[:, None, None], (1, 8, 2)), np.tile(order[:, None], (1, 3))])
    np.testing.assert_array_equal(first[:, 0, 0], second[:, 0])


X = np.zeros((10, 8, 2), np.float32)


def _with(value):
    samples = X.copy()
    samples[7, 3, 1] = value
    return samples


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros((10, 9, 2)), r"the input 'in0' needs shape \(samples, 8, 2\), received \(10, 9, 2\)"),
        (np.zeros((8, 2)), r"needs shape \(samples, 8, 2\), received \(8, 2\)"),
        (np.zeros((0, 8, 2)), r"needs shape \(samples, 8, 2\), received \(0, 8, 2\)"),
        (np.float32(3), r"needs shape \(samples, 8, 2\), received \(\)"),
        (3, r"give an array \(samples, \.\.\.\), or a list with one for each input; received int"),
        ("random", "received str"),
        ({"in0": X}, "received dict"),
        ([], r"the model needs 1 array\(s\), one for each input; received 0"),
        ([X, X], r"the model needs 1 array\(s\), one for each input; received 2"),
        (X.astype(str), "the input 'in0' needs numbers, received <U32"),
        (X.astype(object), "the input 'in0' needs numbers, received object"),
        (X.astype(complex), "needs numbers, received complex128"),
        ([[[[0, 0]] * 8, [[0, 0]] * 7]], "the input 'in0' needs an array, its samples differ in length"),
        (_with(np.nan), "the input 'in0' has NaN or infinity, first in sample 7"),
        (_with(-np.inf), "has NaN or infinity, first in sample 7"),
        (_with(0).astype(np.float64) + 1e300, "has NaN or infinity, first in sample 0"),
    ],
)
def test_what_does_not_suit_is_refused(samples, message):
    with pytest.raises(InputError, match=f"^calibration: .*({message})") as refused:
        check_calibration(ONE, samples)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ([X, np.zeros((9, 3))], "every input needs the same number of samples, received 10, 9"),
        ([np.zeros((10, 3)), X], r"the input 'in0' needs shape \(samples, 8, 2\), received \(10, 3\)"),
        (X, r"the model needs 2 array\(s\), one for each input; received 1"),
    ],
)
def test_every_input_needs_its_own(samples, message):
    with pytest.raises(InputError, match=f"^calibration: {message}"):
        check_calibration(TWO, samples)


def test_an_open_time_axis_has_the_length_of_the_window():
    model = _model((None, 2))
    assert check_calibration(model, X, window=8)[0].shape == (10, 8, 2)
    with pytest.raises(InputError, match=r"received \(10, 8, 2\)"):
        check_calibration(model, X, window=9)
    with pytest.raises(InputError, match=r"^window: "):
        check_calibration(model, X)


def test_random_samples_are_seeded_and_of_every_input():
    first, again, other = (random_calibration(TWO, seed=seed) for seed in (0, 0, 1))
    assert [array.shape for array in first] == [(128, 8, 2), (128, 3)]
    np.testing.assert_array_equal(first[0], again[0])
    assert not np.array_equal(first[0], other[0])
    assert abs(first[0].std() - 1) < 0.1
    assert random_calibration(_model((None, 2)), 5, count=3)[0].shape == (3, 5, 2)
