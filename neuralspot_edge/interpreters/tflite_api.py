"""What LiteRT and tflite-runtime share: their Python API is one and the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from neuralspot_edge.errors import InputError
from neuralspot_edge.interpreters.base import Array, BaseInterpreter, one_line
from neuralspot_edge.interpreters.tensors import TensorSpec

__all__ = ["Kernels", "TfliteApiInterpreter", "allocate", "open_native"]

Kernels: TypeAlias = Literal["reference", "optimized"]

RESOLVERS = {"reference": "BUILTIN_REF", "optimized": "AUTO"}
"""The API's own name for each choice of kernels."""


def open_native(package: Any, content: bytes, kernels: str) -> Any:
    """The API's interpreter for a file, its flatbuffer verified, its tensors not yet allocated.

    Args:
        package: The module that holds `Interpreter` and `OpResolverType`.
        content: The content of the file.
        kernels: A key of `RESOLVERS`.

    Returns:
        The interpreter.

    Raises:
        InputError: There are no such kernels, or the file is refused.
    """
    if kernels not in RESOLVERS:
        raise InputError(f"unknown kernels {kernels!r}: known are {', '.join(RESOLVERS)}")
    resolver = getattr(package.OpResolverType, RESOLVERS[kernels])
    try:
        return package.Interpreter(model_content=content, experimental_op_resolver_type=resolver)
    except (RuntimeError, ValueError) as error:
        raise _refusal(package.Interpreter, error) from error


def allocate(native: Any) -> None:
    """Lets every operator check and plan its tensors.

    Raises:
        InputError: An operator is not supported, or its tensors do not fit it.
    """
    try:
        native.allocate_tensors()
    except (RuntimeError, ValueError) as error:
        raise _refusal(type(native), error) from error


class TfliteApiInterpreter(BaseInterpreter):
    """An interpreter on that API, its tensors allocated."""

    def __init__(self, native: Any, inputs: tuple[TensorSpec, ...], outputs: tuple[TensorSpec, ...]) -> None:
        super().__init__(inputs, outputs)
        self._native = native
        self._input_places = [detail["index"] for detail in native.get_input_details()]
        self._output_places = [detail["index"] for detail in native.get_output_details()]

    def _run(self, values: Sequence[Array]) -> tuple[Array, ...]:
        for place, value in zip(self._input_places, values, strict=True):
            self._native.set_tensor(place, value)
        self._native.invoke()
        return tuple(self._native.get_tensor(place) for place in self._output_places)

    def _reset(self) -> None:
        self._native.reset_all_variables()


def _refusal(native: type, error: Exception) -> InputError:
    return InputError(f"{native.__module__.partition('.')[0]} refuses the model: {one_line(error)}")
