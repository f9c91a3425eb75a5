"""`Int8Graph`: the int8 graph of a device as a Keras layer that trains."""

from __future__ import annotations

import base64
from collections import Counter
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from neuralspot_edge.graph import Operator, Tensor, load_graph
from neuralspot_edge.quantization.fake_quant import STEPS, weight_scales
from neuralspot_edge.quantization.lstm import check_lstm
from neuralspot_edge.quantization.operators import (
    LSTM,
    WEIGHTED,
    check_operators,
    is_number,
    is_weight,
    kernel_from_file,
    kernels_of,
    real_values,
)
from neuralspot_edge.quantization.placement import group_ranges
from neuralspot_edge.quantization.runs import FakeQuantRun, IntegerRun
from neuralspot_edge.quantization.ties import owners, parted
from neuralspot_edge.quantization.write_back import write_back

__all__ = ["Int8Graph", "Weights"]


@dataclass(frozen=True)
class Weights:
    """The weights of a convolution or dense layer, and how they are rounded.

    Attributes:
        kernel: (..., channels), as Keras has it.
        bias: (channels,), or None.
        scales: The size of a step of the kernel, (channels,) or a scalar.
        sum_scales: The same of the bias, and of the sums.
    """

    kernel: Any
    bias: Any
    scales: Any
    sum_scales: Any


