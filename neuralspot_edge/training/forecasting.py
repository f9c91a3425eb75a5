"""Forecasts without a model to compare with, forecasts of many steps, and forecasts with error bars."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralspot_edge.datasets import Preprocessing
from neuralspot_edge.errors import InputError

if TYPE_CHECKING:
    import keras

__all__ = ["UncertainForecast", "iterated_forecast", "linear_forecast", "monte_carlo_dropout", "naive_forecast"]


@dataclass(frozen=True, eq=False)
class UncertainForecast:
    """What Monte Carlo dropout gives.

    Attributes:
        mean: Mean of the samples, of the model's output shape.
        std: Their standard deviation, the length of an error bar, of the same shape.
    """

    mean: np.ndarray
    std: np.ndarray


def naive_forecast(x: np.ndarray, outputs: int) -> np.ndarray:
    """Forecasts that all stays as it is at the last step.

    Args:
        x: Windows, (windows, time, channels).
        outputs: Numbers to forecast: steps of a single channel, or one step of all channels.

    Returns:
        (windows, outputs).

    Raises:
        InputError: There are many channels and another number of outputs.
    """
    channels = x.shape[-1]
    if channels not in (1, outputs):
        raise InputError(f"outputs: {outputs} of {channels} channels; 1 channel has any, more have one each")
    return np.broadcast_to(x[:, -1], (len(x), outputs)).copy()


def linear_forecast(x_train: np.ndarray, y_train: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Forecasts by a linear function of the whole window, fitted by least squares.

    It is the optimum of what a dense layer on the flattened window can learn.

    Args:
        x_train: Windows to fit, (windows, time, channels).
        y_train: Their targets, (windows, outputs).
        x: Windows to forecast from, (windows, time, channels).

    Returns:
        (windows, outputs).

    Raises:
        InputError: The targets are not one row of numbers for each window.
    """
    if y_train.ndim != 2 or len(y_train) != len(x_train):
        raise InputError(f"y_train: ({len(x_train)}, outputs) is needed, received {y_train.shape}")
    weights = np.linalg.lstsq(_with_bias(x_train), y_train.astype(np.float64), rcond=None)[0]
    return np.asarray(_with_bias(x) @ weights, dtype=np.float32)


def _with_bias(x: np.ndarray) -> np.ndarray:
    flat = x.reshape(len(x), -1).astype(np.float64)
    return np.concatenate([flat, np.ones((len(x), 1))], axis=1)


def iterated_forecast(
    model: Callable[[np.ndarray], Any], x: np.ndarray, steps: int, preprocessing: Preprocessing | None = None
) -> np.ndarray:
    """Forecasts many steps with a model of one step, whose forecasts it is fed in turn.

    Args:
        model: Takes windows (windows, time, channels) and gives the next step of each, (windows, channels); or at every
            step the next one, (windows, time, channels), of which the last counts. A Keras model is one, an
            interpreter's `predict` is another.
        x: Windows on the scale of the model's outputs, (windows, time, channels).
        steps: Steps to forecast.
        preprocessing: What the model's inputs go through, where that is not nothing.

    Returns:
        (windows, steps, channels).

    Raises:
        InputError: `steps` is below 1, or the model's output is not the next step.
    """
    if steps < 1:
        raise InputError(f"steps: {steps} is out of range, allowed is at least 1")
    window, channels = x.shape[1:]
    series = x.astype(np.float32)
    for _ in range(steps):
        # The model's own window, which moves on over what it has said itself.
        recent = series[:, -window:]
        output = np.asarray(model(recent if preprocessing is None else preprocessing.apply(recent)))
        if output.shape not in ((len(x), channels), (len(x), window, channels)):
            raise InputError(
                f"model: its output is of shape {output.shape}, the next step of {x.shape} is {(len(x), channels)}"
            )
        following = output.reshape(len(x), -1, channels)[:, -1:]
        series = np.concatenate([series, following.astype(np.float32)], axis=1)
    return series[:, window:]


def monte_carlo_dropout(model: keras.Model, x: np.ndarray, samples: int = 100, seed: int = 0) -> UncertainForecast:
    """Forecasts with dropout left on, many times over: the spread tells how sure the model is.

    After Y. Gal, Z. Ghahramani, "Dropout as a Bayesian Approximation", 2016, https://arxiv.org/abs/1506.02142. Batch
    normalization stays as it is in inference, and the model is left as it was.

    Args:
        model: A Keras model with dropout.
        x: Inputs as the model takes them, (windows, time, channels).
        samples: How often the model is asked.
        seed: Of the dropout; the same arguments give the same forecast.

    Raises:
        InputError: There are fewer than two samples, or all of them are equal: the model has no dropout.
    """
    if samples < 2:
        raise InputError(f"samples: {samples} have no spread, allowed is at least 2")
    with _seeded(model, seed), _batch_statistics_frozen(model):
        drawn = np.stack([np.asarray(model(x, training=True)) for _ in range(samples)])
    if (drawn == drawn[0]).all():
        raise InputError("model: it has no dropout, its forecasts are all the same; build it with a dropout rate")
    return UncertainForecast(drawn.mean(axis=0), drawn.std(axis=0, ddof=1))


def _layers(model: keras.Model) -> list[Any]:
    """The model's layers and those within them."""
    return list(model._flatten_layers(include_self=False))


@contextmanager
def _batch_statistics_frozen(model: keras.Model) -> Iterator[None]:
    """In Keras a batch normalization that is not trainable runs as in inference."""
    import keras

    layers = [layer for layer in _layers(model) if isinstance(layer, keras.layers.BatchNormalization)]
    trainable = [layer.trainable for layer in layers]
    try:
        for layer in layers:
            layer.trainable = False
        yield
    finally:
        for layer, value in zip(layers, trainable, strict=True):
            layer.trainable = value


@contextmanager
def _seeded(model: keras.Model, seed: int) -> Iterator[None]:
    """A random state of its own for each layer that has one."""
    import keras

    states = [layer.seed_generator.state for layer in _layers(model) if getattr(layer, "seed_generator", None)]
    before = [keras.ops.convert_to_numpy(state) for state in states]
    try:
        for index, state in enumerate(states):
            state.assign(np.random.SeedSequence((seed, index)).generate_state(2).astype(state.dtype))
        yield
    finally:
        for state, value in zip(states, before, strict=True):
            state.assign(value)
