"""Samples of a stream to a model's integers and back, with all that does not change worked out once.

A step of a small model takes microseconds; what `Preprocessing` and `Quantization` do for whole arrays would cost more
than the step. The values are the same to the last bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.quantization import Quantization
from neuralspot_edge.interpreters.base import Array
from neuralspot_edge.interpreters.tensors import TensorSpec
from neuralspot_edge.preprocessing import Preprocessing

__all__ = ["FrameDecoder", "FrameEncoder"]


class FrameEncoder:
    """Samples to raw values, channels last: `Preprocessing.apply`, then `TensorSpec.to_raw`.

    Args:
        spec: The input.
        preprocessing: What its samples go through; not `window`.
        channels: How many channels it has.

    Raises:
        InputError: The preprocessing is of another number of channels or of whole windows, or the input has several
            scales.
    """

    def __init__(self, spec: TensorSpec, preprocessing: Preprocessing, channels: int) -> None:
        self._mean, self._std = _standardization(preprocessing, channels)
        self._quantization = _single_scale(spec)
        self._dtype: npt.DTypeLike = np.dtype(spec.dtype)
        if self._quantization is not None:
            limits = np.iinfo(np.dtype(spec.dtype))
            self._scale = np.float32(self._quantization.scale[0])
            self._zero_point, self._lowest, self._highest = map(
                np.float64, (self._quantization.zero_point[0], limits.min, limits.max)
            )

    def __call__(self, x: Array) -> Array:
        """The raw values of samples (..., channels) without NaN."""
        if self._mean is not None:
            x = (x - self._mean) / self._std
        real = x.astype(np.float32)
        if self._quantization is None:
            return real
        with np.errstate(over="ignore"):
            steps = (real / self._scale).astype(np.float64)
        # Halves away from zero, as in Quantization.quantize: a float32 and a half are one float64.
        nearest = np.floor(np.abs(steps) + 0.5)
        np.copysign(nearest, steps, out=nearest)
        nearest += self._zero_point
        np.maximum(nearest, self._lowest, out=nearest)
        np.minimum(nearest, self._highest, out=nearest)
        return nearest.astype(self._dtype)


class FrameDecoder:
    """Raw values to real ones, as `TensorSpec.to_real` gives them.

    Args:
        spec: The output.

    Raises:
        InputError: It has several scales.
    """

    def __init__(self, spec: TensorSpec) -> None:
        quantization = _single_scale(spec)
        self._is_real = quantization is None
        self.dtype: npt.DTypeLike = np.dtype(spec.dtype) if quantization is None else np.dtype(np.float32)
        if quantization is not None:
            self._scale = np.float64(np.float32(quantization.scale[0]))
            self._zero_point = np.float64(quantization.zero_point[0])

    def __call__(self, raw: Array) -> Array:
        """The real values, float32; what is not quantized stays as it is."""
        if self._is_real:
            return raw
        real: npt.NDArray[Any] = (raw - self._zero_point) * self._scale
        return real.astype(np.float32)


def _standardization(preprocessing: Preprocessing, channels: int) -> tuple[Array | None, Array | None]:
    if preprocessing.kind == "window":
        raise InputError(
            "the model was trained with preprocess: window, the mean and deviation of each window by itself, which a "
            "stream does not know when its first sample comes; train it with preprocess: standardize or none"
        )
    if preprocessing.kind == "none":
        return None, None
    if len(preprocessing.mean) != channels:
        raise InputError(
            f"the model has {channels} channels, its preprocessing was fitted on {len(preprocessing.mean)}; "
            "export it again with the preprocessing of its own data"
        )
    return np.array(preprocessing.mean), np.array(preprocessing.std)


def _single_scale(spec: TensorSpec) -> Quantization | None:
    if spec.quantization is not None and len(spec.quantization.scale) > 1:
        raise InputError(f"tensor {spec.name!r} has a scale for each channel; a stream takes one for the whole tensor")
    return spec.quantization