@keras.saving.register_keras_serializable(package="neuralspot_edge")
class Int8Graph(keras.layers.Layer):  # type: ignore[misc]
    """Computes what a `.tflite` computes in int8, and learns its weights, biases and ranges.

    In training each tensor is rounded as int8 rounds it, with gradients that go through the rounding. Otherwise the
    results are those of the device, to the integer. Several tensors may have one variable, see `ties.py`.

    Args:
        tflite: The content of an int8 file, also in base64.
        learn_ranges: Whether the ranges of activations are learned, or stay as they are in the file.
        **kwargs: Those of `keras.layers.Layer`.

    Raises:
        InputError: The file has an operator that does not train.
    """

    def __init__(self, tflite: bytes | str, learn_ranges: bool = True, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.tflite = parted(base64.b64decode(tflite) if isinstance(tflite, str) else tflite)
        self.learn_ranges = learn_ranges
        self.graph = load_graph(self.tflite)
        check_operators(self.graph.operators)
        for operator in self.graph.operators:
            if operator.kind == LSTM:
                check_lstm(operator)
        self.groups = group_ranges(self.graph)
        self.group_of = {index: place for place, group in enumerate(self.groups) for index in group.tensors}
        self._readers = Counter(
            operator.inputs[place] for operator in self.graph.operators for place in kernels_of(operator)
        )
        self._variables: dict[int, Any] = {}

    def build(self, input_shape: Any) -> None:  # noqa: ARG002 - Keras's signature
        """Makes the variables, with the values of the file."""
        ends = np.array([(-group.low, group.high) for group in self.groups], np.float32)
        # Logarithms: a step of the optimizer is then a share of the range, large or small (TQT, Jain et al. 2020,
        # https://arxiv.org/abs/1903.08066). An end at 0 stays: nothing is on its other side.
        self._is_open = ends > 0
        self.log_ends = self._add("log_ends", np.log(np.where(self._is_open, ends, 1)), self.learn_ranges)
        first = owners(self.graph)
        for operator in self.graph.operators:
            for place, tensor in enumerate(operator.inputs):
                if is_weight(tensor) and tensor.index not in self._variables:
                    owner = self._variables.get(first.get(tensor.index, tensor.index))
                    self._variables[tensor.index] = self._made(operator, place, tensor) if owner is None else owner

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """The graph.

        Args:
            inputs: One tensor (batch, ...) for each input of the file; a single tensor where there is one.
            training: Whether gradients are wanted, or the integers of the device.
        """
        given = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
        run = FakeQuantRun(self) if training else IntegerRun(self)
        outputs = run(given)
        return outputs if len(outputs) > 1 else outputs[0]

    def ends(self, dtype: str = "float32") -> Any:
        """The least and the largest value of each group's range, (groups, 2)."""
        signs = self._is_open * np.array([-1.0, 1.0])
        return keras.ops.exp(keras.ops.cast(self.log_ends, dtype)) * signs.astype(dtype)

    def set_ends(self, ends: np.ndarray) -> None:
        """Gives each group another range, as `ends` tells it; what was compiled before may know the old ones.

        Args:
            ends: (groups, 2). Those of groups whose range kernels prescribe have no effect.
        """
        sizes = np.abs(ends)
        self._is_open = sizes > 0
        self.log_ends.assign(np.log(np.where(self._is_open, sizes, 1)))

    def scales(self) -> Any:
        """The size of a step of each group, (groups,)."""
        known = np.array([group.scale for group in self.groups], np.float32)
        # In double precision the same number comes out however TensorFlow rearranges what it compiles.
        ends = self.ends("float64")
        learned = keras.ops.cast((ends[:, 1] - ends[:, 0]) / STEPS, "float32")
        return keras.ops.where(self._is_fixed(), known, learned)

    def zero_points(self) -> Any:
        """The integer that stands for 0 in each group, (groups,), in floats."""
        known = np.array([group.zero_point for group in self.groups], np.float32)
        ends = self.ends("float64")
        below = keras.ops.floor(STEPS * -ends[:, 0] / (ends[:, 1] - ends[:, 0]) + 0.5)
        return keras.ops.where(self._is_fixed(), known, keras.ops.cast(below - 128, "float32"))

    def weights_of(self, operator: Operator, input_scale: Any) -> Weights:
        """The weights of an operator whose input has steps of `input_scale`."""
        _, kernel, bias, *_ = (*operator.inputs, None)
        assert kernel is not None
        assert kernel.quantization is not None
        values = self._variables[kernel.index]
        offsets = None if bias is None else self._variables[bias.index]
        is_per_channel = len(kernel.quantization.scale) > 1
        scales = weight_scales(values, offsets, input_scale, per_channel=is_per_channel)
        return Weights(values, offsets, scales, scales * input_scale)

    def operand(self, tensor: Tensor) -> Any:
        """The values of a constant that is added or multiplied; None of one that holds a shape or axes."""
        return self._variables.get(tensor.index)

    def to_tflite(self) -> bytes:
        """The file with all that was learned."""
        return write_back(self)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The file's, with the batch of the input."""
        batch = input_shape[0][0] if isinstance(input_shape, list) else input_shape[0]
        shapes = [(batch, *tensor.shape[1:]) for tensor in self.graph.outputs]
        return shapes if len(shapes) > 1 else shapes[0]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        content = base64.b64encode(self.tflite).decode()
        return {**super().get_config(), "tflite": content, "learn_ranges": self.learn_ranges}

    def is_learned(self, place: int) -> bool:
        """Whether the range of a group is learned."""
        return self.learn_ranges and not self.groups[place].is_prescribed

    def _is_fixed(self) -> np.ndarray:
        return np.array([not self.is_learned(place) for place in range(len(self.groups))])

    def _made(self, operator: Operator, place: int, tensor: Tensor) -> Any:
        """The variable of a weight."""
        values = real_values(tensor)
        if operator.kind in WEIGHTED and place == 1:
            values = kernel_from_file(operator, values)
        return self._add(tensor.name, values, self._is_trainable(operator, place, tensor))

    def _is_trainable(self, operator: Operator, place: int, tensor: Tensor) -> bool:
        kernels = kernels_of(operator)
        if place in kernels or not is_number(tensor):
            return True
        kernel = next((kernel for kernel, bias in kernels.items() if bias == place), None)
        # Zeros behind a recurrent kernel are none of its layer's biases, and trained would be a tensor for each step.
        return kernel is not None and self._readers[operator.inputs[kernel]] == 1

    def _add(self, name: str, values: np.ndarray, trainable: bool) -> Any:
        variable = self.add_weight(
            shape=values.shape, initializer="zeros", trainable=trainable, name=name.replace("/", ".") or "constant"
        )
        variable.assign(values)
        return variable
