"""Two ways to run an int8 graph: on real values with gradients, and on the integers of the device."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

from neuralspot_edge.graph import Operator, Tensor
from neuralspot_edge.quantization.fake_quant import fake_quantize, round_through
from neuralspot_edge.quantization.kernels import rescaled, round_away
from neuralspot_edge.quantization.lstm import (
    GateWeights,
    gate_weights,
    hidden_state,
    lstm_of_integers,
    lstm_of_reals,
)
from neuralspot_edge.quantization.operators import (
    LSTM,
    WEIGHTED,
    compute,
    convolve,
    is_weight,
    kernels_of,
    limits_of,
)
from neuralspot_edge.quantization.placement import MOVES

if TYPE_CHECKING:
    from neuralspot_edge.quantization.int8_layer import Int8Graph

__all__ = ["FakeQuantRun", "IntegerRun"]


class _Run(ABC):
    """One run of a graph.

    Args:
        layer: The graph and its variables.
    """

    def __init__(self, layer: Int8Graph) -> None:
        import tensorflow as tf

        self._layer = layer
        self._scales = tf.unstack(layer.scales())
        self._values: dict[int, Any] = {}
        self._weights: dict[Hashable, Any] = {}

    def __call__(self, inputs: Sequence[Any]) -> list[Any]:
        """The outputs for the inputs, real values all of them."""
        graph = self._layer.graph
        for tensor, x in zip(graph.inputs, inputs, strict=True):
            self._values[tensor.index] = self._given(tensor, x)
        for operator in graph.operators:
            results = self._moved(operator) if operator.kind in MOVES else self._computed(operator)
            self._values.update((t.index, x) for t, x in zip(operator.outputs, results, strict=True))
        return [self._taken(tensor) for tensor in graph.outputs]

    @abstractmethod
    def _given(self, tensor: Tensor, x: Any) -> Any:
        """What an input holds that is given real values."""

    @abstractmethod
    def _taken(self, tensor: Tensor) -> Any:
        """The real values that an output holds."""

    @abstractmethod
    def _computed(self, operator: Operator) -> Sequence[Any]:
        """What an operator puts into its outputs."""

    @abstractmethod
    def _operand(self, tensor: Tensor) -> Any:
        """What a constant holds; None of one that is a shape or the like."""

    def _moved(self, operator: Operator) -> Sequence[Any]:
        return compute(operator, self._inputs(operator))

    def _inputs(self, operator: Operator) -> list[Any]:
        """What its inputs hold; of an operator with kernels the first alone."""
        return [self._held(tensor) for tensor in _operands(operator)]

    def _held(self, tensor: Tensor) -> Any:
        return self._values[tensor.index] if tensor.index in self._values else self._operand(tensor)

    def _scale(self, tensor: Tensor) -> Any:
        return self._scales[self._layer.group_of[tensor.index]]

    def _once(self, operator: Operator, make: Callable[[], Any]) -> Any:
        """What is made of an operator's weights, once for all operators that read them by one scale."""
        layer, source = self._layer, operator.inputs[0]
        assert source is not None
        place = layer.group_of[source.index]
        scale = (place, None) if layer.is_learned(place) else (None, layer.groups[place].scale)
        constants = [tensor for tensor in operator.inputs[1:] if is_weight(tensor)]
        key = (scale, *(id(layer.operand(tensor)) for tensor in constants))
        if key not in self._weights:
            self._weights[key] = make()
        return self._weights[key]


