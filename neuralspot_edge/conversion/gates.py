"""A hard sigmoid in one operator: the MUL by 1/6 behind a convolution's RELU6 goes into the convolution's scales.

Keras's hard sigmoid, relu6(x + 3) / 6, converts to a convolution with a fused RELU6 and a MUL by the constant 1/6: one
operator too many for each squeeze-and-excite. In int8 that MUL returns the integers it is given: both zero points are
-128 and its scales differ by the constant, so that it rounds (a + 128 <= 255) * (1 +- 1e-6). Without it the convolution
writes the MUL's output. The convolution's weight and bias scales shrink as its output scale does, so that the
multiplier of its sums, input * weight / output, stays (Jacob et al. 2018, https://arxiv.org/abs/1712.05877, eq. 5); and
the limits of such a RELU6, -128 and 127, are those that int8 has without it.

The new weight scales are rounded to float32, as if the converter had been given a sixth of the weights. That moves a
multiplier by at most 2**-22 of itself, and a gate by one of its 255 steps where a sum is that close to the middle
between two: 14 of the 3.3 million sums that the two gates of a small TCN can meet.

An int16 RELU6 has its lower limit at the zero point 0, where the type has none: int16x8 keeps its MUL.
"""

from __future__ import annotations

import copy
import math
from collections import Counter
from collections.abc import Iterable
from itertools import chain
from typing import Any

import numpy as np

from neuralspot_edge.graph.flatbuffer import signature_entries

__all__ = ["fold_gates"]


def fold_gates(model: Any) -> None:
    """Drops each MUL that only makes a hard sigmoid of a RELU6, with the two tensors that it alone used.

    Args:
        model: A `ModelT`, changed in place. A MUL that could do more than that stays, and so does all else.
    """
    for index in range(len(model.subgraphs)):
        while gate := _find(model, index):
            _fold(model, index, *gate)


def _find(model: Any, index: int) -> tuple[Any, Any] | None:
    """A convolution and a MUL that are a hard sigmoid."""
    subgraph = model.subgraphs[index]
    writers = {int(i): operator for operator in subgraph.operators or () for i in operator.outputs}
    pairs = ((writers.get(int(o.inputs[0])), o) for o in writers.values() if len(o.inputs) == 2)
    return next((pair for pair in pairs if pair[0] and _is_gate(model, index, *pair)), None)


def _is_gate(model: Any, index: int, convolution: Any, product: Any) -> bool:
    from ai_edge_litert.schema_py_generated import ActivationFunctionType as Fused
    from ai_edge_litert.schema_py_generated import BuiltinOperator as Kind

    def is_a(operator: Any, kinds: Iterable[int], fused: int) -> bool:
        code = model.operatorCodes[operator.opcodeIndex]
        known = max(code.builtinCode, code.deprecatedBuiltinCode) in kinds
        return known and operator.builtinOptions.fusedActivationFunction == fused

    if not is_a(convolution, (Kind.CONV_2D, Kind.DEPTHWISE_CONV_2D, Kind.FULLY_CONNECTED), Fused.RELU6):
        return False
    if not is_a(product, (Kind.MUL,), Fused.NONE):
        return False
    tensors, parameters, uses = model.subgraphs[index].tensors, _parameters(convolution), _uses(model, index)
    contents = [model.buffers[tensors[i].buffer].data for i in (*parameters, product.inputs[1])]
    if any(content is None for content in contents) or any(uses[i] != 1 for i in (product.inputs[0], *parameters)):
        return False
    relu6, constant, result = (tensors[i] for i in (*product.inputs, *product.outputs))
    return _is_identity(relu6, constant, result, bytes(contents[-1]))


def _is_identity(relu6: Any, constant: Any, result: Any, content: bytes) -> bool:
    """Whether the MUL gives the integers of the RELU6, and those reach both ends of int8."""
    from ai_edge_litert.schema_py_generated import TensorType

    tensors = (relu6, constant, result)
    if any(tensor.type != TensorType.INT8 for tensor in tensors) or len(content) != 1:
        return False
    before, factor, after = (float(tensor.quantization.scale[0]) for tensor in tensors)
    low, zero, bottom = (int(tensor.quantization.zeroPoint[0]) for tensor in tensors)
    factor *= int(np.frombuffer(content, np.int8)[0]) - zero
    # Kernels round the upper limit to an integer: 6 / float32(6 / 255) is a little under 255.
    reaches_both_ends = low == bottom == -128 and round(6 / before) >= 255
    same_shape = np.array_equal(relu6.shape, result.shape)
    return same_shape and reaches_both_ends and math.isclose(before * factor, after, rel_tol=1e-6)


def _fold(model: Any, index: int, convolution: Any, product: Any) -> None:
    from ai_edge_litert.schema_py_generated import ActivationFunctionType as Fused

    subgraph = model.subgraphs[index]
    before, after = (float(subgraph.tensors[o.outputs[0]].quantization.scale[0]) for o in (convolution, product))
    for tensor in (subgraph.tensors[i] for i in _parameters(convolution)):
        tensor.quantization = copy.copy(tensor.quantization)  # Tensors may share it.
        scale = np.asarray(tensor.quantization.scale, np.float64)
        tensor.quantization.scale = (scale * (after / before)).astype(np.float32)
    convolution.builtinOptions.fusedActivationFunction = Fused.NONE
    convolution.outputs = product.outputs
    subgraph.operators.remove(product)
    for i in sorted(product.inputs, reverse=True):
        if not _uses(model, index)[i]:
            _remove(model, index, int(i))


def _remove(model: Any, index: int, unused: int) -> None:
    """Takes a tensor out of a subgraph; those behind it move up."""
    subgraph = model.subgraphs[index]
    buffer = subgraph.tensors.pop(unused).buffer
    for owner in (subgraph, *subgraph.operators):
        for name in ("inputs", "outputs", "intermediates"):
            places = getattr(owner, name, None)  # A subgraph has no intermediates, most operators have none either.
            if places is not None:
                setattr(owner, name, np.asarray(places) - (np.asarray(places) > unused))
    for entry in signature_entries(model, index):
        entry.tensorIndex -= int(entry.tensorIndex > unused)
    holders = chain(model.metadata or (), *(each.tensors for each in model.subgraphs))
    if all(holder.buffer != buffer for holder in holders):
        model.buffers[buffer].data = None


def _uses(model: Any, index: int) -> Counter[int]:
    """How often each tensor is read, or asked of the subgraph."""
    subgraph = model.subgraphs[index]
    signed = [entry.tensorIndex for entry in signature_entries(model, index)]
    return Counter(chain(subgraph.inputs, subgraph.outputs, signed, *(o.inputs for o in subgraph.operators)))


def _parameters(convolution: Any) -> list[int]:
    """Weights and, where there is one, the bias."""
    return [int(i) for i in convolution.inputs[1:] if i >= 0]
