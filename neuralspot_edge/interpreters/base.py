"""What every interpreter does: one protocol, and a base that holds all but loading a file and one raw invoke."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from neuralspot_edge.errors import InputError
from neuralspot_edge.interpreters.tensors import TensorSpec, check_windows, in_order

__all__ = ["BaseInterpreter", "Interpreter", "Prediction", "Progress", "TensorSpec", "Windows"]

Array: TypeAlias = npt.NDArray[Any]
Windows: TypeAlias = npt.ArrayLike | Sequence[npt.ArrayLike] | Mapping[str, npt.ArrayLike]
Prediction: TypeAlias = Array | tuple[Array, ...]
Progress: TypeAlias = Callable[[int, int], None]


class Interpreter(Protocol):
    """Anything that runs a `.tflite`; see `BaseInterpreter` for what the members promise."""

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """What the model is given, in its order."""

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """What the model gives, in its order."""

    def predict(self, x: Windows, *, progress: Progress | None = None) -> Prediction:
        """Runs any number of windows, each from a fresh state."""

    def invoke(self, *values: Array) -> tuple[Array, ...]:
        """Runs the model once on the tensors as they are."""

    def reset(self) -> None:
        """Sets the model's variables back to their first values."""


class BaseInterpreter(ABC):
    """An interpreter but for the loading, `_run` and `_reset`.

    Attributes:
        inputs: What the model is given, in its order.
        outputs: What the model gives, in its order.
    """

    def __init__(self, inputs: tuple[TensorSpec, ...], outputs: tuple[TensorSpec, ...]) -> None:
        for spec in (*inputs, *outputs):
            spec.check_runnable()
        self.inputs = inputs
        self.outputs = outputs

    def predict(self, x: Windows, *, progress: Progress | None = None) -> Prediction:
        """Runs any number of windows, each from a fresh state, and answers in kind.

        Floats are quantized as the model's inputs ask (rounded, then clipped) and all outputs come back as float32 real
        values. Integers of the model's own input type go in as they are, and the model's raw outputs come back.

        Args:
            x: Windows along the first axis: (N, *shape of one window), N being 0 or more. Several inputs are a sequence
                in the model's order or a dict by input name, all of the same N.
            progress: Called after each window with the windows done and N.

        Returns:
            One array (N, *shape of one output), or a tuple of them where the model has several outputs.

        Raises:
            InputError: Number or names of the inputs, shape or type do not fit, a value is NaN, or the model failed.
        """
        arrays = in_order(x, self.inputs)
        count, as_real = check_windows(arrays, self.inputs)
        raw = [spec.to_raw(array) for spec, array in zip(self.inputs, arrays, strict=True)]
        results = [np.empty((count, *spec.window_shape), spec.dtype) for spec in self.outputs]
        for index in range(count):
            self.reset()
            values = self.invoke(*(array[index].reshape(s.shape) for s, array in zip(self.inputs, raw, strict=True)))
            for result, value in zip(results, values, strict=True):
                result[index] = value.reshape(result.shape[1:])
            if progress is not None:
                progress(index + 1, count)
        if as_real:
            results = [spec.to_real(result) for spec, result in zip(self.outputs, results, strict=True)]
        return results[0] if len(results) == 1 else tuple(results)

    def invoke(self, *values: Array) -> tuple[Array, ...]:
        """Runs the model once on the tensors as they are; its variables keep what they hold.

        Args:
            values: One array for each input, of its very shape and type.

        Returns:
            One array for each output, of its shape and type; a later call does not change it.

        Raises:
            InputError: A value does not fit its input, an output is not of the shape in the file, or the model failed.
        """
        try:
            results = self._run(values)
        except (RuntimeError, ValueError) as error:
            raise InputError(f"{type(self).__name__} cannot run the model: {one_line(error)}") from error
        for spec, result in zip(self.outputs, results, strict=True):
            if result.shape != spec.shape:
                raise InputError(
                    f"output {spec.name!r} has no fixed shape: {spec.shape} in the file, now {result.shape}"
                )
        return results

    def reset(self) -> None:
        """Sets the model's variables back to their first values, as if it had just been loaded."""
        self._reset()

    @abstractmethod
    def _run(self, values: Sequence[Array]) -> tuple[Array, ...]: ...

    @abstractmethod
    def _reset(self) -> None: ...


def one_line(error: object) -> str:
    """The first line of what a library says, which may hold a dump below it."""
    return str(error).strip().partition("\n")[0]
