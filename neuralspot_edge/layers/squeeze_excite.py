"""Squeeze-and-excite (Hu et al. 2017, https://arxiv.org/abs/1709.01507) with a choice of what the squeeze sees."""

from __future__ import annotations

from typing import Literal

import keras

from neuralspot_edge.layers.convolution import pad_past

__all__ = ["squeeze_excite"]


def squeeze_excite(
    x: keras.KerasTensor,
    ratio: float,
    *,
    name: str,
    context: Literal["window", "causal", "frame"] = "window",
    frames: int = 1,
) -> keras.KerasTensor:
    """Scales each channel by a gate computed from the channels' means.

    Args:
        x: (batch, height, time, channels).
        ratio: The channels are divided by it, rounded down; at least one must remain.
        name: Prefix of the layers' names.
        context: What the mean is over: the whole `window`, the last `frames` steps (`causal`), this `frame` alone.
        frames: Steps that a causal mean is over; those before the first step count as zeros.

    Returns:
        (batch, height, time, channels).
    """
    channels = x.shape[-1]
    y = _mean(x, name, context, frames)
    y = keras.layers.Conv2D(int(channels // ratio), 1, name=f"{name}.sq")(y)
    y = keras.layers.Activation("relu6", name=f"{name}.sq.act")(y)
    y = keras.layers.Conv2D(channels, 1, name=f"{name}.ex")(y)
    y = keras.layers.Activation("hard_sigmoid", name=f"{name}.ex.act")(y)
    return keras.layers.Multiply(name=f"{name}.ex.mul")([x, y])


def _mean(x: keras.KerasTensor, name: str, context: str, frames: int) -> keras.KerasTensor:
    if context == "window":
        return keras.layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}.pool")(x)
    height = x.shape[1]
    if context == "frame" or frames == 1:
        return x if height == 1 else keras.layers.AveragePooling2D((height, 1), name=f"{name}.pool")(x)
    # Zeros before the first step, as a convolution has them: a mean over fewer steps would need to count.
    past = pad_past(x, frames - 1, f"{name}.PAD")
    return keras.layers.AveragePooling2D((height, frames), strides=(1, 1), name=f"{name}.pool")(past)
