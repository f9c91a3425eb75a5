"""Golden vectors: inputs, and the very integers that TensorFlow Lite Micro makes of them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neuralspot_edge.datasets.preprocessing import Preprocessing
from neuralspot_edge.errors import InputError
from neuralspot_edge.interpreters.base import Windows
from neuralspot_edge.interpreters.tensors import TensorSpec, check_windows, in_order
from neuralspot_edge.interpreters.tflm import TflmInterpreter

__all__ = ["GOLDEN_WINDOWS", "Golden", "check_golden", "make_golden"]

GOLDEN_WINDOWS = 8
"""Few enough for any flash, enough that a wrong kernel does not pass by luck."""

_NO_PREPROCESSING = Preprocessing("none")


@dataclass(frozen=True, eq=False)
class Golden:
    """Windows and what the device gives for them, each from a fresh state.

    Attributes:
        inputs: For each input of the model its raw values, `(windows, *shape of one window)`, in the input's own type.
        outputs: For each output the raw values, in the same way.
    """

    inputs: tuple[npt.NDArray[Any], ...]
    outputs: tuple[npt.NDArray[Any], ...]

    def __len__(self) -> int:
        return len(self.outputs[0])

    def to_npz(self) -> bytes:
        """The content of a `.npz` with `input0`, `input1`, ..., `output0`, ...; the same bytes at any time."""
        named: dict[str, Any] = {f"input{index}": array for index, array in enumerate(self.inputs)}
        named |= {f"output{index}": array for index, array in enumerate(self.outputs)}
        archive = io.BytesIO()
        np.savez(archive, **named)  # Dates every entry 1980-01-01.
        return archive.getvalue()


def make_golden(
    tflite: bytes, samples: Windows, *, preprocessing: Preprocessing = _NO_PREPROCESSING, count: int = GOLDEN_WINDOWS
) -> Golden:
    """Plays samples on TensorFlow Lite Micro.

    Args:
        tflite: The content of the file.
        samples: Windows along the first axis, `(windows, *shape of one window)`; an array for each input where the
            model has several. Floats are preprocessed and quantized, integers of the input's type go in as they are.
        preprocessing: What the model's inputs go through before they are quantized.
        count: How many windows to take, spread evenly over those given; all where there are fewer.

    Returns:
        The raw inputs and outputs.

    Raises:
        InputError: The samples do not fit the model or are none, TensorFlow Lite Micro refuses the file or is not
            installed, or an output is not finite.
    """
    interpreter = TflmInterpreter(tflite)
    specs = interpreter.inputs
    given = zip(in_order(samples, specs), specs, strict=True)
    arrays = [_preprocess(array, spec, preprocessing) for array, spec in given]
    available, _ = check_windows(arrays, specs)
    if not available or count < 1:
        raise InputError(f"samples: {available} windows, {count} to be taken; a self-test needs at least one")
    chosen = np.linspace(0, available - 1, min(count, available)).round().astype(int)
    inputs = tuple(spec.to_raw(array[chosen]) for array, spec in zip(arrays, specs, strict=True))
    return Golden(inputs, _play(interpreter, inputs))


def check_golden(golden: Golden, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> None:
    """Refuses vectors that are not of this model.

    Raises:
        InputError: Number, shape or type of the arrays are not those of the inputs and outputs.
    """
    for role, arrays, specs in (("input", golden.inputs, inputs), ("output", golden.outputs, outputs)):
        expected = [(len(golden), *spec.window_shape, spec.dtype) for spec in specs]
        received = [(*array.shape, array.dtype.name) for array in arrays]
        if expected != received:
            raise InputError(f"golden: the {role}s are {received}, the model has {expected}; make them with this model")


def _play(interpreter: TflmInterpreter, inputs: Sequence[npt.NDArray[Any]]) -> tuple[npt.NDArray[Any], ...]:
    """The raw outputs; `predict` would give real values wherever an input is float32."""
    specs = interpreter.inputs
    windows: list[tuple[npt.NDArray[Any], ...]] = []
    for values in zip(*inputs, strict=True):
        interpreter.reset()
        windows.append(interpreter.invoke(*(v.reshape(s.shape) for v, s in zip(values, specs, strict=True))))
    outputs = []
    for index, spec in enumerate(interpreter.outputs):
        output = np.stack([window[index].reshape(spec.window_shape) for window in windows])
        if not np.isfinite(output).all():
            raise InputError(f"output {spec.name!r} is not finite for these samples: there is nothing to compare with")
        outputs.append(output)
    return tuple(outputs)


def _preprocess(array: npt.NDArray[Any], spec: TensorSpec, preprocessing: Preprocessing) -> npt.NDArray[Any]:
    takes_signal = spec.quantization is not None or spec.dtype == "float32"
    return preprocessing.apply(array) if takes_signal and array.dtype.kind == "f" else array
