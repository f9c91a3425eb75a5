"""Numbers rounded as int8 rounds them, with gradients that go through the rounding.

Activations have a range that is learned: the gradient of a step's size is that of LSQ (Esser et al. 2020,
https://arxiv.org/abs/1902.08153, eq. 3), written for the two ends of an asymmetric range as LSQ+ does (Bhalgat et al.
2020, https://arxiv.org/abs/2004.09576). TensorFlow's own gradient of the ends sees only what is clipped, so that a
range never shrinks. Weights are symmetric, a scale for each channel, from their largest value as the converter takes
it (Krishnamoorthi 2018, https://arxiv.org/abs/1806.08342).
"""

from __future__ import annotations

from typing import Any

__all__ = ["STEPS", "fake_quantize", "round_through", "weight_scales"]

STEPS = 255
"""From the least to the largest int8."""

_LARGEST_WEIGHT = 127
_LARGEST_BIAS = 2.0**30
_SMALLEST_SCALE = 1e-12


def fake_quantize(x: Any, low: Any, high: Any) -> Any:
    """The values that int8 has for `x`.

    Args:
        x: Real values, of any shape.
        low: Least value of the range, 0 or below.
        high: Largest value of the range, 0 or above. The zero point is rounded, which shifts both ends by up to half a
            step.
    """
    import tensorflow as tf

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def quantize(x: Any, low: Any, high: Any) -> tuple[Any, Any]:
        rounded = tf.quantization.fake_quant_with_min_max_vars(x, low, high)

        def gradient(upstream: Any) -> tuple[Any, Any, Any]:
            inside, below, above = tf.quantization.fake_quant_with_min_max_vars_gradient(upstream, x, low, high)
            # Of what is not clipped: the rounding error, in steps, times the share of a step that an end moves it.
            error = tf.tensordot(tf.reshape(inside, [-1]), tf.reshape(rounded - x, [-1]), 1) / (high - low)
            # LSQ, section 2.2: the sum over all values would drown the weights' gradients.
            share = tf.math.rsqrt(tf.cast(tf.size(x), x.dtype) * STEPS)
            return inside, (below - error) * share, (above + error) * share

        return rounded, gradient

    return quantize(*map(tf.convert_to_tensor, (x, low, high)))


def round_through(values: Any, scale: Any) -> Any:
    """Multiples of `scale`; the gradient is that of `values` (Bengio et al. 2013, https://arxiv.org/abs/1308.3432)."""
    import tensorflow as tf

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def quantize(values: Any) -> tuple[Any, Any]:
        return tf.round(values / scale) * scale, lambda upstream: upstream

    return quantize(tf.convert_to_tensor(values))


def weight_scales(kernel: Any, bias: Any, input_scale: Any, *, per_channel: bool = True) -> Any:
    """The size of a step of each channel's weights.

    Args:
        kernel: (..., channels).
        bias: (channels,), or None. It has steps of `input_scale` times the result, and must fit 32 bits: a channel
            of next to no weights gets coarser steps than they need.
        input_scale: The size of a step of what is multiplied.
        per_channel: Whether each channel has its own, or all share the largest.

    Returns:
        (channels,), or a scalar, without a gradient.
    """
    import tensorflow as tf

    kernel = tf.convert_to_tensor(kernel)
    largest = tf.reduce_max(tf.abs(kernel), axis=list(range(len(kernel.shape) - 1)))
    # In double precision the same number comes out however TensorFlow rearranges what it compiles.
    scales = tf.cast(tf.cast(largest, tf.float64) / _LARGEST_WEIGHT, tf.float32)
    if bias is not None:
        scales = tf.maximum(scales, tf.abs(bias) / (input_scale * _LARGEST_BIAS))
    scales = tf.stop_gradient(tf.maximum(scales, _SMALLEST_SCALE))
    return scales if per_channel else tf.reduce_max(scales)
