"""Two ways to run an int8 graph: on real values with gradients, and on the integers of the device."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from neuralspot_edge.graph import Operator, Tensor
from neuralspot_edge.quantization.fake_quant import fake_quantize, round_through
from neuralspot_edge.quantization.kernels import rescaled, round_away
from neuralspot_edge.quantization.operators import WEIGHTED, compute, convolve, limits_of
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
        """What its inputs hold; of an operator with weights the first alone."""
        return [self._held(tensor) for tensor in _operands(operator)]

    def _held(self, tensor: Tensor) -> Any:
        return self._values[tensor.index] if tensor.index in self._values else self._operand(tensor)

    def _scale(self, tensor: Tensor) -> Any:
        return self._scales[self._layer.group_of[tensor.index]]


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
        results = [self._sums(operator, inputs[0])] if operator.kind in WEIGHTED else compute(operator, inputs)
        results = [_limited(x, operator) for x in results]
        if operator.kind in ("SOFTMAX", "LOGISTIC") and operator.outputs[0].index in self._outputs:
            return results
        return [self._rounded(tensor, x) for tensor, x in zip(operator.outputs, results, strict=True)]

    def _operand(self, tensor: Tensor) -> Any:
        values = self._layer.operand(tensor)
        return values if values is None else self._rounded(tensor, values)

    def _sums(self, operator: Operator, x: Any) -> Any:
        import tensorflow as tf

        source = operator.inputs[0]
        assert source is not None
        weights = self._layer.weights_of(operator, tf.stop_gradient(self._scale(source)))
        sums = convolve(operator, x, round_through(weights.kernel, weights.scales))
        return sums if weights.bias is None else sums + round_through(weights.bias, weights.sum_scales)

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
        """The scale in double precision, as kernels prepare their multipliers; None where there is none."""
        import tensorflow as tf

        return tf.cast(self._scale(tensor), tf.float64) if tensor.index in self._layer.group_of else None

    def _zero_point(self, tensor: Tensor) -> Any:
        return self._zero_points[self._layer.group_of[tensor.index]]

    def _sums(self, operator: Operator, x: Any, step: Any) -> tuple[list[Any], list[Any]]:
        """The sums of a convolution, and the size of their steps."""
        import tensorflow as tf

        weights = self._layer.weights_of(operator, tf.cast(step, tf.float32))
        sums = convolve(operator, x, tf.round(weights.kernel / weights.scales))
        sums = sums if weights.bias is None else sums + tf.round(weights.bias / weights.sum_scales)
        return [sums], [step * tf.cast(weights.scales, tf.float64)]

    def _clipped(self, tensor: Tensor, x: Any) -> Any:
        import tensorflow as tf

        zero_point = self._zero_point(tensor)
        return tf.clip_by_value(x, -128 - zero_point, 127 - zero_point)


def _operands(operator: Operator) -> Sequence[Any]:
    return operator.inputs[:1] if operator.kind in WEIGHTED else operator.inputs


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
