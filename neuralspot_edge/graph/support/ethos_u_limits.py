"""Sizes and strides beyond which the Ethos-U hands an operator back to the processor.

Facts from `SUPPORTED_OPS.md` of https://pypi.org/project/ethos-u-vela and from what its version 5.2 does, which takes
more than the document says. Only the compiler can tell where it rearranges a convolution of large strides.
"""

from __future__ import annotations

import numpy as np

from neuralspot_edge.graph.operands import input_of, output_of
from neuralspot_edge.graph.view import Operator, Tensor

__all__ = [
    "argmax_limit",
    "average_pool_limit",
    "convolution_limit",
    "lstm_limit",
    "max_pool_limit",
    "mean_limit",
    "no_limit",
    "resize_limit",
    "softmax_limit",
    "strided_slice_limit",
    "transposed_convolution_limit",
]

MAX_STRIDE = 3
MAX_KERNEL_HEIGHT = 256
MAX_KERNEL_AREA = 256 * 256
MAX_PADDED_AVERAGE = 8
MAX_MEAN_AXIS = 64 * 64
MAX_ARGMAX_DEPTH = 127
MAX_SOFTMAX_ROWS = 65536
UPSCALING_FACTORS = (1, 2, 4, 8)

_EIGHT_BITS = ("int8", "uint8")
_TRANSPOSED_STRIDES = ((1, 1), (2, 2))


def no_limit(_: Operator) -> str:
    """No reason against the operator beside its types."""
    return ""


def convolution_limit(operator: Operator) -> str:
    """Plain and depthwise: strides up to 3, weights of eight bits."""
    height, width = _strides(operator)
    if max(height, width) > MAX_STRIDE:
        return f"strides over {MAX_STRIDE}, here {height} x {width}, run on the Ethos-U only where vela can fold them"
    return _weights_limit(operator)


def transposed_convolution_limit(operator: Operator) -> str:
    """Strides 1 x 1 and 2 x 2, and 1 x 2 on a single row."""
    strides, kernel = _strides(operator), input_of(operator, 1)
    is_row = input_of(operator, 2).shape[1:2] == kernel.shape[1:2] == (1,)
    if strides not in _TRANSPOSED_STRIDES and not (is_row and strides == (1, 2)):
        return f"the Ethos-U has transposed convolutions of stride 1 and 2, here {strides[0]} x {strides[1]}"
    return _weights_limit(operator)


def max_pool_limit(operator: Operator) -> str:
    """Windows up to 256 high and 65536 elements large."""
    height, width = _window(operator)
    if height > MAX_KERNEL_HEIGHT or height * width > MAX_KERNEL_AREA:
        return f"the Ethos-U pools over windows up to {MAX_KERNEL_HEIGHT} high, here {height} x {width}"
    return ""


def average_pool_limit(operator: Operator) -> str:
    """As `max_pool_limit`; up to 8 x 8 where the window reaches into padding."""
    height, width = _window(operator)
    is_padded = operator.options.get("padding") == "SAME"
    fits_width = width <= MAX_PADDED_AVERAGE or width == operator.options.get("stride_w")
    if is_padded and not (fits_width and height <= MAX_PADDED_AVERAGE):
        return f"the Ethos-U averages padded windows up to {MAX_PADDED_AVERAGE} x {MAX_PADDED_AVERAGE}"
    return max_pool_limit(operator)


def mean_limit(operator: Operator) -> str:
    """Axes up to 4096 long; channels only of an image with a side of 1."""
    shape, axes = input_of(operator, 0).shape, _integers(input_of(operator, 1))
    if not axes:
        return "the Ethos-U takes means over axes that are constant"
    reduced = {axis % len(shape) for axis in axes} if shape else set()
    image = shape[-3:]
    if len(shape) - 1 in reduced and len(shape) > 2 and 1 not in image:
        return "the Ethos-U takes no mean over the channels of an image"
    if any(shape[axis] > MAX_MEAN_AXIS for axis in reduced):
        return f"the Ethos-U takes means over up to {MAX_MEAN_AXIS} elements of an axis"
    return ""


def argmax_limit(operator: Operator) -> str:
    """Over the last axis, up to 127 long."""
    shape, axes = input_of(operator, 0).shape, _integers(input_of(operator, 1))
    if axes not in ((-1,), (len(shape) - 1,)):
        return "the Ethos-U has ARG_MAX over the last axis alone"
    if shape and shape[-1] > MAX_ARGMAX_DEPTH:
        return f"the Ethos-U has ARG_MAX over up to {MAX_ARGMAX_DEPTH} channels, here {shape[-1]}"
    return ""


def softmax_limit(operator: Operator) -> str:
    """Up to 65536 rows."""
    rows = int(np.prod(input_of(operator, 0).shape[-3:-1], dtype=np.int64))
    return f"the Ethos-U has SOFTMAX of up to {MAX_SOFTMAX_ROWS} rows, here {rows}" if rows > MAX_SOFTMAX_ROWS else ""


def strided_slice_limit(operator: Operator) -> str:
    """Steps along height and width alone."""
    steps = _integers(input_of(operator, 3))
    is_whole = bool(steps) and steps[-1] == 1 and (len(steps) < 4 or steps[0] == 1)
    return "" if is_whole else "the Ethos-U slices with steps along height and width alone"


def resize_limit(operator: Operator) -> str:
    """To 1, 2, 4 or 8 times the size, the same in both directions; from a single element to any size."""
    before, after = input_of(operator, 0).shape[1:3], output_of(operator).shape[1:3]
    if len(before) < 2 or len(after) < 2 or before in ((1, 1), after):
        return ""
    margin = 1 if operator.options.get("align_corners") else 0
    factors = {
        (large - margin) / (small - margin)
        for small, large in zip(before, after, strict=True)
        if not small == large == 1 and small > margin
    }
    halved = bool(operator.options.get("half_pixel_centers")) and operator.kind == "RESIZE_BILINEAR"
    allowed = UPSCALING_FACTORS[:2] if halved else UPSCALING_FACTORS
    if len(factors) > 1 or not factors <= set(allowed):
        return f"the Ethos-U resizes images by {', '.join(map(str, allowed))}, the same in both directions"
    return ""


def lstm_limit(operator: Operator) -> str:
    """All gates, no peepholes, no projection, no normalization."""
    inputs = (*operator.inputs, *[None] * 24)
    extras = (*inputs[9:12], *inputs[16:18], *inputs[20:24])
    if None in inputs[1:9] or any(tensor is not None for tensor in extras):
        return "the Ethos-U has the LSTM with all gates and without peepholes, projection and normalization"
    return ""


def _weights_limit(operator: Operator) -> str:
    dtype = input_of(operator, 1).dtype
    return "" if dtype in _EIGHT_BITS else f"the Ethos-U takes weights of eight bits, here {dtype}"


def _strides(operator: Operator) -> tuple[int, int]:
    return operator.options.get("stride_h", 1), operator.options.get("stride_w", 1)


def _window(operator: Operator) -> tuple[int, int]:
    return operator.options.get("filter_height", 1), operator.options.get("filter_width", 1)


def _integers(tensor: Tensor) -> tuple[int, ...]:
    """The content of a constant list of integers; empty where it is computed, or of another type."""
    if tensor.data is None or tensor.dtype not in ("int32", "int64"):
        return ()
    width = np.dtype(tensor.dtype).itemsize
    whole = tensor.data[: len(tensor.data) // width * width]
    return tuple(np.frombuffer(whole, tensor.dtype).tolist())
