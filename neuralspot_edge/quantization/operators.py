"""What each operator of a `.tflite` computes, on real numbers and on any number of windows at once.

A file is made for one window, whose axis of 1 stands first. Here the windows stand there. A tensor whose first axis is
another one, as that of the steps around an LSTM, has them before it; so has every tensor of an operator that moves
values between axes, while it runs.
"""

from __future__ import annotations

import functools
import operator as arithmetic
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeGuard

import numpy as np

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import Operator, Tensor

__all__ = [
    "LSTM",
    "WEIGHTED",
    "check_operators",
    "compute",
    "constant",
    "convolve",
    "held_shape",
    "is_number",
    "is_weight",
    "kernel_from_file",
    "kernel_to_file",
    "kernels_of",
    "limits_of",
    "real_values",
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

LSTM = "UNIDIRECTIONAL_SEQUENCE_LSTM"
"""The operator of a whole LSTM layer, see `lstm.py`."""

_GATES = range(4)

_SMALLEST_VARIANCE = 1e-12
"""What the root of an integer 0 is taken of: the kernel gives its largest value, and the gradient stays finite."""

Compute = Callable[[Operator, Sequence[Any]], Any]


def constant(tensor: Tensor | None) -> np.ndarray:
    """The content of a constant tensor as it is in the file."""
    assert tensor is not None
    assert tensor.data is not None
    return np.frombuffer(tensor.data, tensor.dtype).reshape(tensor.shape)


def is_weight(tensor: Tensor | None) -> TypeGuard[Tensor]:
    """Whether a tensor is a constant of real numbers; whole numbers are shapes and axes."""
    return tensor is not None and tensor.is_constant and (tensor.quantization is not None or tensor.dtype == "float32")


def real_values(tensor: Tensor) -> np.ndarray:
    """The real numbers of a constant, laid out as in the file."""
    values = constant(tensor)
    return values if tensor.quantization is None else tensor.quantization.dequantize(values)


def is_number(tensor: Tensor) -> bool:
    """Whether a constant is no weight, but a number of the computation.

    A scalar is: a norm's epsilon, a factor. So are zeros: a state at its first step, a bias that Keras has not.
    """
    return not tensor.shape or not real_values(tensor).any()


def held_shape(tensor: Tensor) -> tuple[int, ...]:
    """The shape of a tensor for any number of windows, which a first axis of 1 stands for."""
    return (-1, *(tensor.shape[1:] if tensor.shape[:1] == (1,) else tensor.shape))


def kernels_of(operator: Operator) -> Mapping[int, int | None]:
    """Where an operator has its kernels among its inputs, and where the bias of each; empty where it has none."""
    if operator.kind == LSTM:
        return {1 + gate: 12 + gate for gate in _GATES} | {5 + gate: None for gate in _GATES}
    if operator.kind not in WEIGHTED:
        return {}
    return {1: 2 if len(operator.inputs) > 2 and operator.inputs[2] is not None else None}


def limits_of(operator: Operator) -> tuple[float | None, float | None]:
    """Between what the activation fused into an operator keeps its results."""
    return _FUSED[operator.options.get("fused_activation_function") or "NONE"]


def compute(operator: Operator, inputs: Sequence[Any]) -> Sequence[Any]:
    """The outputs of an operator, before a fused activation.

    Args:
        operator: One that `check_operators` takes, without a kernel.
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
        return tf.reshape(tf.reshape(x, (-1, kernel.shape[0])) @ kernel, held_shape(operator.outputs[0]))
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
        InputError: An operator is of a kind that is not known here, or takes windows for what they are not.
    """
    for operator in operators:
        name = operator.outputs[0].name if operator.outputs else ""
        if operator.kind not in (*WEIGHTED, LSTM, *_KINDS):
            raise InputError(f"model: layer {name!r} is a {operator.kind} on the device, which does not train in int8")
        if operator.kind in _OF_IMAGES and any(tensor.shape[:1] != (1,) for tensor in operator.outputs):
            raise InputError(f"model: layer {name!r} works across the batch ({operator.kind}), which does not train")


def _whole(function: Callable[[Operator, Sequence[Any]], Any]) -> Compute:
    """Of tensors that have all their axes, behind that of the windows."""

    def apply(operator: Operator, inputs: Sequence[Any]) -> Any:
        import tensorflow as tf

        pairs = zip(operator.inputs, inputs, strict=True)
        whole = [None if x is None else tf.reshape(x, (-1, *tensor.shape)) for tensor, x in pairs if tensor is not None]
        results = function(operator, whole)
        results = results if isinstance(results, list | tuple) else [results]
        return [tf.reshape(x, held_shape(tensor)) for tensor, x in zip(operator.outputs, results, strict=True)]

    return apply


def _behind(axis: int, tensor: Tensor | None) -> int:
    """An axis of a tensor, counted behind that of the windows."""
    assert tensor is not None
    return 1 + axis % len(tensor.shape)


def _axes(operator: Operator) -> list[int]:
    return [_behind(int(axis), operator.inputs[0]) for axis in constant(operator.inputs[1]).ravel()]


def _mean(operator: Operator, inputs: Sequence[Any]) -> Any:
    import tensorflow as tf

    return tf.reduce_mean(inputs[0], _axes(operator))


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

    return tf.reshape(inputs[0], held_shape(operator.outputs[0]))


def _pad(operator: Operator, inputs: Sequence[Any]) -> Any:
    import tensorflow as tf

    return tf.pad(inputs[0], [[0, 0], *constant(operator.inputs[1])])


def _strided_slice(operator: Operator, inputs: Sequence[Any]) -> Any:
    import tensorflow as tf

    begin, end, strides = (np.insert(constant(tensor), 0, 1) for tensor in operator.inputs[1:4])
    names = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
    masks = {name: operator.options[name] << 1 for name in names}
    # The first bit: all windows.
    masks |= {name: masks[name] | 1 for name in ("begin_mask", "end_mask")}
    return tf.strided_slice(inputs[0], begin, end, strides, **masks)


def _slice(operator: Operator, inputs: Sequence[Any]) -> Any:
    import tensorflow as tf

    begin, size = (constant(tensor) for tensor in operator.inputs[1:3])
    return tf.slice(inputs[0], [0, *begin], [-1, *size])


def _split(operator: Operator, inputs: Sequence[Any]) -> Any:
    import tensorflow as tf

    axis = _behind(int(constant(operator.inputs[0])), operator.inputs[1])
    return tf.split(inputs[1], operator.options["num_splits"], axis)


def _joined(function: str) -> Compute:
    def join(operator: Operator, inputs: Sequence[Any]) -> Any:
        return _tf(function)(list(inputs), _behind(operator.options["axis"], operator.outputs[0]))

    return _whole(join)


def _unpack(operator: Operator, inputs: Sequence[Any]) -> Any:
    import tensorflow as tf

    return tf.unstack(inputs[0], axis=_behind(operator.options["axis"], operator.inputs[0]))


def _transpose(operator: Operator, inputs: Sequence[Any]) -> Any:
    return _tf("transpose")(inputs[0], [0, *(1 + constant(operator.inputs[1]))])


def _binary(function: Callable[[Any, Any], Any]) -> Compute:
    """Of two operands that broadcast, by their last axes."""

    def apply(operator: Operator, inputs: Sequence[Any]) -> Any:
        import tensorflow as tf

        (output,) = operator.outputs
        aligned = []
        for tensor, x in zip(operator.inputs, inputs, strict=True):
            assert tensor is not None
            lost = [1] * (len(output.shape) - len(tensor.shape))
            aligned.append(x if tensor.is_constant else tf.reshape(x, (-1, *lost, *tensor.shape)))
        return tf.reshape(function(*aligned), held_shape(output))

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


_KINDS: Mapping[str, Compute] = {
    "ADD": _binary(arithmetic.add),
    "AVERAGE_POOL_2D": _pool("AVG"),
    "CONCATENATION": _joined("concat"),
    "DEQUANTIZE": _unary(lambda x: x),
    "EXPAND_DIMS": _reshape,
    "HARD_SWISH": _unary(lambda x: x * _tf("nn.relu6")(x + 3.0) / 6.0),
    "LEAKY_RELU": lambda operator, inputs: _tf("nn.leaky_relu")(inputs[0], operator.options["alpha"]),
    "LOGISTIC": _unary(_tf("sigmoid")),
    "MAX_POOL_2D": _pool("MAX"),
    "MEAN": _whole(_mean),
    "MUL": _binary(arithmetic.mul),
    "NEG": _unary(arithmetic.neg),
    "PACK": _joined("stack"),
    "PAD": _whole(_pad),
    "QUANTIZE": _unary(lambda x: x),
    "RELU": _unary(_tf("nn.relu")),
    "RELU6": _unary(_tf("nn.relu6")),
    "RESHAPE": _reshape,
    "REVERSE_V2": _whole(lambda operator, inputs: _tf("reverse")(inputs[0], _axes(operator))),
    "RSQRT": _unary(_root),
    "SLICE": _whole(_slice),
    "SOFTMAX": lambda operator, inputs: _tf("nn.softmax")(inputs[0] * operator.options["beta"]),
    "SPLIT": _whole(_split),
    "SQUARED_DIFFERENCE": _binary(_tf("math.squared_difference")),
    "SQUEEZE": _reshape,
    "STRIDED_SLICE": _whole(_strided_slice),
    "SUB": _binary(arithmetic.sub),
    "TANH": _unary(_tf("tanh")),
    "TRANSPOSE": _whole(_transpose),
    "UNPACK": _whole(_unpack),
}

_OF_IMAGES = ("AVERAGE_POOL_2D", "CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D")
"""Operators that take the first axis to be that of the windows."""
