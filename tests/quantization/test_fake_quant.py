"""Rounding and its gradients, by hand."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralspot_edge.graph import Quantization
from neuralspot_edge.quantization.fake_quant import fake_quantize, round_through, weight_scales


def _gradients(x, low, high):
    x, low, high = (tf.constant(value, tf.float32) for value in (x, low, high))
    with tf.GradientTape() as tape:
        tape.watch([x, low, high])
        y = tf.reduce_sum(fake_quantize(x, low, high))
    return tape.gradient(y, [x, low, high])


@settings(derandomize=True, deadline=None)
@given(
    st.lists(st.floats(-9, 9, width=32), min_size=1, max_size=20),
    st.floats(-4, 0, width=32),
    st.floats(0.125, 4, width=32),
)
def test_values_are_those_that_int8_has(values, low, high):
    scale = np.float32(np.float32(high) - np.float32(low)) / np.float32(255)
    zero_point = int(np.floor(-np.float32(low) / scale + np.float32(0.5))) - 128
    quantization = Quantization((float(scale),), (zero_point,))
    expected = quantization.dequantize(quantization.quantize(values, "int8"))
    received = fake_quantize(tf.constant(values, tf.float32), low, high)
    # A value in the middle between two steps may go to either.
    np.testing.assert_allclose(received, expected, atol=1.001 * scale)
    middle = np.abs(np.abs(np.array(values, np.float32) / scale % 1) - 0.5) < 1e-3
    np.testing.assert_allclose(np.asarray(received)[~middle], expected[~middle], atol=1e-3 * scale)


def test_the_ends_of_a_range_learn_as_in_lsq():
    """One value below, two within by 0.25 and -0.4 of a step, one above; steps of 1 from 0 to 255."""
    share = 1 / np.sqrt(4 * 255)
    inside, low, high = _gradients([-3.0, 7.25, 11.6, 300.0], 0.0, 255.0)
    np.testing.assert_array_equal(inside, [0, 1, 1, 0])
    errors = ((7 - 7.25) + (12 - 11.6)) / 255
    np.testing.assert_allclose([low, high], [(1 - errors) * share, (1 + errors) * share], rtol=1e-4)


def test_weights_have_127_steps_to_the_largest_of_each_channel():
    kernel = np.array([[1.0, -254.0], [-0.5, 2.0]], np.float32)
    np.testing.assert_allclose(weight_scales(kernel, None, 1.0), [1 / 127, 2])
    np.testing.assert_allclose(weight_scales(kernel, None, 1.0, per_channel=False), 2)


def test_a_bias_beside_next_to_no_weights_still_fits_32_bits():
    scales = weight_scales(np.zeros((3, 1), np.float32), np.array([5.0], np.float32), 0.01)
    assert 5.0 / (0.01 * float(scales[0])) < 2**31


def test_gradients_go_through_the_rounding_of_weights():
    values = tf.constant([0.4, -1.6])
    with tf.GradientTape() as tape:
        tape.watch(values)
        rounded = round_through(values, tf.constant(1.0))
    np.testing.assert_array_equal(rounded, [0, -2])
    np.testing.assert_array_equal(tape.gradient(rounded, values), [1, 1])
