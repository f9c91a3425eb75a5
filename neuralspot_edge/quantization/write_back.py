"""The numbers that an `Int8Graph` learned, written into the file that it was made from."""

from __future__ import annotations

import copy
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralspot_edge.graph import Operator, Quantization, parse, serialize
from neuralspot_edge.quantization.operators import WEIGHTED, kernel_to_file

if TYPE_CHECKING:
    from neuralspot_edge.quantization.int8_layer import Int8Graph

__all__ = ["write_back"]

_LARGEST_WEIGHT = 127


def write_back(layer: Int8Graph) -> bytes:
    """The file with the layer's weights, biases, scales and zero points; all else stays as it is.

    Args:
        layer: A built layer.
    """
    file = _File(layer.tflite)
    scales, zero_points = (np.asarray(values, np.float32) for values in (layer.scales(), layer.zero_points()))
    for index, place in layer.group_of.items():
        file.set_quantization(index, scales[place], int(zero_points[place]))
    for tensor in layer.graph.tensors:
        if tensor.is_constant and tensor.index in layer.group_of:
            place = layer.group_of[tensor.index]
            quantization = Quantization((float(scales[place]),), (int(zero_points[place]),))
            file.set_content(tensor.index, quantization.quantize(layer.operand(tensor), np.int8))
    for operator in layer.graph.operators:
        if operator.kind in WEIGHTED:
            _write_weights(file, layer, operator, scales)
    return file.content()


def _write_weights(file: _File, layer: Int8Graph, operator: Operator, scales: np.ndarray) -> None:
    source, kernel, bias, *_ = (*operator.inputs, None)
    assert source is not None
    assert kernel is not None
    weights = layer.weights_of(operator, scales[layer.group_of[source.index]])
    steps = np.round(np.asarray(weights.kernel) / np.asarray(weights.scales))
    steps = np.clip(steps, -_LARGEST_WEIGHT, _LARGEST_WEIGHT).astype(np.int8)
    file.set_content(kernel.index, kernel_to_file(operator, steps))
    file.set_scales(kernel.index, np.asarray(weights.scales))
    if bias is not None:
        own = file.own_bias(operator)
        offsets = np.round(np.asarray(weights.bias) / np.asarray(weights.sum_scales))
        file.set_content(own, offsets.astype(np.int32))
        file.set_scales(own, np.asarray(weights.sum_scales))


class _File:
    """The schema's objects, changed tensor by tensor: nothing that tensors share changes with one of them."""

    def __init__(self, tflite: bytes) -> None:
        self._model = parse(tflite)
        self._main = self._model.subgraphs[0]
        self._readers = Counter(int(i) for operator in self._main.operators for i in operator.inputs)
        self._users = Counter(tensor.buffer for tensor in self._main.tensors)

    def content(self) -> bytes:
        return serialize(self._model)

    def set_quantization(self, index: int, scale: Any, zero_point: int) -> None:
        quantization = self._quantization(index)
        quantization.scale = np.array([scale], np.float32)
        quantization.zeroPoint = np.array([zero_point], np.int64)

    def set_scales(self, index: int, scales: np.ndarray) -> None:
        quantization = self._quantization(index)
        quantization.scale = scales.reshape(-1).astype(np.float32)
        quantization.zeroPoint = np.zeros(quantization.scale.size, np.int64)

    def set_content(self, index: int, values: np.ndarray) -> None:
        from ai_edge_litert import schema_py_generated as schema

        tensor = self._main.tensors[index]
        if self._users[tensor.buffer] > 1:
            self._users[tensor.buffer] -= 1
            tensor.buffer = len(self._model.buffers)
            self._model.buffers.append(schema.BufferT())
        self._model.buffers[tensor.buffer].data = np.frombuffer(values.tobytes(), np.uint8)

    def own_bias(self, operator: Operator) -> int:
        """The bias of an operator, a copy where others read it too: its scale is that of their input."""
        packed = self._main.operators[operator.index]
        index = int(packed.inputs[2])
        if self._readers[index] == 1:
            return index
        self._readers[index] -= 1
        tensor = copy.copy(self._main.tensors[index])
        self._main.tensors.append(tensor)
        self._users[tensor.buffer] += 1
        packed.inputs = np.array([*packed.inputs[:2], len(self._main.tensors) - 1], np.int32)
        return len(self._main.tensors) - 1

    def _quantization(self, index: int) -> Any:
        """A tensor's own: tensors may share it."""
        tensor = self._main.tensors[index]
        tensor.quantization = copy.copy(tensor.quantization)
        # A range that was calibrated is no longer true.
        tensor.quantization.min = tensor.quantization.max = None
        return tensor.quantization
