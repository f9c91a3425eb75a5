"""Graph rule: a dilated convolution is one operator, not three.

TensorFlow traces it as SpaceToBatchND, convolution, BatchToSpaceND. The converter undoes that only in part: where two
convolutions read one tensor they come to share a SPACE_TO_BATCH_ND, and TensorFlow Lite Micro runs such a graph wrong
without a word. Here each triple becomes the one convolution with `dilations` that it stands for, before the
converter sees it; this works for any layer, 1-D or 2-D, full or depthwise.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["fuse_dilations"]

_CONVOLUTIONS = ("Conv2D", "DepthwiseConv2dNative")


def fuse_dilations(graph: Any) -> Any:
    """The GraphDef of a frozen `tf.Graph` with its dilated convolutions fused.

    Args:
        graph: A graph whose block shapes, paddings and crops are constants. It is not changed.

    Returns:
        A `tf.compat.v1.GraphDef` that computes the same. A triple of another kind is left for the guard in
        `rules.py` to refuse.
    """
    graph_def = graph.as_graph_def()
    nodes = {node.name: node for node in graph_def.node}
    replaced: dict[str, str] = {}
    for node in list(graph_def.node):
        if node.op == "BatchToSpaceND":
            fused = _fuse(graph, nodes, node)
            if fused:
                replaced[node.name] = fused
    for node in graph_def.node:
        for index, name in enumerate(node.input):
            node.input[index] = replaced.get(name, name)
    _keep_names(nodes, replaced)
    return graph_def


def _fuse(graph: Any, nodes: dict[str, Any], batch_to_space: Any) -> str | None:
    """Makes the convolution before `batch_to_space` a dilated one; returns the node that now gives the result."""
    squeeze = nodes[batch_to_space.input[0]]
    one_dimensional = squeeze.op == "Squeeze"
    convolution = nodes[squeeze.input[0]] if one_dimensional else squeeze
    if convolution.op not in _CONVOLUTIONS:
        return None
    expand = nodes[convolution.input[0]]
    space_to_batch = nodes[expand.input[0]] if one_dimensional else expand
    if space_to_batch.op != "SpaceToBatchND":
        return None
    block = _constant(graph, space_to_batch.input[1])
    padding = _padding(graph, space_to_batch, batch_to_space, convolution, block)
    if padding is None:
        return None
    (expand if one_dimensional else convolution).input[0] = space_to_batch.input[0]
    convolution.attr["padding"].s = padding
    convolution.attr["dilations"].list.i[:] = [1, *([1] * (2 - len(block))), *block.tolist(), 1]
    return str(squeeze.name)


def _padding(graph: Any, space_to_batch: Any, batch_to_space: Any, convolution: Any, block: Any) -> bytes | None:
    """What the triple pads in truth: SpaceToBatchND also pads to a multiple of the block, and the crop undoes it."""
    padded = _constant(graph, space_to_batch.input[2])
    total = padded.sum(axis=1) - _constant(graph, batch_to_space.input[2]).sum(axis=1)
    kernel = graph.get_tensor_by_name(f"{convolution.input[1]}:0").shape.as_list()[:2][-len(block) :]
    same = (np.asarray(kernel) - 1) * block
    if not total.any():
        return b"VALID"
    if (total == same).all() and (padded[:, 0] == same // 2).all():
        return b"SAME"
    return None


def _constant(graph: Any, name: str) -> Any:
    import tensorflow as tf

    return tf.get_static_value(graph.get_tensor_by_name(f"{name}:0"))


def _keep_names(nodes: dict[str, Any], replaced: dict[str, str]) -> None:
    """A graph whose output was a BatchToSpaceND keeps that name: the node becomes the identity of the result."""
    for name, source in replaced.items():
        node = nodes[name]
        del node.input[:]
        node.input.append(source)
        node.op = "Identity"
        for key in [key for key in node.attr if key != "T"]:
            del node.attr[key]
