import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuralspot_edge.datasets.recordings import cut_windows, from_recording, from_series
from neuralspot_edge.datasets.windows import sliding_windows
from neuralspot_edge.errors import InputError


def ramp(length, channels=2):
    return np.arange(length * channels, dtype=np.float32).reshape(length, channels)


@given(groups=st.lists(st.integers(0, 2), min_size=1, max_size=60), window=st.integers(1, 8), hop=st.integers(1, 9))
def test_windows_never_cross_from_one_group_to_another(groups, window, hop):
    groups = np.array(groups)
    recording = from_recording(ramp(len(groups)), groups, groups)
    if recording.lengths.max() < window:
        with pytest.raises(InputError, match=f"window {window} is longer than the longest series"):
            cut_windows(recording, window, hop)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        windows = cut_windows(recording, window, hop)
    np.testing.assert_array_equal(windows.labels, np.repeat(windows.groups[:, None], window, axis=1))
    np.testing.assert_array_equal(windows.x[:, 0, 0], 2 * windows.starts)
    assert (np.diff(windows.starts) > 0).all()


def test_series_are_cut_each_by_itself_and_keep_their_label():
    x = ramp(2 * 10).reshape(2, 10, 2)
    windows = cut_windows(from_series(x, np.array([7, 9]), False, np.array(["a", "b"])), 4, 3)
    assert windows.x[:, 0, 0].tolist() == [0, 6, 12, 20, 26, 32]
    assert windows.labels.tolist() == [7, 7, 7, 9, 9, 9]
    assert windows.groups.tolist() == ["a", "a", "a", "b", "b", "b"]


def test_labels_of_steps_are_cut_with_the_samples():
    x = ramp(2 * 6).reshape(2, 6, 2)
    windows = cut_windows(from_series(x, x[..., 0], True, None), 3, 2)
    np.testing.assert_array_equal(windows.labels, windows.x[..., 0])


def test_short_series_are_left_out_with_a_warning():
    recording = from_recording(ramp(10), None, np.array([0] * 7 + [1] * 3))
    with pytest.warns(UserWarning, match="1 of 2 series are shorter than window 5: left out"):
        assert cut_windows(recording, 5, 1).groups.tolist() == [0, 0, 0]


def test_a_gap_begins_a_series():
    recording = from_recording(ramp(10), None, None, breaks=np.array([4]))
    assert cut_windows(recording, 3, 1).starts.tolist() == [0, 1, 4, 5, 6, 7]


@given(window=st.integers(3, 12), hop=st.integers(1, 12), length=st.integers(40, 80))
def test_overlap_of_series_that_were_cut_before_is_found(window, hop, length):
    x = sliding_windows(ramp(length), window, hop)
    times = from_series(x, None, False, None).times
    # An overlap of a single step can be chance, and is not looked for.
    expected = hop if hop <= window - 2 else window
    np.testing.assert_array_equal(np.diff(times), expected)


def test_a_signal_that_stands_still_is_not_taken_for_overlap():
    x = np.ones((4, 10, 1), dtype=np.float32)
    assert from_series(x, None, False, None).times.tolist() == [0, 10, 20, 30]
