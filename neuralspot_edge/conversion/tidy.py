"""What the converter leaves in a file and a device should not carry, mended on the flatbuffer itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from neuralspot_edge.conversion.layers import LayerNames

__all__ = ["tidy"]

_SMALLEST_SCALE = 1e-30
_SCALE_OF_A_CONSTANT = 2.0**-15


def tidy(model: Any, layers: LayerNames, input_names: Sequence[str], output_names: Sequence[str]) -> None:
    """Shortens tensor names to layer names and gives tensors that are always 0 a scale that interpreters take.

    Args:
        model: A `ModelT`, changed in place.
        layers: The layers of the Keras model.
        input_names: The Keras model's own names of its inputs, which the trace has lost.
        output_names: The same of its outputs.
    """
    for subgraph in model.subgraphs:
        for tensor in subgraph.tensors:
            tensor.name = layers.shorten((tensor.name or b"").decode()).encode()
            _floor_scale(tensor.quantization)
    main = model.subgraphs[0]
    for indices, names in ((main.inputs, input_names), (main.outputs, output_names)):
        for index, name in zip(indices, names, strict=True):
            main.tensors[index].name = name.encode()


def _floor_scale(quantization: Any) -> None:
    """A tensor that calibration saw only as 0 gets a scale of 3.6e-43, which TensorFlow Lite Micro refuses."""
    if quantization is None or quantization.scale is None:
        return
    scale = np.asarray(quantization.scale)
    if (scale < _SMALLEST_SCALE).any():
        quantization.scale = np.where(scale < _SMALLEST_SCALE, np.float32(_SCALE_OF_A_CONSTANT), scale)
