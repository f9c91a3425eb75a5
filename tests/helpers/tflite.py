"""A converted model on TensorFlow Lite Micro, beside LiteRT's reference kernels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from neuralspot_edge.conversion import ConversionSettings, convert
from neuralspot_edge.graph import load_graph
from neuralspot_edge.interpreters import LiteRtInterpreter, TflmInterpreter


def kinds(content: bytes) -> list[str]:
    return [operator.kind for operator in load_graph(content).operators]


def most_lsb_apart(content: bytes, *inputs: np.ndarray) -> float:
    """The most by which the two interpreters differ in any output value, in steps of the output."""
    reference, device = LiteRtInterpreter(content), TflmInterpreter(content)
    raw: Any = [spec.to_raw(array) for spec, array in zip(reference.inputs, inputs, strict=True)]
    expected, received = (_tuple(runner.predict(raw if len(raw) > 1 else raw[0])) for runner in (reference, device))
    pairs = zip(expected, received, strict=True)
    return max(float(np.abs(one.astype(np.float64) - other).max()) for one, other in pairs)


def convert_with(
    model: keras.Model, samples: np.ndarray | Sequence[np.ndarray], quantization: str = "int8", **options: Any
) -> bytes:
    arrays = [samples] if isinstance(samples, np.ndarray) else samples
    return convert(model, ConversionSettings(quantization), arrays, **options)  # type: ignore[arg-type]


def error_of(content: bytes, model: keras.Model, x: np.ndarray) -> float:
    """The most by which the device differs from the float model, as a share of the output's range."""
    expected = np.asarray(model.predict(x, verbose=0))
    received = np.asarray(TflmInterpreter(content).predict(x))
    return float(np.abs(received - expected).max() / np.abs(expected).max())


def _tuple(outputs: Any) -> tuple[np.ndarray, ...]:
    return outputs if isinstance(outputs, tuple) else (outputs,)
