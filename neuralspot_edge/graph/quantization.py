"""Affine quantization of tensors, as TensorFlow Lite defines it: real = scale * (integer - zero_point)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neuralspot_edge.errors import InputError

__all__ = ["Quantization", "read_quantization"]


@dataclass(frozen=True)
class Quantization:
    """How the integers of a tensor stand for real numbers.

    Source: the LiteRT 8-bit quantization specification, https://ai.google.dev/edge/litert/models/quantization_spec.

    Attributes:
        scale: Real size of one integer step: one value for the tensor, or one for each slice along `axis`.
        zero_point: The integer that stands for 0.0, as many as scales. A zero point of 0 is still quantized.
        axis: The dimension that several scales run along; None where one scale holds for the whole tensor.
    """

    scale: tuple[float, ...]
    zero_point: tuple[int, ...]
    axis: int | None = None

    def quantize(self, x: npt.ArrayLike, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """The integers nearest to real values; what lies outside the range of `dtype` is clipped to its ends.

        Halves round away from zero, because the QUANTIZE kernels of TFLite Micro and LiteRT's reference do, and so does
        `roundf` in the C code on the device (`np.round` would round them to even). The division is in float32 as there.

        Args:
            x: Real values without NaN, of the tensor's shape (any shape where `axis` is None).
            dtype: The integer type to give: int8, int16, uint8, int32.

        Returns:
            Integers of `dtype`, in the shape of `x`.
        """
        x = np.asarray(x, np.float32)
        scale, zero_point = self._aligned(x.ndim)
        with np.errstate(over="ignore"):
            steps = (x / scale).astype(np.float64)
        whole = np.trunc(steps)
        with np.errstate(invalid="ignore"):
            nearest = whole + np.where(np.abs(steps - whole) >= 0.5, np.sign(steps), 0.0)
        limits = np.iinfo(np.dtype(dtype))
        clipped: npt.NDArray[Any] = np.clip(nearest + zero_point, limits.min, limits.max).astype(dtype)
        return clipped

    def dequantize(self, q: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """The real values, float32, that integers stand for, in the shape of `q`."""
        q = np.asarray(q)
        scale, zero_point = self._aligned(q.ndim)
        return (scale.astype(np.float64) * (q.astype(np.int64) - zero_point)).astype(np.float32)

    def _aligned(self, rank: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """Scale and zero point in a shape that broadcasts against an array of that rank."""
        shape = [1] * rank
        if self.axis is not None:
            shape[self.axis] = -1
        return np.array(self.scale, np.float32).reshape(shape), np.array(self.zero_point, np.int64).reshape(shape)


def read_quantization(packed: Any, name: str, shape: tuple[int, ...]) -> Quantization | None:
    """The quantization of a schema tensor.

    Args:
        packed: A `QuantizationParametersT`, or None.
        name: The tensor's name, for the message.
        shape: The tensor's shape.

    Returns:
        None where the tensor is not quantized.

    Raises:
        InputError: There are several scales, and not one for each slice of a dimension.
    """
    if packed is None or packed.scale is None or len(packed.scale) == 0:
        return None
    scale = tuple(float(value) for value in packed.scale)
    has_zero_points = packed.zeroPoint is not None and len(packed.zeroPoint) > 0
    zero_point = tuple(int(value) for value in packed.zeroPoint) if has_zero_points else (0,) * len(scale)
    if len(scale) == len(zero_point) == 1:
        return Quantization(scale, zero_point)
    axis = packed.quantizedDimension
    if not (0 <= axis < len(shape) and len(scale) == len(zero_point) == shape[axis]):
        raise InputError(f"the model is damaged: the scales of tensor {name!r} do not fit its shape {shape}")
    return Quantization(scale, zero_point, axis)
