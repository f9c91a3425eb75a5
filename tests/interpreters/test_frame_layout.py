"""Which axes of a tensor a user sees, and the shapes that are taken."""

from __future__ import annotations

import numpy as np
import pytest

from neuralspot_edge.errors import InputError
from neuralspot_edge.interpreters.frame_layout import FrameLayout


@pytest.mark.parametrize(
    ("shape", "axis", "seen", "time", "channels"),
    [
        ((1, 1, 4, 6), 2, (4, 6), 0, 6),
        ((1, 1, 1, 6), 2, (1, 6), 0, 6),
        ((1, 4, 1), 1, (4, 1), 0, 1),
        ((1, 6), None, (6,), None, 6),
        ((1, 1, 1, 6), None, (6,), None, 6),
        ((1, 6), 0, (1, 6), 0, 6),
        ((1, 4), 1, (4,), 0, 1),
        ((1, 3, 4, 6), 2, (3, 4, 6), 1, 6),
        ((), None, (), None, 1),
    ],
)
def test_what_is_seen_of_a_tensor(shape, axis, seen, time, channels):
    layout = FrameLayout(shape, axis)
    assert (layout.seen, layout.time, layout.channels) == (seen, time, channels)


@pytest.mark.parametrize(
    ("shape", "axis", "accepted"),
    [
        ((1, 1, 4, 6), 2, {(4, 6), (1, 4, 6)}),
        ((1, 1, 1, 6), 2, {(1, 6), (1, 1, 6), (6,)}),
        ((1, 6), 0, {(1, 6), (6,)}),
        ((1, 4), 1, {(4,), (4, 1)}),
        ((1, 3, 4, 6), 2, {(3, 4, 6)}),
    ],
)
def test_the_shapes_of_one_call(shape, axis, accepted):
    assert FrameLayout(shape, axis).accepted == accepted


@pytest.mark.parametrize("shape", [(1, 1, 4, 6), (1, 3, 4, 6), (1, 4, 6)])
def test_a_signal_is_split_into_calls_and_joined_again(shape):
    layout = FrameLayout(shape, len(shape) - 2)
    signal = np.arange(np.prod(shape) * 5).reshape(*layout.seen[:-2], 20, 6)
    calls = layout.split(signal)
    assert calls.shape == (5, *layout.seen)
    np.testing.assert_array_equal(calls[2], signal[..., 8:12, :])
    np.testing.assert_array_equal(layout.join(calls), signal)


def test_values_of_a_call_are_joined_as_they_are():
    results = np.arange(12).reshape(3, 4)
    assert FrameLayout((1, 4), None).join(results) is results


def test_a_signal_without_channels_and_one_without_steps():
    assert FrameLayout((1, 4), 1).split(np.zeros(12)).shape == (3, 4)
    assert FrameLayout((1, 4), 1).split(np.zeros((12, 1))).shape == (3, 4)
    assert FrameLayout((1, 1, 4, 6), 2).split(np.zeros((0, 6))).shape == (0, 4, 6)


def test_a_length_between_two_calls_is_refused_with_both():
    with pytest.raises(InputError, match=r"signal: 11 steps are no multiple of the hop of 4; cut it to 8 or .* to 12$"):
        FrameLayout((1, 4, 6), 1).split(np.zeros((11, 6)))


@pytest.mark.parametrize("shape", [(12, 5), (12,), (2, 12, 6), ()])
def test_another_shape_is_refused_with_the_right_one(shape):
    with pytest.raises(InputError, match=r"signal: the model takes \(N, 6\), received"):
        FrameLayout((1, 4, 6), 1).split(np.zeros(shape))


def test_one_channel_given_flat_is_told_how():
    with pytest.raises(InputError, match=r"takes \(N, 1\), received \(12,\); give one channel as x\[:, None\]"):
        FrameLayout((1, 4, 1), 1).split(np.zeros(12))
