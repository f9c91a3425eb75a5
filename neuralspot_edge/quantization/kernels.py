"""The arithmetic of TensorFlow Lite Micro's int8 kernels, on whole numbers in floats: the integers of the device.

A kernel multiplies its sums by a real number m * 2**-shift, m in [0.5, 1), and rounds twice: to whole numbers of
2**-shift, halves up, then to whole numbers, halves away from zero (`MultiplyByQuantizedMultiplier`, see
https://github.com/google/gemmlowp/blob/master/doc/quantization.md). Of the values that a convolution gives, one in some
hundreds comes out otherwise than rounded once, of those of a leaky ReLU one in seven, and deep models carry that on:
rounded once, a WaveNet was 13 steps off at its output.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from neuralspot_edge.graph import Operator
from neuralspot_edge.quantization.operators import WEIGHTED, compute

__all__ = ["rescaled", "round_away"]

_OUT_OF_RANGE = 256
"""Above all integers of int8, zero points taken off."""

Kernel = Callable[[Operator, Sequence[Any], Sequence[Any], Any], Any]


def rescaled(operator: Operator, inputs: Sequence[Any], scales: Sequence[Any], scale: Any, zero_point: Any) -> Any:
    """What the kernel of an operator makes of its inputs, before the zero point is added and the range is kept to.

    Args:
        operator: Any that has one output.
        inputs: For each input what it is above its zero point, whole numbers in float64. Of an operator with weights
            the first is its sums, bias included.
        scales: The size of a step of each input; of an operator with weights that of the sums.
        scale: The size of a step of the output.
        zero_point: Of the output.

    Returns:
        Whole numbers in float64.
    """
    kernel = _multiplied if operator.kind in WEIGHTED else _KERNELS.get(operator.kind)
    is_from_float = scales[0] is None
    if kernel is not None and not is_from_float:
        return kernel(operator, inputs, scales, scale)
    if operator.kind == "AVERAGE_POOL_2D":
        return round_away(compute(operator, inputs)[0] + zero_point) - zero_point
    real = [x if step is None else x * step for x, step in zip(inputs, scales, strict=True)]
    return round_away(compute(operator, real)[0] / scale)


def _multiply(sums: Any, factor: Any, right_shift: Any = None) -> Any:
    """Whole numbers times a real number, rounded twice; the shift is that which leaves m in [0.5, 1)."""
    import tensorflow as tf

    shift = -_exponent(factor) if right_shift is None else right_shift
    unit = tf.pow(tf.cast(2, tf.float64), tf.maximum(shift, 0))
    return round_away(tf.floor(sums * factor * unit + 0.5) / unit)


def _exponent(factor: Any) -> Any:
    """The e of m * 2**e, m in [0.5, 1)."""
    import tensorflow as tf

    return tf.floor(tf.math.log(factor) / math.log(2.0) + 1e-12) + 1


def round_away(x: Any) -> Any:
    """The nearest whole number, halves away from zero."""
    import tensorflow as tf

    return tf.sign(x) * tf.floor(tf.abs(x) + 0.5)


def _multiplied(_: Operator, inputs: Sequence[Any], scales: Sequence[Any], scale: Any) -> Any:
    return _multiply(inputs[0], scales[0] / scale)


def _product(operator: Operator, inputs: Sequence[Any], scales: Sequence[Any], scale: Any) -> Any:
    return _multiply(compute(operator, inputs)[0], scales[0] * scales[1] / scale)


def _common(bits: int, power: int = 1) -> Kernel:
    """Of two operands that are brought to one scale first, `bits` finer than twice the coarser of theirs."""

    def kernel(operator: Operator, inputs: Sequence[Any], scales: Sequence[Any], scale: Any) -> Any:
        import tensorflow as tf

        coarse = 2 * tf.maximum(scales[0], scales[1])
        aligned = [_multiply(x * 2.0**bits, step / coarse) for x, step in zip(inputs, scales, strict=True)]
        return _multiply(compute(operator, aligned)[0], (coarse / 2.0**bits) ** power / scale)

    return kernel


def _leaky(operator: Operator, inputs: Sequence[Any], scales: Sequence[Any], scale: Any) -> Any:
    import tensorflow as tf

    factor = scales[0] / scale
    negative = _multiply(inputs[0], factor * operator.options["alpha"])
    return tf.where(inputs[0] >= 0, _multiply(inputs[0], factor), negative)


def _mean(operator: Operator, inputs: Sequence[Any], scales: Sequence[Any], scale: Any) -> Any:
    import tensorflow as tf

    source = operator.inputs[0]
    assert source is not None
    count = source.element_count // operator.outputs[0].element_count
    sums, factor = tf.round(compute(operator, inputs)[0] * count), scales[0] / scale
    # The count goes into the multiplier, which is shifted to the left first by the bits of the count.
    return _multiply(sums, factor / count, math.floor(math.log2(count)) - _exponent(factor))


def _inverse_root(_: Operator, inputs: Sequence[Any], scales: Sequence[Any], scale: Any) -> Any:
    """The root is taken of the integer, with 20 bits behind the point; below 1 the kernel gives its largest value."""
    import tensorflow as tf

    roots = tf.round(2.0**20 * tf.math.rsqrt(tf.maximum(inputs[0], 1)))
    results = _multiply(roots, 1 / (tf.sqrt(scales[0]) * scale * 2.0**20))
    return tf.where(inputs[0] > 0, results, tf.cast(_OUT_OF_RANGE, tf.float64))


_KERNELS: Mapping[str, Kernel] = {
    "ADD": _common(bits=20),
    "LEAKY_RELU": _leaky,
    "MEAN": _mean,
    "MUL": _product,
    "QUANTIZE": _multiplied,
    "RELU": _multiplied,
    "RELU6": _multiplied,
    "RSQRT": _inverse_root,
    "SQUARED_DIFFERENCE": _common(bits=7, power=2),
    "SUB": _common(bits=20),
}
