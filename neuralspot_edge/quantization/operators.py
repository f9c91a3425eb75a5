"""What each operator of a `.tflite` computes, on real numbers and on any number of windows at once.

A file fixes the batch to 1. Operators that move values along the first axis would mix windows, and are refused.
"""

from __future__ import annotations

import functools
import operator as arithmetic
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import Operator, Tensor

__all__ = [
    "WEIGHTED",
    "check_operators",
    "compute",
    "constant",
    "convolve",
    "kernel_from_file",
    "kernel_to_file",
    "limits_of",
]

_FUSED: Mapping[str, tuple[float | None, float | None]] = {
    "NONE": (None, None),
    "RELU": (0.0, None),
    "RELU6": (0.0, 6.0),
    "RELU_N1_TO_1": (-1.0, 1.0),
}
"""Fused activations, by their names in the schema: the limits that they keep values to."""

WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
"""Operators with a kernel and a bias."""

_SMALLEST_VARIANCE = 1e-12
"""What the root of an integer 0 is taken of: the kernel gives its largest value, and the gradient stays finite."""

Compute = Callable[[Operator, Sequence[Any]], Any]


def constant(tensor: Tensor | None) -> np.ndarray:
    """The content of a constant tensor as it is in the file."""
    assert tensor is not None
    assert tensor.data is not None
    return np.frombuffer(tensor.data, tensor.dtype).reshape(tensor.shape)


def limits_of(operator: Operator) -> tuple[float | None, float | None]:
    """Between what the activation fused into an operator keeps its results."""
    return _FUSED[operator.options.get("fused_activation_function") or "NONE"]


def compute(operator: Operator, inputs: Sequence[Any]) -> Sequence[Any]:
    """The outputs of an operator, before a fused activation.

    Args:
        operator: One that `check_operators` takes, none of `WEIGHTED`.
        inputs: Its inputs; what it takes as constants of whole numbers is read from the file.
    """
    results = _KINDS[operator.kind](operator, inputs)
    return results if isinstance(results, list | tuple) else [results]


def convolve(operator: Operator, x: Any, kernel: Any) -> Any:
    """The sums of a convolution or dense layer, without bias and activation.

    Args:
        operator: One of `WEIGHTED`.
        x: Its input.
        kernel: (height, time, channels, filters); (height, time, channels) depthwise; (inputs, units) dense.
    """
    import keras
    import tensorflow as tf

    if operator.kind == "FULLY_CONNECTED":
        return tf.reshape(tf.reshape(x, (-1, kernel.shape[0])) @ kernel, (-1, *operator.outputs[0].shape[1:]))
    options = operator.options
    strides = (options["stride_h"], options["stride_w"])
    dilation = (options["dilation_h_factor"], options["dilation_w_factor"])
    padding = options["padding"].lower()
    if operator.kind == "CONV_2D":
        return keras.ops.conv(x, kernel, strides, padding, dilation_rate=dilation)
    kernel = tf.reshape(kernel, (*kernel.shape[:2], x.shape[-1], -1))
    return keras.ops.depthwise_conv(x, kernel, strides, padding, dilation_rate=dilation)


def kernel_from_file(operator: Operator, values: np.ndarray) -> np.ndarray:
    """A kernel as `convolve` takes it, from the layout of the file."""
    if operator.kind == "CONV_2D":
        return values.transpose(1, 2, 3, 0)
    return values.T if operator.kind == "FULLY_CONNECTED" else values[0]


def kernel_to_file(operator: Operator, values: np.ndarray) -> np.ndarray:
    """The inverse of `kernel_from_file`."""
    if operator.kind == "CONV_2D":
        return values.transpose(3, 0, 1, 2)
    return values.T if operator.kind == "FULLY_CONNECTED" else values[None]


def check_operators(operators: Sequence[Operator]) -> None:
    """Refuses what cannot be trained.

    Raises:
        InputError: An operator is of a kind that is not known here, or works across the batch, or two have one kernel.
    """
    readers = Counter(operator.inputs[1] for operator in operators if operator.kind in WEIGHTED)
    for operator in operators:
        name = operator.outputs[0].name if operator.outputs else ""
        if operator.kind not in (*WEIGHTED, *_KINDS):
            raise InputError(f"model: layer {name!r} is a {operator.kind} on the device, which does not train in int8")
        if operator.kind in WEIGHTED and readers[operator.inputs[1]] > 1:
            raise InputError(f"model: layer {name!r} is called more than once, which does not train in int8")
        if _moves_batch(operator):
            raise InputError(f"model: layer {name!r} works across the batch ({operator.kind}), which does not train")


def _moves_batch(operator: Operator) -> bool:
    first = operator.outputs[0]
    if operator.kind == "TRANSPOSE":
        return bool(constant(operator.inputs[1])[0] != 0)
    if operator.kind == "CONCATENATION":
        return bool(operator.options["axis"] % max(len(first.shape), 1) == 0)
    if operator.kind in ("MEAN", "REVERSE_V2"):
        source = operator.inputs[0]
        assert source is not None
        return bool((constant(operator.inputs[1]) % len(source.shape) == 0).any())
    return False


def _axes(operator: Operator) -> list[int]:
    return [int(axis) for axis in constant(operator.inputs[1]).ravel()]


