import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuralspot_edge.datasets import sliding_windows
from neuralspot_edge.errors import InputError


def test_windows_by_hand():
    x = np.arange(7)
    np.testing.assert_array_equal(sliding_windows(x, 3, 2), [[0, 1, 2], [2, 3, 4], [4, 5, 6]])
    np.testing.assert_array_equal(sliding_windows(x, 3), [[0, 1, 2], [3, 4, 5]])


@given(length=st.integers(1, 60), window=st.integers(1, 60), hop=st.integers(1, 70))
def test_every_whole_window_and_no_other(length, window, hop):
    ramp = np.stack([np.arange(length), -np.arange(length)], axis=1)
    if window > length:
        with pytest.raises(InputError, match=f"window {window} is longer than the signal of {length} steps"):
            sliding_windows(ramp, window, hop)
        return
    windows = sliding_windows(ramp, window, hop)
    expected = [ramp[start : start + window] for start in range(0, length, hop) if start + window <= length]
    np.testing.assert_array_equal(windows, expected)


def test_windows_are_a_copy():
    x = np.zeros(6)
    sliding_windows(x, 3, 1)[:] = 1
    assert not x.any()


@pytest.mark.parametrize(
    ("window", "hop", "message"),
    [
        (0, 1, "window must be a whole number of at least 1; received 0"),
        (2.0, 1, "window must be a whole number of at least 1; received 2.0"),
        (True, 1, "window must be a whole number of at least 1; received True"),
        (2, 0, "hop must be a whole number of at least 1; received 0"),
        (2, -1, "hop must be a whole number"),
        ("2", 1, "window must be a whole number of at least 1; received '2'"),
    ],
)
def test_wrong_arguments_are_refused(window, hop, message):
    with pytest.raises(InputError, match=message):
        sliding_windows(np.zeros(10), window, hop)


def test_numpy_integers_are_integers():
    assert sliding_windows(np.zeros(10), np.int64(5), np.int32(5)).shape == (2, 5)
