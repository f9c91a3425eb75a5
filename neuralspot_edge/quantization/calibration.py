"""The samples from which the converter learns the range of every activation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralspot_edge.conversion.trace import input_shapes
from neuralspot_edge.errors import InputError

if TYPE_CHECKING:
    import keras

__all__ = ["MAX_SAMPLES", "check_calibration", "random_calibration"]

MAX_SAMPLES = 512
"""Samples that a calibration uses; more change the ranges little and cost time in proportion."""


def check_calibration(
    model: keras.Model, samples: np.ndarray | Sequence[np.ndarray], window: int | None = None
) -> tuple[np.ndarray, ...]:
    """The samples as the converter takes them.

    Args:
        model: The model they are for.
        samples: An array (samples, ...) for each input; a single array where there is one input.
        window: The length in steps that an unknown time axis gets.

    Returns:
        For each input an array of its type with at most `MAX_SAMPLES` samples, spread evenly over those given.

    Raises:
        InputError: The number of arrays, a shape or a value is wrong; the message names what was received.
    """
    shapes = input_shapes(model, window)
    arrays = _as_list(samples)
    if len(arrays) != len(shapes):
        raise InputError(
            f"calibration: the model needs {len(shapes)} array(s), one for each input; received {len(arrays)}"
        )
    checked = [_check(*item) for item in zip(model.inputs, shapes, arrays, strict=True)]
    if len({len(array) for array in checked}) > 1:
        counts = ", ".join(str(len(array)) for array in checked)
        raise InputError(f"calibration: every input needs the same number of samples, received {counts}")
    return tuple(_thin(array) for array in checked)


def random_calibration(
    model: keras.Model, window: int | None = None, *, count: int = 128, seed: int = 0
) -> tuple[np.ndarray, ...]:
    """Normally distributed samples for a model whose data is not at hand; its int8 ranges then fit no real signal.

    An input of whole numbers gets 0 and 1, which are tokens of any vocabulary.
    """
    generator, shapes = np.random.default_rng(seed), input_shapes(model, window)
    pairs = zip(model.inputs, shapes, strict=True)
    return tuple(_random(generator, tensor.dtype, (count, *shape)) for tensor, shape in pairs)


def _random(generator: np.random.Generator, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    if np.dtype(dtype).kind in "iub":
        return generator.integers(0, 2, shape).astype(dtype)
    return generator.standard_normal(shape, dtype=np.float32)


def _as_list(samples: Any) -> list[Any]:
    if hasattr(samples, "__array__"):
        return [samples]
    if isinstance(samples, Sequence) and not isinstance(samples, str):
        return list(samples)
    raise InputError(
        "calibration: give an array (samples, ...), or a list with one for each input; "
        f"received {type(samples).__name__}"
    )


def _check(tensor: keras.KerasTensor, shape: tuple[int, ...], array: np.ndarray) -> np.ndarray:
    name = tensor.name
    try:
        array = np.asarray(array)
    except ValueError as error:
        raise InputError(f"calibration: the input {name!r} needs an array, its samples differ in length") from error
    wanted = f"(samples, {', '.join(map(str, shape))})"
    if array.ndim == 0 or array.shape[1:] != shape or not len(array):
        raise InputError(f"calibration: the input {name!r} needs shape {wanted}, received {array.shape}")
    if array.dtype.kind not in "fiub":
        raise InputError(f"calibration: the input {name!r} needs numbers, received {array.dtype}")
    with np.errstate(over="ignore", invalid="ignore"):
        array = array.astype(tensor.dtype)
    bad = ~np.isfinite(array)
    if bad.any():
        first = int(np.flatnonzero(bad.reshape(len(array), -1).any(axis=1))[0])
        raise InputError(f"calibration: the input {name!r} has NaN or infinity, first in sample {first}")
    return array


def _thin(array: np.ndarray) -> np.ndarray:
    chosen: np.ndarray = array[np.linspace(0, len(array) - 1, min(len(array), MAX_SAMPLES)).round().astype(int)]
    return chosen
