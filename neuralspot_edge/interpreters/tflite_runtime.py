"""The older tflite-runtime, for machines that have nothing else.

It needs numpy below 2, and of this package's dependencies only lazy_loader. The schema's reader is not there to look
at a file first, so a damaged file meets tflite-runtime's own checks alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.flatbuffer import read_model
from neuralspot_edge.graph.quantization import Quantization
from neuralspot_edge.interpreters.tensors import TensorSpec
from neuralspot_edge.interpreters.tflite_api import Kernels, TfliteApiInterpreter, allocate, open_native

__all__ = ["TfliteRuntimeInterpreter"]


class TfliteRuntimeInterpreter(TfliteApiInterpreter):
    """Runs a `.tflite` with tflite-runtime 2.14.

    Args:
        source: A path, or the content itself.
        kernels: `reference` for the kernels that define what an operator gives, `optimized` for the fast ones.

    Raises:
        InputError: tflite-runtime is not installed or meets numpy 2, the file cannot be read, is not a `.tflite`, or
            holds what tflite-runtime does not run.
    """

    def __init__(self, source: bytes | str | Path, *, kernels: Kernels = "reference") -> None:
        native = open_native(_package(), read_model(source), kernels)
        allocate(native)
        names = _signature_names(native)
        super().__init__(
            native,
            tuple(_spec(detail, names) for detail in native.get_input_details()),
            tuple(_spec(detail, names) for detail in native.get_output_details()),
        )


def _package() -> Any:
    if np.lib.NumpyVersion(np.__version__) >= "2.0.0":
        raise InputError(f"tflite-runtime needs numpy below 2, here is {np.__version__}; use LiteRtInterpreter instead")
    try:
        from tflite_runtime import interpreter
    except ImportError as error:
        raise InputError("tflite-runtime is not installed; install it, or use LiteRtInterpreter instead") from error
    return interpreter


def _signature_names(native: Any) -> dict[int, str]:
    """The names that the first signature gives to tensors."""
    for key in native.get_signature_list():
        runner = native.get_signature_runner(key)
        details = {**runner.get_input_details(), **runner.get_output_details()}
        return {detail["index"]: name for name, detail in details.items()}
    return {}


def _spec(detail: dict[str, Any], names: dict[int, str]) -> TensorSpec:
    parameters = detail["quantization_parameters"]
    scale = tuple(float(value) for value in parameters["scales"])
    zero_point = tuple(int(value) for value in parameters["zero_points"])
    axis = int(parameters["quantized_dimension"]) if len(scale) > 1 else None
    return TensorSpec(
        name=names.get(detail["index"], detail["name"]),
        shape=tuple(int(size) for size in detail["shape"]),
        dtype=np.dtype(detail["dtype"]).name,
        quantization=Quantization(scale, zero_point, axis) if scale else None,
    )
