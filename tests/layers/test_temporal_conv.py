"""The temporal convolution against Keras's `Conv1D`, and its geometry."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from helpers.tcn import randomize, windows

from neuralspot_edge.layers import TemporalConv
from neuralspot_edge.layers.conv_geometry import ConvGeometry
from neuralspot_edge.layers.temporal_conv import has_dilated_gradients


@pytest.mark.parametrize("padding", ["causal", "same"])
@pytest.mark.parametrize(("kernel_size", "dilation"), [(1, 1), (2, 1), (2, 3), (3, 4), (4, 2)])
def test_weights_of_conv1d_give_what_conv1d_gives(padding, kernel_size, dilation):
    theirs = keras.layers.Conv1D(5, kernel_size, dilation_rate=dilation, padding=padding)
    ours = TemporalConv(5, kernel_size, dilation, padding=padding)
    x = windows((14, 3))
    expected = (theirs(x), randomize(theirs), theirs(x))[-1]
    ours.build((None, 1, 14, 3))
    ours.set_weights(theirs.get_weights())
    np.testing.assert_allclose(ours(x[:, None])[:, 0], expected, atol=1e-5)


@pytest.mark.parametrize("has_gradients", [False, True])
@pytest.mark.parametrize("geometry", [None, ConvGeometry(before=3, after=1, dilation=3)])
@pytest.mark.parametrize("padding", ["causal", "same"])
def test_training_gives_the_outputs_and_gradients_of_inference(monkeypatch, padding, geometry, has_gradients):
    import tensorflow as tf

    if not has_gradients:
        monkeypatch.setattr("neuralspot_edge.layers.temporal_conv.has_dilated_gradients", lambda _: False)
    layer = TemporalConv(5, 3, 4, padding=padding)
    layer.build((None, 1, 14, 3))
    x = tf.constant(windows((1, 14, 3)))
    randomize(layer)

    def outputs_and_gradients(training):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, geometry=geometry, training=training)
            loss = tf.reduce_sum(y * tf.sin(y))
        return [y, *tape.gradient(loss, [x, layer.kernel.value, layer.bias.value])]

    for trained, inferred in zip(outputs_and_gradients(True), outputs_and_gradients(False), strict=True):
        np.testing.assert_allclose(trained, inferred, rtol=1e-4, atol=1e-4)


def test_a_type_without_a_kernel_for_dilated_gradients_is_known_as_one():
    assert has_dilated_gradients("float64") is False


@pytest.mark.parametrize("weight_norm", [False, True])
def test_it_is_made_again_from_its_config(weight_norm):
    layer = TemporalConv(5, 3, 2, padding="same", kernel_initializer="glorot_uniform", weight_norm=weight_norm)
    layer.build((None, 1, None, 3))
    again = TemporalConv.from_config(layer.get_config())
    again.build((None, 1, None, 3))
    again.set_weights(randomize(layer).get_weights())
    x = windows((1, 9, 3))
    np.testing.assert_array_equal(again(x), layer(x))


def test_a_geometry_chooses_steps_and_zeros():
    layer = TemporalConv(1, 2)
    layer.build((None, 1, None, 1))
    layer.set_weights([np.array([[[10.0]], [[1.0]]]), np.zeros(1)])
    x = np.arange(1, 7, dtype=np.float32).reshape(1, 1, 6, 1)
    received = layer(x, geometry=ConvGeometry(before=1, stride=3))
    # Pairs (0, 1), (3, 4), (6, -): the last one has no second tap.
    assert np.asarray(received).ravel().tolist() == [1, 34]
    received = layer(x, geometry=ConvGeometry(after=1, dilation=4))
    assert np.asarray(received).ravel().tolist() == [15, 26, 30]


def test_weight_norm_leaves_a_filter_of_zeros_without_nans():
    import tensorflow as tf

    layer = TemporalConv(2, 3, weight_norm=True, kernel_initializer="zeros")
    layer.build((None, 1, None, 3))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(windows((1, 9, 3))))
    assert all(np.isfinite(gradient).all() for gradient in tape.gradient(loss, layer.trainable_variables))
