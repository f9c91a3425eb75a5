"""A small CMake project around the sources: a runner with a C interface, and a self-test on golden vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neuralspot_edge.deployment.constants import ModelConstants, TensorConstants, model_constants
from neuralspot_edge.deployment.golden import Golden, check_golden
from neuralspot_edge.deployment.rendering import render
from neuralspot_edge.deployment.settings import ARENA_MARGIN, LEAST_ARENA_MARGIN_BYTES, DeploymentSettings
from neuralspot_edge.deployment.sources import source_files
from neuralspot_edge.errors import InputError
from neuralspot_edge.interpreters.tensors import TensorSpec

__all__ = ["FLOAT_TOLERANCE", "INTEGER_TOLERANCE", "SELF_TEST", "bundle"]

INTEGER_TOLERANCE = 1
"""Steps by which a quantized value may be off: optimized kernels may round another way than the reference ones."""

FLOAT_TOLERANCE = 1e-4
"""The same for floats, as a share of the largest golden value."""

_STREAM_ROUNDS = 2
"""How often the self-test of a step graph plays its calls, each time from a reset."""

_PROJECT = ("CMakeLists.txt", "README.md", "arm-none-eabi.cmake", "model_runner.cc", "model_runner.h")
SELF_TEST = ("golden_data.cc", "golden_data.h", "golden_test.cc")
"""The files that a bundle has only with golden vectors."""


@dataclass(frozen=True)
class GoldenArray:
    """The golden values of one input or output.

    Attributes:
        tensor: The input or output.
        values: Its raw values, a row for each window, or for each call of a step graph.
        tolerance: How far the device may be off, in the tensor's own unit.
    """

    tensor: TensorConstants
    values: npt.NDArray[Any]
    tolerance: float


def bundle(tflite: bytes, settings: DeploymentSettings) -> dict[str, bytes]:
    """A self-contained CMake project: the model as a library, and a self-test where there are golden vectors.

    Args:
        tflite: The content of the file, of any make.
        settings: Name, arena, preprocessing and what else is known of it.

    Returns:
        Content by file name; the same bytes at any time.

    Raises:
        InputError: See `model_constants`; or the golden vectors are not of this model, or it keeps its state in
            resource variables, which the runner does not make.
    """
    model = model_constants(tflite, settings)
    if any(registration.kind == "VAR_HANDLE" for registration in model.registrations):
        raise InputError(
            "the model keeps state in resource variables (VAR_HANDLE), for which no runner is generated; "
            "give its state as inputs and outputs, or write the runner by hand with MicroResourceVariables"
        )
    golden = [] if settings.golden is None else _golden_arrays(settings.golden, model)
    values = {
        "model": model,
        "golden": golden,
        "golden_count": 0 if settings.golden is None else len(settings.golden),
        "golden_values": sum(array.values.size for array in golden if array.tensor.role == "output"),
        "golden_rounds": _STREAM_ROUNDS if model.stream else 1,
        "integer_tolerance": INTEGER_TOLERANCE,
        "margin_percent": round(100 * ARENA_MARGIN),
        "least_margin": LEAST_ARENA_MARGIN_BYTES,
    }
    names = _PROJECT if settings.golden is None else (*_PROJECT, *SELF_TEST)
    return source_files(model) | {name: render(name, **values).encode() for name in names}


def _golden_arrays(golden: Golden, model: ModelConstants) -> list[GoldenArray]:
    check_golden(golden, _specs(model.inputs), _specs(model.outputs))
    pairs = zip(model.tensors, (*golden.inputs, *golden.outputs), strict=True)
    return [
        GoldenArray(tensor, values.reshape(len(golden), -1), _tolerance(tensor, values)) for tensor, values in pairs
    ]


def _specs(tensors: tuple[TensorConstants, ...]) -> tuple[TensorSpec, ...]:
    return tuple(TensorSpec(tensor.name, tensor.shape, tensor.dtype, None) for tensor in tensors)


def _tolerance(tensor: TensorConstants, values: npt.NDArray[Any]) -> float:
    if values.dtype.kind != "f":
        # An integer that stands for no real number, such as an index, is right or wrong.
        return 0 if tensor.scale is None else INTEGER_TOLERANCE
    return FLOAT_TOLERANCE * float(np.abs(values).max(initial=0))