def _mean(operator: Operator, inputs: Sequence[Any]) -> Any:
    import tensorflow as tf

    return tf.reduce_mean(inputs[0], _axes(operator), keepdims=operator.options["keep_dims"])


def _pool(kind: str) -> Compute:
    def pool(operator: Operator, inputs: Sequence[Any]) -> Any:
        import tensorflow as tf

        options = operator.options
        size = (options["filter_height"], options["filter_width"])
        strides = (options["stride_h"], options["stride_w"])
        return tf.nn.pool(inputs[0], size, kind, strides, options["padding"])

    return pool


def _reshape(operator: Operator, inputs: Sequence[Any]) -> Any:
    import tensorflow as tf

    return tf.reshape(inputs[0], (-1, *operator.outputs[0].shape[1:]))


def _pad(operator: Operator, inputs: Sequence[Any]) -> Any:
    import tensorflow as tf

    return tf.pad(inputs[0], constant(operator.inputs[1]))


def _strided_slice(operator: Operator, inputs: Sequence[Any]) -> Any:
    import tensorflow as tf

    begin, end, strides = (constant(tensor) for tensor in operator.inputs[1:4])
    masks = {name: operator.options[name] for name in ("ellipsis_mask", "new_axis_mask", "shrink_axis_mask")}
    # The first bit: all windows.
    begin_mask, end_mask = (operator.options[name] | 1 for name in ("begin_mask", "end_mask"))
    return tf.strided_slice(inputs[0], begin, end, strides, begin_mask=begin_mask, end_mask=end_mask, **masks)


def _slice(operator: Operator, inputs: Sequence[Any]) -> Any:
    import tensorflow as tf

    begin, size = (constant(tensor) for tensor in operator.inputs[1:3])
    return tf.slice(inputs[0], begin, [-1, *size[1:]])


def _split(operator: Operator, inputs: Sequence[Any]) -> Any:
    import tensorflow as tf

    return tf.split(inputs[1], operator.options["num_splits"], int(constant(operator.inputs[0])))


def _binary(function: Callable[[Any, Any], Any]) -> Compute:
    """Of two operands that broadcast: one that has lost axes of size 1 has lost its batch among them."""

    def apply(operator: Operator, inputs: Sequence[Any]) -> Any:
        import tensorflow as tf

        rank = len(operator.outputs[0].shape)
        aligned = []
        for tensor, x in zip(operator.inputs, inputs, strict=True):
            assert tensor is not None
            missing = rank - len(tensor.shape)
            is_short = missing and not tensor.is_constant
            aligned.append(tf.reshape(x, (-1, *[1] * (missing - 1), *tensor.shape)) if is_short else x)
        return function(*aligned)

    return apply


def _unary(function: Callable[[Any], Any]) -> Compute:
    return lambda _, inputs: function(inputs[0])


def _tf(name: str) -> Callable[..., Any]:
    """A function of TensorFlow by its path, found when it is called."""

    def call(*inputs: Any) -> Any:
        import tensorflow as tf

        return functools.reduce(getattr, name.split("."), tf)(*inputs)

    return call


def _root(x: Any) -> Any:
    return _tf("math.rsqrt")(_tf("maximum")(x, _SMALLEST_VARIANCE))


def _transpose(operator: Operator, inputs: Sequence[Any]) -> Any:
    return _tf("transpose")(inputs[0], constant(operator.inputs[1]))


_KINDS: Mapping[str, Compute] = {
    "ADD": _binary(arithmetic.add),
    "AVERAGE_POOL_2D": _pool("AVG"),
    "CONCATENATION": lambda operator, inputs: _tf("concat")(list(inputs), operator.options["axis"]),
    "DEQUANTIZE": _unary(lambda x: x),
    "EXPAND_DIMS": _reshape,
    "HARD_SWISH": _unary(lambda x: x * _tf("nn.relu6")(x + 3.0) / 6.0),
    "LEAKY_RELU": lambda operator, inputs: _tf("nn.leaky_relu")(inputs[0], operator.options["alpha"]),
    "LOGISTIC": _unary(_tf("sigmoid")),
    "MAX_POOL_2D": _pool("MAX"),
    "MEAN": _mean,
    "MUL": _binary(arithmetic.mul),
    "NEG": _unary(arithmetic.neg),
    "PAD": _pad,
    "QUANTIZE": _unary(lambda x: x),
    "RELU": _unary(_tf("nn.relu")),
    "RELU6": _unary(_tf("nn.relu6")),
    "RESHAPE": _reshape,
    "REVERSE_V2": lambda operator, inputs: _tf("reverse")(inputs[0], _axes(operator)),
    "RSQRT": _unary(_root),
    "SLICE": _slice,
    "SOFTMAX": lambda operator, inputs: _tf("nn.softmax")(inputs[0] * operator.options["beta"]),
    "SPLIT": _split,
    "SQUARED_DIFFERENCE": _binary(_tf("math.squared_difference")),
    "SQUEEZE": _reshape,
    "STRIDED_SLICE": _strided_slice,
    "SUB": _binary(arithmetic.sub),
    "TANH": _unary(_tf("tanh")),
    "TRANSPOSE": _transpose,
}
