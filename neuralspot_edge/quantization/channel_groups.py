"""Activations whose channels can be made larger or smaller together, and the kernels that make up for it.

A ReLU of half a value is half its ReLU, and so it is with a leaky one, a pool, a mean over time, a sum, and whatever
only moves values: f(s x) = s f(x) for s > 0. Between the kernels that write such activations and those that read them
a factor for each channel changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from neuralspot_edge.graph import Graph, Operator, Tensor
from neuralspot_edge.quantization.operators import WEIGHTED, compute, limits_of
from neuralspot_edge.quantization.placement import MOVES

__all__ = ["ChannelGroup", "group_channels"]

_HOMOGENEOUS = MOVES | {"AVERAGE_POOL_2D", "LEAKY_RELU", "MEAN", "QUANTIZE", "RELU"}
"""Operators of which f(s x) = s f(x) holds, s > 0, wherever they leave channels apart."""

_SUMS = ("ADD", "SUB")

_HOMOGENEOUS_LIMITS = ((None, None), (0.0, None))
"""Those of no fused activation, and of a ReLU."""


@dataclass(frozen=True)
class ChannelGroup:
    """Activations that hold the same channels on their last axis.

    Attributes:
        tensors: Their indices.
        channels: How many channels they have.
        writers: The operators whose kernels give these channels.
        readers: The operators whose kernels take them; one may do both.
    """

    tensors: frozenset[int]
    channels: int
    writers: tuple[Operator, ...]
    readers: tuple[Operator, ...]


def group_channels(graph: Graph, held: Collection[int] = ()) -> tuple[ChannelGroup, ...]:
    """The groups that nothing but kernels write and read.

    Args:
        graph: An int8 file.
        held: Tensors that must stay as they are.
    """
    groups: dict[int, set[int]] = {}
    fixed = {tensor.index for tensor in (*graph.inputs, *graph.outputs)}.union(held)
    for operator in graph.operators:
        everything = {tensor.index for tensor in _activations(operator)}
        scalable, is_tied = _scalable(operator)
        fixed |= everything - scalable
        if is_tied:
            one = scalable.union(*(groups.get(index, {index}) for index in scalable))
            groups.update(dict.fromkeys(one, one))
        else:
            for index in scalable:
                groups.setdefault(index, {index})
    distinct = {min(group): frozenset(group) for group in groups.values() if not group & fixed}
    made = [_group(graph, distinct[first]) for first in sorted(distinct)]
    return tuple(group for group in made if group.writers and group.readers)


def _group(graph: Graph, tensors: frozenset[int]) -> ChannelGroup:
    weighted = [operator for operator in graph.operators if operator.kind in WEIGHTED]
    return ChannelGroup(
        tensors=tensors,
        channels=graph.tensors[min(tensors)].shape[-1],
        writers=tuple(operator for operator in weighted if operator.outputs[0].index in tensors),
        readers=tuple(operator for operator in weighted if _source(operator).index in tensors),
    )


def _scalable(operator: Operator) -> tuple[set[int], bool]:
    """The tensors of an operator whose channels may be scaled, and whether only together."""
    if operator.kind not in (*WEIGHTED, *_SUMS, "MUL", *_HOMOGENEOUS):
        return set(), False
    activations = _activations(operator)
    everything, (result, *others) = {tensor.index for tensor in activations}, operator.outputs
    is_limited = limits_of(operator) not in _HOMOGENEOUS_LIMITS
    if operator.kind in WEIGHTED:
        found = {_source(operator).index} if _takes_channels(operator) else set()
        return (found if is_limited else found | {result.index}), False
    if is_limited or len(everything) < len(activations):
        return set(), False
    if operator.kind in _SUMS:
        has_channels = all(
            t is not None and not t.is_constant and t.shape[-1:] == result.shape[-1:] for t in operator.inputs
        )
        return (everything if has_channels else set()), True
    if operator.kind == "MUL":
        # The other factor stays: a gate, or a constant.
        scaled = next((tensor for tensor in activations[:-1] if tensor.shape == result.shape), None)
        return ({scaled.index, result.index} if scaled else set()), True
    keeps = not others and _keeps_channels(operator)
    return (everything if keeps else set()), True


def _takes_channels(operator: Operator) -> bool:
    """Whether a kernel has weights for each channel of what it reads: not in groups, and not of steps that lie flat."""
    source, kernel = operator.inputs[:2]
    assert source is not None
    assert kernel is not None
    if operator.kind == "DEPTHWISE_CONV_2D":
        return kernel.shape[-1] % source.shape[-1] == 0
    return kernel.shape[-1:] == source.shape[-1:]


def _keeps_channels(operator: Operator) -> bool:
    """Whether each channel comes out in its own place, seen from numbered channels; what is padded is 0."""
    (result,) = operator.outputs
    marks = [None if t is None or t.is_constant else _numbered(t) for t in operator.inputs]
    received = np.asarray(compute(operator, marks)[0])
    expected = 1 + np.arange(result.shape[-1] if result.shape else 1)
    return received.shape[-1:] == expected.shape and bool((np.isclose(received, expected) | (received == 0)).all())


def _numbered(tensor: Tensor) -> np.ndarray:
    shape = tensor.shape if tensor.shape[:1] == (1,) else (1, *tensor.shape)
    return np.broadcast_to(1 + np.arange(shape[-1], dtype=np.float32), shape)


def _activations(operator: Operator) -> list[Tensor]:
    return [t for t in (*operator.inputs, *operator.outputs) if t is not None and not t.is_constant]


def _source(operator: Operator) -> Tensor:
    source = operator.inputs[0]
    assert source is not None
    return source
