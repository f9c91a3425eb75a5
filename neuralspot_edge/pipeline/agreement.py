"""TensorFlow Lite Micro beside LiteRT's reference kernels: the same integers in, how far apart is what comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neuralspot_edge.graph import load_graph
from neuralspot_edge.interpreters import Interpreter, TflmInterpreter, available
from neuralspot_edge.interpreters.base import Progress
from neuralspot_edge.pipeline.checks import Check
from neuralspot_edge.recipes import GatesSpec

__all__ = ["NO_TFLM", "Agreement", "compare_on_device", "lsb_check", "output_steps", "pack"]

NO_TFLM = "tflite-micro can be installed on linux x86-64 only"
"""Why nothing is proven on a machine without it."""

_FLOAT_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Agreement:
    """What the two interpreters gave.

    Attributes:
        check: The verdict.
        differing: Output values in which they differ; None where nothing could be proven.
        total: Output values in all.
        outputs: The first output in real numbers, TensorFlow Lite Micro's where it ran.
    """

    check: Check
    differing: int | None
    total: int
    outputs: np.ndarray


def compare_on_device(
    content: bytes,
    reference: Interpreter,
    inputs: list[np.ndarray],
    gates: GatesSpec,
    progress: Progress | None,
) -> Agreement:
    """Plays the inputs through TensorFlow Lite Micro and compares it with the reference.

    Args:
        content: The `.tflite`.
        reference: LiteRT with the file loaded.
        inputs: Windows for each input of the model, preprocessed.
        gates: `max_lsb`.
        progress: Called with windows done and all of them.
    """
    integers = [spec.to_raw(array) for spec, array in zip(reference.inputs, inputs, strict=True)]
    expected = _tuple(reference.predict(pack(integers)))
    outputs = reference.outputs[0].to_real(expected[0])
    total = sum(array.size for array in expected)
    reason = _why_not_on_device(content)
    if reason:
        return Agreement(Check("tflm_vs_litert", "not proven", detail=reason), None, total, outputs)
    device = TflmInterpreter(content)
    received = _tuple(device.predict(pack(integers), progress=progress))
    differing = sum(int((one != other).sum()) for one, other in zip(received, expected, strict=True))
    check = lsb_check(received, expected, output_steps(content), gates)
    check = replace(check, detail=f"{len(expected[0])} windows, {differing} of {total} values differ")
    return Agreement(check, differing, total, device.outputs[0].to_real(received[0]))


def _why_not_on_device(content: bytes) -> str:
    if "TflmInterpreter" not in available():
        return NO_TFLM
    if any(tensor.dtype == "float16" for tensor in load_graph(content).tensors):
        return "a float16 file is for LiteRT: TensorFlow Lite Micro has no float16 kernels"
    return ""


def lsb_check(
    received: Sequence[np.ndarray], expected: Sequence[np.ndarray], steps: Sequence[float | None], gates: GatesSpec
) -> Check:
    """The verdict on the outputs of two interpreters.

    Args:
        received: TensorFlow Lite Micro's, an array for each output.
        expected: LiteRT's.
        steps: See `output_steps`.
        gates: `max_lsb`.
    """
    apart = [np.abs(one.astype(np.float64) - other).max() for one, other in zip(received, expected, strict=True)]
    if None in steps:
        # A float file has no steps to count; its kernels may add up in another order.
        figure, unit = float(np.max(apart)), ""
        limit = _FLOAT_TOLERANCE * float(np.max([np.abs(one).max() for one in expected]))
    else:
        figure, unit = float(np.max([np.round(gap / step) for gap, step in zip(apart, steps, strict=True)])), "LSB"
        limit = float(gates.max_lsb)
    return Check("tflm_vs_litert", "passed" if figure <= limit else "failed", figure, limit, unit)


def output_steps(content: bytes) -> list[float | None]:
    """The size of one integer step of each output as an interpreter gives it; None where it is computed in float.

    Of a quantized file with float outputs it is the scale of what is dequantized last. Where that is int16, in a file
    that has int8 too, it is the step of 8 bits: one step of an int8 tensor makes many of the output's.
    """
    graph = load_graph(content)
    has_int8 = any(tensor.dtype == "int8" and not tensor.is_constant for tensor in graph.tensors)
    makers = {tensor.index: operator for operator in graph.operators for tensor in operator.outputs}
    steps: list[float | None] = []
    for tensor in graph.outputs:
        maker = makers.get(tensor.index)
        source = maker.inputs[0] if maker is not None and maker.kind == "DEQUANTIZE" else None
        if source is not None and source.quantization is not None:
            coarser = 2.0**8 if has_int8 and source.dtype == "int16" else 1.0
            steps.append(source.quantization.scale[0] * coarser)
        else:
            steps.append(None if tensor.dtype.startswith("float") else 1.0)
    return steps


def pack(arrays: Sequence[np.ndarray]) -> Any:
    """The arrays as interpreters and Keras take them: one alone, several as a list."""
    return arrays[0] if len(arrays) == 1 else list(arrays)


def _tuple(outputs: Any) -> tuple[np.ndarray, ...]:
    return outputs if isinstance(outputs, tuple) else (outputs,)
