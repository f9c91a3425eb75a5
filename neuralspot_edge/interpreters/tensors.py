"""The tensors at the ends of a model, and what a user may give for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.quantization import Quantization
from neuralspot_edge.suggestions import unknown_name

__all__ = ["TensorSpec", "check_type", "check_windows", "in_order"]

RUNNABLE_TYPES = {"bool", "float32", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"}


@dataclass(frozen=True)
class TensorSpec:
    """One input or output of a model.

    Attributes:
        name: Its name in the model's signature, or its own where there is no signature.
        shape: Its dimensions; the first is the batch, which is 1.
        dtype: Its element type in numpy's words: `int8`, `int16`, `float32`.
        quantization: How its integers stand for real numbers; None where it is not quantized.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    quantization: Quantization | None

    @property
    def window_shape(self) -> tuple[int, ...]:
        """The shape of one window: without the batch axis, if there is one."""
        return self.shape[1:] if self.shape[:1] == (1,) else self.shape

    @property
    def zero(self) -> int:
        """What stands for 0: the zero point where it is quantized."""
        return 0 if self.quantization is None else self.quantization.zero_point[0]

    def check_runnable(self) -> None:
        """Refuses a tensor that numpy arrays cannot stand for.

        Raises:
            InputError: Its type is not one of numbers.
        """
        if self.dtype not in RUNNABLE_TYPES:
            raise InputError(f"tensor {self.name!r} is of type {self.dtype}, which no interpreter here runs")

    def to_raw(self, x: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """What the model is fed for `x`: integers as they are, floats quantized or as float32."""
        if self.quantization is not None and x.dtype.kind == "f":
            return self.quantization.quantize(x, self.dtype)
        return np.ascontiguousarray(x, self.dtype)

    def to_real(self, raw: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Real values, float32, for what the model gave; what is not quantized stays as it is."""
        return raw if self.quantization is None else self.quantization.dequantize(raw)


def in_order(x: Any, specs: Sequence[TensorSpec]) -> list[npt.NDArray[Any]]:
    """The arrays that a user gave as one array, a sequence or a dict by name, in the order of the model's inputs.

    Raises:
        InputError: A name is unknown or left out, or there are more or fewer arrays than inputs.
    """
    if isinstance(x, Mapping):
        names = [spec.name for spec in specs]
        for name in x:
            if name not in names:
                raise InputError(unknown_name("input", name, names))
        missing = [name for name in names if name not in x]
        if missing:
            raise InputError(f"input {missing[0]!r} is missing; the model needs {', '.join(names)}")
        return [_as_array(x[name], name) for name in names]
    if len(specs) == 1:
        return [_as_array(x, specs[0].name)]
    if not isinstance(x, Sequence) or len(x) != len(specs):
        names_shown = ", ".join(spec.name for spec in specs)
        raise InputError(
            f"the model has {len(specs)} inputs ({names_shown}): give a sequence or a dict of as many arrays"
        )
    return [_as_array(values, spec.name) for values, spec in zip(x, specs, strict=True)]


def check_windows(arrays: Sequence[npt.NDArray[Any]], specs: Sequence[TensorSpec]) -> tuple[int, bool]:
    """Compares what was given with what the model takes.

    Args:
        arrays: One array for each input, windows along the first axis.
        specs: The inputs.

    Returns:
        The number of windows, and whether the answer is to be in real values: true where any input was given as floats.

    Raises:
        InputError: A shape or type does not fit, a value is NaN, the inputs differ in the number of windows, or some
            quantized inputs are floats and others integers.
    """
    for array, spec in zip(arrays, specs, strict=True):
        _check_shape(array, spec)
        check_type(array, spec)
    counts = {len(array) for array in arrays}
    if len(counts) != 1:
        given = ", ".join(f"{spec.name!r}: {len(array)}" for array, spec in zip(arrays, specs, strict=True))
        raise InputError(f"the inputs differ in the number of windows ({given})")
    quantized = {array.dtype.kind == "f" for array, spec in zip(arrays, specs, strict=True) if spec.quantization}
    if len(quantized) > 1:
        raise InputError("some inputs are floats and others raw integers: give all quantized inputs in one kind")
    return counts.pop(), any(array.dtype.kind == "f" for array in arrays)


def check_type(array: npt.NDArray[Any], spec: TensorSpec, unit: str = "window") -> None:
    """Refuses an array whose elements cannot go into an input.

    Args:
        array: What was given.
        spec: The input.
        unit: What lies along the first axis, for the message.

    Raises:
        InputError: The type is neither floats, where the input stands for real numbers, nor the input's own; or a value
            is NaN.
    """
    takes_floats = spec.quantization is not None or spec.dtype == "float32"
    if array.dtype.kind == "f" and takes_floats:
        if np.isnan(array).any():
            place = int(np.argwhere(np.isnan(array))[0][0])
            raise InputError(f"input {spec.name!r} holds NaN, first in {unit} {place}; fill or drop it")
        return
    if array.dtype != np.dtype(spec.dtype):
        floats = "floats" if spec.dtype == "float32" else f"{spec.dtype} or floats" if takes_floats else spec.dtype
        raise InputError(f"input {spec.name!r} needs {floats}, received {array.dtype}")


def _as_array(values: Any, name: str) -> npt.NDArray[Any]:
    try:
        return np.asarray(values)
    except ValueError as error:
        raise InputError(f"input {name!r} is not an array: its rows differ in length") from error


def _check_shape(array: npt.NDArray[Any], spec: TensorSpec) -> None:
    if spec.shape[:1] != (1,):
        raise InputError(f"input {spec.name!r} has shape {spec.shape}: convert the model with its batch fixed to 1")
    if array.shape[1:] == spec.window_shape and array.ndim == len(spec.shape):
        return
    expected = f"({', '.join(['N', *map(str, spec.window_shape)])})"
    hint = "; give one window as x[None]" if array.shape == spec.window_shape else ""
    raise InputError(f"input {spec.name!r} needs shape {expected}, received {array.shape}{hint}")
