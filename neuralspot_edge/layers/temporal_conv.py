"""A convolution along time with the weights of a Keras `Conv1D`, computed on images of height 1."""

from __future__ import annotations

import functools
from typing import Any

import keras

from neuralspot_edge.layers.conv_geometry import ConvGeometry, Padding

__all__ = ["TemporalConv", "has_dilated_gradients"]


@keras.saving.register_keras_serializable(package="neuralspot_edge")
class TemporalConv(keras.layers.Layer):  # type: ignore[misc]
    """A dilated convolution along time: the variables of `keras.layers.Conv1D`, over (batch, 1, time, channels).

    With `weight_norm` a filter is `gain * kernel / |kernel|` (Salimans and Kingma 2016,
    https://arxiv.org/abs/1602.07868). The gain begins as |kernel|, so that the layer begins as one without it.

    Args:
        filters: Output channels.
        kernel_size: Taps along time.
        dilation: Steps from one tap to the next.
        padding: `causal` sees the past only, `same` both sides.
        kernel_initializer: As of `keras.layers.Conv1D`.
        weight_norm: Whether length and direction of a filter are weights of their own.
        **kwargs: Those of `keras.layers.Layer`.

    Attributes:
        kernel: (kernel_size, channels, filters).
        bias: (filters,).
        gain: (filters,), None without `weight_norm`.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        dilation: int = 1,
        *,
        padding: Padding = "causal",
        kernel_initializer: Any = "he_normal",
        weight_norm: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.weight_norm = weight_norm
        self.gain = None

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the weights, in the order of `Conv1D`; the gain comes last."""
        shape = (self.kernel_size, input_shape[-1], self.filters)
        self.kernel = self.add_weight(shape=shape, initializer=self.kernel_initializer, name="kernel")
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")
        if self.weight_norm:
            self.gain = self.add_weight(shape=(self.filters,), initializer=self._length_of_kernel, name="gain")

    def call(self, inputs: Any, geometry: ConvGeometry | None = None, training: bool | None = None) -> Any:
        """Convolves.

        Args:
            inputs: (batch, 1, time, channels).
            geometry: Where to look, where that is not the whole input.
            training: As in Keras; the result is the same.

        Returns:
            (batch, 1, time, filters), the time as the geometry says.
        """
        geometry = geometry or ConvGeometry.whole(self.kernel_size, self.dilation, self.padding)
        x, mode = inputs, "valid"
        if geometry == ConvGeometry.whole(self.kernel_size, geometry.dilation, "same"):
            mode = "same"  # any other needs a PAD
        elif geometry.before or geometry.after:
            x = keras.ops.pad(x, ((0, 0), (0, 0), (geometry.before, geometry.after), (0, 0)))
        y = self._convolve(x, geometry, mode, bool(training))
        # TensorFlow forgets the height of what it dilates where the length is unknown.
        y.set_shape((None, 1, None, self.filters))
        # Not tf.nn.bias_add: with mish behind a sum, TensorFlow fuses it into a kernel that it does not have.
        return y + self.bias

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """That of the input, with other channels."""
        return (*input_shape[:-1], self.filters)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "dilation": self.dilation,
            "padding": self.padding,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "weight_norm": self.weight_norm,
        }

    def _convolve(self, x: Any, geometry: ConvGeometry, mode: str, training: bool) -> Any:
        """Without the bias. Keras lays a dilated sequence out anew for each convolution; in training that shows."""
        kernel = keras.ops.expand_dims(self._filters(), 0)
        strides, dilations = (1, geometry.stride), (1, geometry.dilation)
        if training and geometry.dilation > 1 and has_dilated_gradients(self.compute_dtype):
            import tensorflow as tf

            return tf.nn.conv2d(x, kernel, strides, mode.upper(), dilations=dilations)
        return keras.ops.conv(x, kernel, strides, mode, dilation_rate=dilations)

    def _filters(self) -> Any:
        if self.gain is None:
            return self.kernel
        squares = keras.ops.sum(keras.ops.square(self.kernel), axis=(0, 1))
        # A filter of zeros stays one, and has a gradient.
        return self.kernel * (self.gain * keras.ops.rsqrt(squares + keras.config.epsilon() ** 2))

    def _length_of_kernel(self, shape: tuple[int, ...], dtype: Any = None) -> Any:
        squares = keras.ops.sum(keras.ops.square(self.kernel), axis=(0, 1))
        return keras.ops.cast(keras.ops.reshape(keras.ops.sqrt(squares), shape), dtype or self.variable_dtype)


@functools.cache
def has_dilated_gradients(dtype: str) -> bool:
    """Whether this processor's TensorFlow can differentiate its own dilated convolution.

    TensorFlow has that kernel from oneDNN alone, which not every build and processor has; so it is tried, once.

    Args:
        dtype: Of the convolution, such as `float32`.
    """
    import tensorflow as tf

    @tf.function  # type: ignore[untyped-decorator]
    def gradients(x: Any, kernel: Any) -> Any:
        loss = tf.reduce_sum(tf.nn.conv2d(x, kernel, 1, "VALID", dilations=(1, 2)))
        return tf.gradients(loss, [x, kernel])

    with tf.init_scope(), tf.device("CPU"):
        try:
            gradients(tf.ones((1, 1, 5, 1), dtype), tf.ones((1, 3, 1, 1), dtype))
        except (tf.errors.OpError, TypeError):
            return False
    return True
