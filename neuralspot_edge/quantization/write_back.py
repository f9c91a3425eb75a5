"""The numbers that an `Int8Graph` learned, written into the file that it was made from."""

from __future__ import annotations

import copy
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralspot_edge.graph import Operator, Quantization, parse, serialize
from neuralspot_edge.quantization.lstm import hidden_state, lstm_weights
from neuralspot_edge.quantization.operators import LSTM, WEIGHTED, kernel_to_file, kernels_of
from neuralspot_edge.quantization.ties import redirect

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
        for place, (values, steps) in _weights(layer, operator, scales).items():
            file.set_weight(operator, place, values, steps)
        if operator.kind == LSTM:
            place = layer.group_of[hidden_state(operator).index]
            file.set_intermediates(operator, scales[place], int(zero_points[place]))
    return file.content()


def _weights(layer: Int8Graph, operator: Operator, scales: np.ndarray) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """The integers of an operator's kernels and biases, and the sizes of their steps, by place."""
    kernels, source = kernels_of(operator), operator.inputs[0]
    if not kernels:
        return {}
    assert source is not None
    step = scales[layer.group_of[source.index]]
    if operator.kind == LSTM:
        found = lstm_weights(layer, operator, step)
    else:
        weights = layer.weights_of(operator, step)
        found = {1: (weights.kernel, weights.scales), 2: (weights.bias, weights.sum_scales)}
    present = {place: found[place] for place in (*kernels, *kernels.values()) if place is not None}
    arrays = {place: (np.asarray(values), np.asarray(steps)) for place, (values, steps) in present.items()}
    return {
        place: (_integers(operator, np.round(values / steps), place in kernels), steps)
        for place, (values, steps) in arrays.items()
    }


def _integers(operator: Operator, steps: np.ndarray, is_kernel: bool) -> np.ndarray:
    if not is_kernel:
        return steps.astype(np.int32)
    whole = np.clip(steps, -_LARGEST_WEIGHT, _LARGEST_WEIGHT).astype(np.int8)
    return kernel_to_file(operator, whole) if operator.kind in WEIGHTED else whole


class _File:
    """The schema's objects, changed tensor by tensor: nothing that tensors share changes with one of them."""

    def __init__(self, tflite: bytes) -> None:
        self._model = parse(tflite)
        self._main = self._model.subgraphs[0]
        self._users = Counter(tensor.buffer for tensor in self._main.tensors)
        self._places: dict[bytes, int] = {}
        self._written: dict[int, dict[tuple[bytes, bytes], int]] = {}

    def content(self) -> bytes:
        return serialize(self._model)

    def set_quantization(self, index: int, scale: Any, zero_point: int) -> None:
        quantization = self._quantization(index)
        quantization.scale = np.array([scale], np.float32)
        quantization.zeroPoint = np.array([zero_point], np.int64)

    def set_intermediates(self, operator: Operator, scale: Any, zero_point: int) -> None:
        """An LSTM's: that of its result has the result's scale, of the others TensorFlow Lite makes no use."""
        for index in self._main.operators[operator.index].intermediates:
            if self._main.tensors[index].quantization.scale is not None:
                self.set_quantization(int(index), scale, zero_point)

    def set_content(self, index: int, values: np.ndarray) -> None:
        from ai_edge_litert import schema_py_generated as schema

        tensor, data = self._main.tensors[index], values.tobytes()
        self._users[tensor.buffer] -= 1
        is_free = not self._users[tensor.buffer]
        if data in self._places:
            if is_free:
                self._model.buffers[tensor.buffer].data = None
            tensor.buffer = self._places[data]
        elif not is_free:
            tensor.buffer = len(self._model.buffers)
            self._model.buffers.append(schema.BufferT())
        self._users[tensor.buffer] += 1
        self._places[data] = tensor.buffer
        self._model.buffers[tensor.buffer].data = np.frombuffer(data, np.uint8)

    def set_weight(self, operator: Operator, place: int, values: np.ndarray, scales: np.ndarray) -> None:
        """A kernel or bias. Operators that read one tensor go on doing so as long as they write it alike."""
        tensor = operator.inputs[place]
        assert tensor is not None
        versions = self._written.setdefault(tensor.index, {})
        version = (values.tobytes(), scales.tobytes())
        if version not in versions:
            versions[version] = self._copy(tensor.index) if versions else tensor.index
            self.set_content(versions[version], values)
            quantization = self._quantization(versions[version])
            quantization.scale = scales.reshape(-1).astype(np.float32)
            quantization.zeroPoint = np.zeros(quantization.scale.size, np.int64)
        redirect(self._main.operators[operator.index], place, versions[version])

    def _copy(self, index: int) -> int:
        tensor = copy.copy(self._main.tensors[index])
        self._main.tensors.append(tensor)
        self._users[tensor.buffer] += 1
        return len(self._main.tensors) - 1

    def _quantization(self, index: int) -> Any:
        """A tensor's own: tensors may share it."""
        tensor = self._main.tensors[index]
        tensor.quantization = copy.copy(tensor.quantization)
        # A range that was calibrated is no longer true.
        tensor.quantization.min = tensor.quantization.max = None
        return tensor.quantization
