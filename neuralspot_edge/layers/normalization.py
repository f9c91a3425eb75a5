"""Normalization layers by name: over the batch, over the window, or over the channels of each step."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import keras

from neuralspot_edge.errors import InputError

__all__ = ["ChannelNormalization", "normalization"]


@keras.saving.register_keras_serializable(package="neuralspot_edge")
class ChannelNormalization(keras.layers.Layer):  # type: ignore[misc]
    """Layer normalization over the channels of each step (Ba et al. 2016, https://arxiv.org/abs/1607.06450).

    The same arithmetic as `keras.layers.LayerNormalization(axis=-1)`, written without the NEG that Keras's form
    leaves in a converted graph as a float operator. No step sees another, so it is causal and streams.

    Args:
        epsilon: Added to the variance.
        **kwargs: Those of `keras.layers.Layer`.
    """

    def __init__(self, epsilon: float = 1e-3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes `gamma` and `beta`, one value a channel."""
        self.gamma = self.add_weight(shape=input_shape[-1:], initializer="ones", name="gamma")
        self.beta = self.add_weight(shape=input_shape[-1:], initializer="zeros", name="beta")

    def call(self, inputs: Any) -> Any:
        """Normalizes (..., channels)."""
        centered = inputs - keras.ops.mean(inputs, axis=-1, keepdims=True)
        variance = keras.ops.mean(centered * centered, axis=-1, keepdims=True)
        return centered * keras.ops.rsqrt(variance + self.epsilon) * self.gamma + self.beta

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "epsilon": self.epsilon}


def normalization(norm: str | None, name: str) -> Callable[[keras.KerasTensor], keras.KerasTensor]:
    """A normalization layer by name.

    Args:
        norm: `batch`, `layer` (over height and time, for each channel), `channel` (over the channels of each
            step), or None for none.
        name: Prefix of the layer's name.

    Returns:
        A function from (batch, height, time, channels) to the same shape.

    Raises:
        InputError: `norm` is not known, or it is `layer` and the length of the window is not.
    """
    if norm is None:
        return lambda x: x
    if norm == "batch":
        return lambda x: _over_batch(x, name)
    if norm == "channel":
        return lambda x: _over_channels(x, name)
    if norm == "layer":
        return lambda x: _over_window(x, name)
    raise InputError(f"norm: {norm!r} is not known, allowed are batch, layer, channel and None")


def _over_batch(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    # Keras's own momentum of 0.99 needs hundreds of steps; the data sets of small devices have a few an epoch.
    return keras.layers.BatchNormalization(momentum=0.9, name=f"{name}.BN")(x)


def _over_channels(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    if x.shape[-1] == 1:
        warnings.warn(f"{name}: norm 'channel' over a single channel leaves a constant", stacklevel=2)
    return ChannelNormalization(name=f"{name}.CHN")(x)


def _over_window(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    if None in x.shape[1:3]:
        raise InputError(
            f"norm: 'layer' at {name} has weights for every step, so the input needs a fixed length, "
            f"received shape {tuple(x.shape[1:])}; give the length, or norm 'batch' or 'channel'"
        )
    return keras.layers.LayerNormalization(axis=(1, 2), name=f"{name}.LN")(x)
