"""The layer that an operator comes from, as far as the names of its tensors tell."""

from __future__ import annotations

import re
from collections.abc import Iterator

from neuralspot_edge.graph.view import Operator

__all__ = ["layer_of"]

_MADE_UP = re.compile(r"(|Identity|arith\.constant|StatefulPartitionedCall|PartitionedCall)[_:\d]*")
"""Names that converters give where they know of no layer."""


def layer_of(operator: Operator) -> str:
    """The name of the layer that an operator comes from.

    This package's exports name tensors after layers. TensorFlow's converter writes paths of all that was fused, the
    last to run first: `model/layer/Relu;model/layer/Conv2D`.

    Args:
        operator: Any operator.

    Returns:
        The layer by the name of its first output, or by its constants' where an output of the model lost its name;
        empty where they do not tell.
    """
    return next(_candidates(operator), "")


def _candidates(operator: Operator) -> Iterator[str]:
    constants = (tensor for tensor in operator.inputs if tensor is not None and tensor.is_constant)
    for tensor in (*operator.outputs, *constants):
        path = tensor.name.partition(";")[0].split("/")
        name = path[-2] if len(path) > 1 else path[0]
        if not _MADE_UP.fullmatch(name):
            yield name
