"""The optimum of a linear model in one step: the least-squares fit, which gradient descent only comes near to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralspot_edge.errors import InputError

if TYPE_CHECKING:
    import keras

__all__ = ["fit_least_squares"]


def fit_least_squares(model: keras.Model, x: np.ndarray, y: np.ndarray) -> keras.Model:
    """Sets the weights that minimize the mean square error, those of the smallest norm where there are many.

    Args:
        model: One of the family `linear`, without softmax or output activation. It is changed in place.
        x: Windows, (windows, time, channels) or (windows, height, time, channels).
        y: Targets, (windows, ...) in the shape of the model's output.

    Returns:
        The model.

    Raises:
        InputError: The model is another one, the shapes do not fit, or a value is not finite.
    """
    # A Reshape closes a linear model; whatever follows it is not linear.
    if model.layers[-1].name != f"{model.name}.OUT" or len(model.weights) != 2:
        raise InputError(f"model: {model.name!r} is no linear model without activation, make one of the family linear")
    expected = ((len(x), *model.input_shape[1:]), (len(x), *model.output_shape[1:]))
    if (x.shape, y.shape) != expected:
        raise InputError(f"x, y: the model takes {expected[0]} and {expected[1]}, received {x.shape} and {y.shape}")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InputError("x, y: every value must be finite, leave out windows with nan or infinity")
    flat, targets = (array.reshape(len(array), -1).astype(np.float64) for array in (x, y))
    with_bias = np.concatenate([flat, np.ones((len(flat), 1))], axis=1)
    weights = np.linalg.lstsq(with_bias, targets, rcond=None)[0]
    kernel, bias = model.weights
    kernel.assign(weights[:-1].reshape(kernel.shape))
    bias.assign(weights[-1])
    return model
