"""Which tensors of a file are one weight: what is one kernel in Keras stays one variable, however often it is read.

A layer that is called more than once and the steps of an unrolled recurrent layer read one tensor, for the converter
keeps each content once. Their biases are tensors of their own wherever the inputs have different scales. For the same
reason layers that only happen to have equal numbers, zeros for the most part, read one tensor too. So

- a kernel is one variable wherever its numbers are, unless they are all the same: those of a mean or of zeros tie
  operators of one layer alone;
- a bias is one variable for the operators of one kernel, as far as its numbers are equal but for their rounding;
- other constants are taken as kernels are, tensor by tensor.

Batch normalizations behind the calls of one convolution leave a kernel to each call, and those train by themselves. So
does the bias of a layer where the converter made it an operand of an ADD or, at a recurrent layer's first step, MUL.
"""

from __future__ import annotations

import copy
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import numpy as np

from neuralspot_edge.graph import Graph, Operator, Tensor, load_graph, parse, serialize
from neuralspot_edge.graph.layer_names import layer_of
from neuralspot_edge.quantization.operators import is_weight, kernels_of, real_values

__all__ = ["owners", "parted", "redirect"]


def parted(tflite: bytes) -> bytes:
    """The file with a tensor of its own for each weight: equal numbers of two of them are tied no longer.

    Args:
        tflite: The content of an int8 file.
    """
    first: dict[int, Hashable] = {}
    copies: dict[tuple[int, Hashable], int] = {}
    model = parse(tflite)
    main = model.subgraphs[0]
    for operator, place, weight in _readings(load_graph(tflite)):
        tensor = operator.inputs[place]
        assert tensor is not None
        if first.setdefault(tensor.index, weight) == weight:
            continue
        if (tensor.index, weight) not in copies:
            copies[tensor.index, weight] = len(main.tensors)
            main.tensors.append(copy.copy(main.tensors[tensor.index]))
        redirect(main.operators[operator.index], place, copies[tensor.index, weight])
    return serialize(model) if copies else tflite


def redirect(operator: Any, place: int, index: int) -> None:
    """Makes an operator of the schema read another tensor."""
    operator.inputs = np.array(operator.inputs, np.int32)
    operator.inputs[place] = index


def owners(graph: Graph) -> Mapping[int, int]:
    """For each tensor that holds a weight the first one of the same weight, by index.

    Args:
        graph: One of a file that `parted` gave.
    """
    first: dict[Hashable, int] = {}
    owned = {}
    for operator, place, weight in _readings(graph):
        tensor = operator.inputs[place]
        assert tensor is not None
        owned[tensor.index] = first.setdefault(weight, tensor.index)
    return owned


def _readings(graph: Graph) -> Iterator[tuple[Operator, int, Hashable]]:
    """Each operator's weights by their places, and what tells a weight from all others."""
    known: dict[Hashable, list[Tensor]] = {}
    for operator in graph.operators:
        biases = {bias: kernel for kernel, bias in kernels_of(operator).items() if bias is not None}
        for place, tensor in enumerate(operator.inputs):
            if not is_weight(tensor) or not tensor.shape:
                continue
            kernel = operator.inputs[biases[place]] if place in biases else None
            if kernel is None:
                yield operator, place, _kernel(operator, place, tensor)
            else:
                alike = known.setdefault(_kernel(operator, biases[place], kernel), [])
                yield operator, place, (_kernel(operator, biases[place], kernel), _number(tensor, alike))


def _kernel(operator: Operator, place: int, tensor: Tensor) -> Hashable:
    layer = "" if np.ptp(real_values(tensor)) else layer_of(operator)
    if place not in kernels_of(operator):
        return tensor.index, layer
    return operator.kind, place, tensor.shape, tensor.quantization, tensor.data, layer


def _number(bias: Tensor, known: list[Tensor]) -> int:
    """The place of a bias among those known of its kernel, where it is added if it is another one."""
    for number, other in enumerate(known):
        if np.all(np.abs(real_values(bias) - real_values(other)) <= (_step(bias) + _step(other)) / 2):
            return number
    known.append(bias)
    return len(known) - 1


def _step(tensor: Tensor) -> np.ndarray:
    return np.zeros(1) if tensor.quantization is None else np.array(tensor.quantization.scale)
