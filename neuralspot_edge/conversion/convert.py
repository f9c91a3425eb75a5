"""A Keras model to the bytes of a `.tflite`: trace, convert in the worker, tidy, check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neuralspot_edge.conversion.converter import Job, run_converter
from neuralspot_edge.conversion.gates import fold_gates
from neuralspot_edge.conversion.layers import LayerNames
from neuralspot_edge.conversion.lstm import check_lstms
from neuralspot_edge.conversion.recurrent import check_recurrent
from neuralspot_edge.conversion.rules import check_layers, check_rules
from neuralspot_edge.conversion.settings import ConversionSettings
from neuralspot_edge.conversion.states import check_states
from neuralspot_edge.conversion.tidy import tidy
from neuralspot_edge.conversion.trace import FrozenGraph, trace
from neuralspot_edge.conversion.trained import is_trained_int8, trained_file
from neuralspot_edge.conversion.worker import shared_worker
from neuralspot_edge.graph import annotate, parse, serialize

if TYPE_CHECKING:
    from collections.abc import Mapping

    import keras

__all__ = ["convert"]


def convert(
    model: keras.Model,
    settings: ConversionSettings | None = None,
    calibration: Sequence[np.ndarray] = (),
    *,
    window: int | None = None,
    metadata: Mapping[str, bytes] | None = None,
    isolated: bool = True,
) -> bytes:
    """Converts a functional Keras model for TensorFlow Lite Micro.

    Args:
        model: The model, trained or not. It is left as it was.
        settings: How to convert; None is int8 throughout.
        calibration: For each input an array (samples, ...) of what the model will meet, checked by
            `neuralspot_edge.quantization.check_calibration`; not needed for float files, nor for a model that was
            trained in int8.
        window: The length in steps that an unknown time axis gets.
        metadata: Named entries to store in the file.
        isolated: Whether the converter runs in a process of its own, whose crash is a `ConversionError`.

    Returns:
        The content of a `.tflite` file with batch 1, a `serving_default` signature under the model's own input and
        output names, tensors named after their layers, and every weight at a multiple of 16 bytes.

    Raises:
        InputError: The model is of a kind that does not export, or an axis is unknown.
        ConversionError: The model breaks a graph rule, or the converter refused it or crashed.
    """
    settings = settings or ConversionSettings()
    if is_trained_int8(model):
        return trained_file(model, settings, metadata or {})
    check_layers(model, settings)
    check_recurrent(model)
    graph = trace(model, window, fuse_lstms=settings.quantization in ("int8", "float32"))
    job = Job(graph, settings, tuple(calibration))
    raw = shared_worker().convert(job) if isolated else run_converter(job)
    layers = LayerNames.of(model)
    check_rules(raw, settings, layers)
    return _finish(raw, graph, layers, metadata or {})


def _finish(raw: bytes, graph: FrozenGraph, layers: LayerNames, metadata: Mapping[str, bytes]) -> bytes:
    flat = parse(raw)
    tidy(flat, layers, graph.input_names, graph.output_names)
    fold_gates(flat)
    check_lstms(flat)
    check_states(flat, graph.input_names, graph.output_names)
    return annotate(serialize(flat), metadata=metadata, input_names=graph.input_names, output_names=graph.output_names)