class FakeQuantRun(_Run):
    """Real values, each rounded as int8 rounds it.

    The results of a softmax or sigmoid stay unrounded where they are the model's: of a probability that is rounded to
    0 the cross entropy has no gradient.
    """

    def __init__(self, layer: Int8Graph) -> None:
        import tensorflow as tf

        super().__init__(layer)
        self._ends = [tf.unstack(pair) for pair in tf.unstack(layer.ends())]
        self._outputs = {tensor.index for tensor in layer.graph.outputs}

    def _given(self, tensor: Tensor, x: Any) -> Any:
        return self._rounded(tensor, x)

    def _taken(self, tensor: Tensor) -> Any:
        return self._values[tensor.index]

    def _computed(self, operator: Operator) -> Sequence[Any]:
        inputs = self._inputs(operator)
        if operator.kind == LSTM:
            return [self._rounded(operator.outputs[0], self._hidden_states(operator, inputs[0]))]
        results = [self._sums(operator, inputs[0])] if operator.kind in WEIGHTED else compute(operator, inputs)
        results = [_limited(x, operator) for x in results]
        if operator.kind in ("SOFTMAX", "LOGISTIC") and operator.outputs[0].index in self._outputs:
            return results
        return [self._rounded(tensor, x) for tensor, x in zip(operator.outputs, results, strict=True)]

    def _operand(self, tensor: Tensor) -> Any:
        values = self._layer.operand(tensor)
        return values if values is None else self._rounded(tensor, values)

    def _sums(self, operator: Operator, x: Any) -> Any:
        kernel, bias = self._once(operator, lambda: self._rounded_weights(operator))
        sums = convolve(operator, x, kernel)
        return sums if bias is None else sums + bias

    def _rounded_weights(self, operator: Operator) -> tuple[Any, Any]:
        """Kernel and bias of a convolution or dense layer."""
        import tensorflow as tf

        source = operator.inputs[0]
        assert source is not None
        weights = self._layer.weights_of(operator, tf.stop_gradient(self._scale(source)))
        kernel = self._rounded_weight(operator, weights.kernel, weights.scales)
        bias = weights.bias
        return kernel, None if bias is None else self._rounded_weight(operator, bias, weights.sum_scales)

    def _hidden_states(self, operator: Operator, x: Any) -> Any:
        """Of all steps of an LSTM."""
        weights = self._once(operator, lambda: self._rounded_gates(operator))
        state = hidden_state(operator)
        return lstm_of_reals(operator, x, weights, lambda hidden: self._rounded_state(state, hidden))

    def _rounded_gates(self, operator: Operator) -> GateWeights:
        import tensorflow as tf

        source = operator.inputs[0]
        assert source is not None
        weights = gate_weights(self._layer, operator, tf.stop_gradient(self._scale(source)))
        return dataclasses.replace(
            weights,
            kernel=self._rounded_weight(operator, weights.kernel, weights.scales),
            recurrent=self._rounded_weight(operator, weights.recurrent, weights.recurrent_scales),
            bias=self._rounded_weight(operator, weights.bias, weights.sum_scales),
        )

    def _rounded_weight(self, operator: Operator, values: Any, scales: Any) -> Any:  # noqa: ARG002 - for subclasses
        """A kernel or bias."""
        return round_through(values, scales)

    def _rounded_state(self, tensor: Tensor, x: Any) -> Any:
        """The hidden state of an LSTM within its loop, out of which nothing else may be kept."""
        return FakeQuantRun._rounded(self, tensor, x)

    def _rounded(self, tensor: Tensor, x: Any) -> Any:
        import tensorflow as tf

        if tensor.dtype != "int8":
            return x
        place = self._layer.group_of[tensor.index]
        if self._layer.is_learned(place):
            return fake_quantize(x, *self._ends[place])
        group = self._layer.groups[place]
        return tf.quantization.fake_quant_with_min_max_args(x, group.low, group.high)


