"""Images of digits read pixel by pixel: in rows from the top left, or in one random order for all images.

As Q. V. Le, N. Jaitly, G. E. Hinton, "A Simple Way to Initialize Recurrent Networks of Rectified Linear Units", 2015,
https://arxiv.org/abs/1504.00941, set it up.
"""

from __future__ import annotations

import contextlib
import sys
from typing import Annotated, TypeAlias

import numpy as np
from pydantic import Field

from neuralspot_edge.datasets.arrays import load_arrays
from neuralspot_edge.datasets.entry import Loaded, Request
from neuralspot_edge.datasets.splits import split_stratified
from neuralspot_edge.datasets.types import AnyArray, IntArray, Split
from neuralspot_edge.datasets.windows import check_whole
from neuralspot_edge.errors import InputError
from neuralspot_edge.strict import Count, StrictModel, Text

__all__ = ["CLASSES", "DigitsOptions", "MnistOptions", "load_digits", "load_mnist"]

CLASSES = tuple(str(digit) for digit in range(10))

_Labelled: TypeAlias = tuple[AnyArray, AnyArray]
"""Images and their labels."""

_Images = Annotated[Count, Field(ge=10, le=60_000)]
_VALIDATION = 0.1
_TEST = 0.2
_TEST_SEED = 2**32
"""Beyond the seeds of a recipe: the test split is the same for all of them."""

_MNIST_ARRAYS = ("x_train", "y_train", "x_test", "y_test")


class DigitsOptions(StrictModel):
    """Options of images read pixel by pixel."""

    permutation_seed: Annotated[Count, Field(ge=0, le=2**32 - 1)] | None = Field(
        default=None, description="Seed of the one random order of the pixels; null reads them in rows"
    )


class MnistOptions(DigitsOptions):
    """Options of MNIST read pixel by pixel."""

    path: Text | None = Field(
        default=None,
        description="Your own mnist.npz (x_train, y_train, x_test, y_test; or x and y, of which the last fifth is the "
        "test split); null has Keras fetch it",
    )
    train: _Images | None = Field(default=None, description="Most images to learn from, validation included")
    test: _Images | None = Field(default=None, description="Most images held out")


def load_digits(request: Request) -> Loaded:
    """The 1,797 digits of scikit-learn, 64 steps each; a fifth is the test split, a tenth of the rest validation.

    Raises:
        InputError: scikit-learn is not installed, or the window is not 64.
    """
    try:
        from sklearn import datasets
    except ImportError as error:
        raise InputError(
            "this data set comes with the package scikit-learn, which is not installed: pip install "
            '"neuralspot-edge[data]"'
        ) from error
    images, labels = datasets.load_digits(return_X_y=True)
    x, y = images.reshape(len(images), -1) / np.float32(16), labels.astype(np.int64)
    stay, held_out = split_stratified(y, _TEST, _TEST_SEED)
    return _sequences(request, (x[stay], y[stay]), (x[held_out], y[held_out]))


def load_mnist(request: Request) -> Loaded:
    """MNIST, 784 steps each; the official test split, a tenth of the rest validation.

    Raises:
        InputError: It cannot be fetched or read, or the window is not 784.
    """
    options = request.options
    (x, y), (x_test, y_test) = _fetched() if options.path is None else _from_file(options.path)
    train = (_pixels(x[: options.train]), y[: options.train].astype(np.int64))
    test = (_pixels(x_test[: options.test]), y_test[: options.test].astype(np.int64))
    return _sequences(request, train, test)


def _pixels(images: AnyArray) -> AnyArray:
    return images.reshape(len(images), -1) / np.float32(255)


def _sequences(request: Request, train: tuple[AnyArray, IntArray], test: tuple[AnyArray, IntArray]) -> Loaded:
    """Splits of images `(images, pixels)` in the order that is asked for, validation held out of `train`."""
    (x, y), (x_test, y_test) = train, test
    pixels = x.shape[1]
    check_whole(request.window, request.hop)
    if request.window != pixels:
        raise InputError(f"window {request.window} is not the {pixels} pixels of an image: write {pixels}")
    seed = request.options.permutation_seed
    order = np.arange(pixels) if seed is None else np.random.default_rng(seed).permutation(pixels)
    stay, held_out = split_stratified(y, _VALIDATION, request.seed)
    parts = ((x[stay], y[stay]), (x[held_out], y[held_out]), (x_test, y_test))
    first, second, third = (Split(images[:, order, None].astype(np.float32), labels) for images, labels in parts)
    return Loaded((first, second, third))


def _fetched() -> tuple[_Labelled, _Labelled]:
    from keras.datasets import mnist

    try:
        # Keras tells of its download on the standard output, which belongs to results.
        with contextlib.redirect_stdout(sys.stderr):
            train, test = mnist.load_data()
    except Exception as error:  # whatever the network and Keras make of it
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise InputError(
            f"Keras cannot fetch MNIST ({reason:.200}): give your own mnist.npz as the option path"
        ) from error
    return train, test


def _from_file(path: str) -> tuple[_Labelled, _Labelled]:
    arrays = load_arrays(path)
    if {"x", "y"} <= arrays.keys():
        x, y = _checked(path, arrays["x"], arrays["y"])
        border = len(x) - round(_TEST * len(x))
        return (x[:border], y[:border]), (x[border:], y[border:])
    if missing := [name for name in _MNIST_ARRAYS if name not in arrays]:
        raise InputError(f"{path} has no {missing[0]}: it needs {', '.join(_MNIST_ARRAYS)}; or x and y")
    return (
        _checked(path, arrays["x_train"], arrays["y_train"]),
        _checked(path, arrays["x_test"], arrays["y_test"]),
    )


def _checked(path: str, x: AnyArray, y: AnyArray) -> _Labelled:
    if x.ndim != 3 or x.shape[1:] != (28, 28) or x.dtype != np.uint8:
        raise InputError(f"{path}: images must be uint8 (images, 28, 28); received {x.dtype} {x.shape}")
    if y.shape != x.shape[:1] or y.dtype.kind not in "iu" or not len(y) or y.min() < 0 or y.max() > 9:
        raise InputError(f"{path}: labels must be a whole number of 0 to 9 for each of {len(x)} images")
    return x, y
