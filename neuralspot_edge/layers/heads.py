"""From the input to an image, and from the last image to the model's output, for families that build on images.

A dense layer is a 1x1 convolution on one pixel. TensorFlow Lite Micro computes that to the integer as LiteRT does, but
rounds FULLY_CONNECTED otherwise: an autoencoder of ten dense layers came out 3 steps apart, of ten convolutions 0.
"""

from __future__ import annotations

import math
from typing import Literal, Protocol

import keras

from neuralspot_edge.errors import InputError
from neuralspot_edge.layers.convolution import conv

__all__ = ["Head", "TopParams", "as_image", "as_pixel", "output_of", "where_predicted"]

Head = Literal["per_step", "last", "pooled"]


class TopParams(Protocol):
    """What is asked of a family's params for its output."""

    @property
    def name(self) -> str:
        """Prefix of the layers' names."""

    @property
    def include_top(self) -> bool:
        """Whether there is a layer to the classes."""

    @property
    def use_logits(self) -> bool:
        """Whether the output is left as logits; otherwise a softmax follows."""

    @property
    def output_activation(self) -> str | None:
        """An activation in place of logits or softmax."""


def as_image(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    """A signal (batch, time, channels) as an image (batch, 1, time, channels).

    Args:
        x: The signal.
        name: Prefix of the layer's name.

    Raises:
        InputError: The input is of another rank.
    """
    if len(x.shape) != 3:
        raise InputError(f"input: {name} takes (time, channels), received {tuple(x.shape[1:])}")
    return keras.layers.Reshape((1, x.shape[1] or -1, x.shape[2]), name=f"{name}.IMAGE")(x)


def as_pixel(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    """A whole window (batch, ...) as the channels of one pixel, (batch, 1, 1, values).

    Args:
        x: The window.
        name: Prefix of the layer's name.

    Raises:
        InputError: An axis is of unknown length.
    """
    shape = tuple(x.shape[1:])
    if None in shape:
        raise InputError(f"input: {name} has a weight for each value of a window, received {shape}; give its length")
    return keras.layers.Reshape((1, 1, math.prod(shape)), name=f"{name}.FLAT")(x)


def where_predicted(x: keras.KerasTensor, head: Head, name: str) -> keras.KerasTensor:
    """What a head predicts from: every step (`per_step`), the last one, or the mean over all (`pooled`).

    Args:
        x: (batch, 1, time, channels).
        head: The head.
        name: Prefix of the layer's name.

    Returns:
        (batch, 1, time, channels) or (batch, 1, 1, channels).
    """
    if head == "last":
        return x[:, :, -1:, :]
    if head == "pooled":
        return keras.layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}.POOL")(x)
    return x


def output_of(
    x: keras.KerasTensor, params: TopParams, num_classes: int | None, steps: tuple[int, ...] = (), times: int = 1
) -> keras.KerasTensor:
    """The layer to the classes, the output's shape, and the activation.

    Args:
        x: (batch, height, time, channels).
        params: What the params say of the output.
        num_classes: Width of the output; needed where `include_top`.
        steps: Axes of the output before its last one, -1 for an unknown length.
        times: How often each pixel predicts `num_classes` values.

    Returns:
        (batch, *steps, num_classes), or without a top (batch, *steps, channels).

    Raises:
        InputError: `num_classes` is missing or not a positive number.
    """
    width = x.shape[-1]
    if params.include_top:
        if not isinstance(num_classes, int) or num_classes < 1:
            raise InputError(f"num_classes: include_top needs a positive number of classes, received {num_classes!r}")
        x, width = conv(x, num_classes * times, name=f"{params.name}.TOP"), num_classes
    x = keras.layers.Reshape((*steps, width), name=f"{params.name}.OUT")(x)
    if not params.include_top:
        return x
    if params.output_activation:
        return keras.layers.Activation(params.output_activation, name=f"{params.name}.OUT.ACT")(x)
    return x if params.use_logits else keras.layers.Softmax(name=f"{params.name}.OUT.SOFTMAX")(x)
