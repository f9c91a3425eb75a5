"""Convolutions over (batch, height, time, channels), padded on both sides or causally along time."""

from __future__ import annotations

from typing import Any, Literal

import keras

__all__ = ["conv", "depthwise_conv", "pad_past"]

Padding = Literal["same", "causal"]
Size = tuple[int, int]


def conv(
    x: keras.KerasTensor,
    filters: int,
    kernel: Size = (1, 1),
    *,
    name: str,
    dilation: Size = (1, 1),
    padding: Padding = "same",
    **settings: Any,
) -> keras.KerasTensor:
    """A stride-1 convolution that keeps height and time.

    Args:
        x: (batch, height, time, channels).
        filters: Output channels.
        kernel: (height, time).
        name: Name of the layer.
        dilation: (height, time).
        padding: `same`, or `causal`: along time only the past is seen.
        **settings: Passed to `keras.layers.Conv2D`.

    Returns:
        (batch, height, time, filters).
    """
    x, mode = _padded(x, kernel, dilation, padding, name)
    layer = keras.layers.Conv2D(filters, kernel, dilation_rate=dilation, padding=mode, name=name, **settings)
    return layer(x)


def depthwise_conv(
    x: keras.KerasTensor,
    kernel: Size,
    *,
    name: str,
    dilation: Size = (1, 1),
    padding: Padding = "same",
    **settings: Any,
) -> keras.KerasTensor:
    """A stride-1 depthwise convolution that keeps height, time and channels; see `conv` for the arguments."""
    x, mode = _padded(x, kernel, dilation, padding, name)
    layer = keras.layers.DepthwiseConv2D(kernel, dilation_rate=dilation, padding=mode, name=name, **settings)
    return layer(x)


def pad_past(x: keras.KerasTensor, frames: int, name: str, height: Size = (0, 0)) -> keras.KerasTensor:
    """Zeros for `frames` steps before the first one, and above and below as `height` says."""
    return keras.layers.ZeroPadding2D((height, (frames, 0)), name=name)(x)


def _padded(
    x: keras.KerasTensor, kernel: Size, dilation: Size, padding: Padding, name: str
) -> tuple[keras.KerasTensor, str]:
    """The input as the convolution needs it, and the padding left for Keras to do."""
    past = (kernel[1] - 1) * dilation[1]
    if padding == "same" or not past:
        return x, "same"
    rows = (kernel[0] - 1) * dilation[0]
    return pad_past(x, past, f"{name}.PAD", height=(rows // 2, rows - rows // 2)), "valid"