class IntegerRun(_Run):
    """Whole numbers, how far each integer is above its zero point; floats that are not quantized as they are."""

    def __init__(self, layer: Int8Graph) -> None:
        import tensorflow as tf

        super().__init__(layer)
        self._zero_points = tf.unstack(layer.zero_points())
        # In double precision, as kernels prepare their multipliers.
        self._steps = tf.unstack(tf.cast(tf.stack(self._scales), tf.float64))

    def _given(self, tensor: Tensor, x: Any) -> Any:
        return x if tensor.dtype != "int8" else self._clipped(tensor, round_away(x / self._scale(tensor)))

    def _taken(self, tensor: Tensor) -> Any:
        values = self._values[tensor.index]
        return values if tensor.dtype != "int8" else values * self._scale(tensor)

    def _operand(self, tensor: Tensor) -> Any:
        values = self._layer.operand(tensor)
        return values if values is None else self._given(tensor, values)

    def _computed(self, operator: Operator) -> Sequence[Any]:
        import tensorflow as tf

        inputs, steps = self._inputs(operator), [self._step(tensor) for tensor in _operands(operator)]
        if operator.kind == LSTM:
            return [self._hidden_states(operator, inputs[0], steps[0])]
        if operator.kind in WEIGHTED:
            inputs, steps = self._sums(operator, inputs[0], steps[0])
        wide = [None if x is None else tf.cast(x, tf.float64) for x in inputs]
        (output,) = operator.outputs
        if output.dtype != "int8":
            real = [x if step is None else x * step for x, step in zip(wide, steps, strict=True)]
            return [tf.cast(x, tf.float32) for x in compute(operator, real)]
        step, zero_point = self._step(output), tf.cast(self._zero_point(output), tf.float64)
        result = rescaled(operator, wide, steps, step, zero_point)
        return [self._clipped(output, tf.cast(_limited(result, operator, step), tf.float32))]

    def _step(self, tensor: Tensor) -> Any:
        """The scale in double precision; None where there is none."""
        place = self._layer.group_of.get(tensor.index)
        return None if place is None else self._steps[place]

    def _zero_point(self, tensor: Tensor) -> Any:
        return self._zero_points[self._layer.group_of[tensor.index]]

    def _sums(self, operator: Operator, x: Any, step: Any) -> tuple[list[Any], list[Any]]:
        """The sums of a convolution, and the size of their steps."""
        kernel, bias, scales = self._once(operator, lambda: self._whole_weights(operator, step))
        sums = convolve(operator, x, kernel)
        return [sums if bias is None else sums + bias], [scales]

    def _whole_weights(self, operator: Operator, step: Any) -> tuple[Any, Any, Any]:
        """Kernel and bias in whole numbers, and the size of the steps of the sums."""
        import tensorflow as tf

        weights = self._layer.weights_of(operator, tf.cast(step, tf.float32))
        bias = None if weights.bias is None else tf.round(weights.bias / weights.sum_scales)
        return tf.round(weights.kernel / weights.scales), bias, step * tf.cast(weights.scales, tf.float64)

    def _hidden_states(self, operator: Operator, x: Any, step: Any) -> Any:
        import tensorflow as tf

        state = hidden_state(operator)
        weights = self._once(operator, lambda: gate_weights(self._layer, operator, tf.cast(step, tf.float32)))
        return lstm_of_integers(operator, x, weights, self._scale(state), lambda hidden: self._clipped(state, hidden))

    def _clipped(self, tensor: Tensor, x: Any) -> Any:
        import tensorflow as tf

        zero_point = self._zero_point(tensor)
        return tf.clip_by_value(x, -128 - zero_point, 127 - zero_point)


def _operands(operator: Operator) -> Sequence[Any]:
    return operator.inputs[:1] if kernels_of(operator) else operator.inputs


def _limited(x: Any, operator: Operator, step: Any = None) -> Any:
    """Activation of what an operator gives, in whole numbers of `step` where there is one."""
    import tensorflow as tf

    low, high = limits_of(operator)
    if low == 0:
        x = tf.nn.relu(x)
    elif low is not None:
        x = tf.maximum(x, low if step is None else round_away(low / step))
    if high is None:
        return x
    return tf.minimum(x, high if step is None else round_away(high / step))
