"""Fused batch normalization is Keras's: outputs, gradients and what it keeps."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from helpers.tcn import randomize, windows

from neuralspot_edge.layers.batch_normalization import FusedBatchNormalization


@pytest.mark.parametrize("shape", [(1, 9, 3), (2, 4, 3), (1, 1, 3)])
@pytest.mark.parametrize("training", [True, False])
def test_it_is_keras_batch_normalization(shape, training):
    import tensorflow as tf

    x = tf.constant(windows(shape, count=1 if shape == (1, 1, 3) else 8) * 3 + 2)
    outcomes = []
    for kind in (keras.layers.BatchNormalization, FusedBatchNormalization):
        layer = kind(momentum=0.9)
        layer.build(x.shape)
        randomize(layer)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, training=training)
            loss = tf.reduce_sum(y**3)
        outcomes.append([y, *tape.gradient(loss, [x, *layer.trainable_variables]), *layer.get_weights()])
    for theirs, ours in zip(*outcomes, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-3)


def test_one_that_is_not_trained_keeps_its_statistics():
    layer = FusedBatchNormalization()
    layer.build((None, 1, 9, 3))
    layer.trainable = False
    before = randomize(layer).get_weights()
    layer(windows((1, 9, 3)), training=True)
    for here, there in zip(layer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(here, there)
