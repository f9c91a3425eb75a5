"""What TFLite Micro needs of the arena only while it loads a model, in the space that the tensors have afterwards.

Sources: `micro_allocator.cc`, `micro_allocation_info.h` and `greedy_memory_planner.h` of
https://github.com/tensorflow/tflite-micro.
"""

from __future__ import annotations

from neuralspot_edge.graph.memory.persistent import ARENA_ALIGNMENT, QUANTIZATION, TENSOR
from neuralspot_edge.graph.memory.platforms import Platform, align
from neuralspot_edge.graph.view import Graph, Operator, Tensor

__all__ = ["count_temporary_bytes"]

MOST_REQUESTS_OF_AN_OPERATOR = 12
OPENINGS_OF_A_TENSOR = 2

_REQUEST = "p2i"
_ALLOCATION = "2p3ib"
_PLANNED_BUFFER = "10i"


def count_temporary_bytes(graph: Graph, buffer_count: int, scratch_count: int, platform: Platform) -> int:
    """What loading takes beside the persistent part.

    Args:
        graph: Any model.
        buffer_count: How many buffers the planner places.
        scratch_count: How many of them are scratch.
        platform: The machine.

    Returns:
        Bytes, at most a few hundred too many: some operators open each of their tensors twice while they prepare, and
        here all do.
    """
    requests = platform.structure(_REQUEST).size * (scratch_count + MOST_REQUESTS_OF_AN_OPERATOR)
    tensor_count = sum(len(subgraph.tensors) for subgraph in graph.subgraphs)
    planning = (
        platform.pointer_bytes * len(graph.subgraphs)
        + platform.structure(_ALLOCATION).size * (tensor_count + scratch_count)
        + platform.structure(_PLANNED_BUFFER).size * buffer_count
    )
    operators = (operator for subgraph in graph.subgraphs for operator in subgraph.operators)
    preparing = max((_opened_bytes(operator, platform) for operator in operators), default=0)
    return align(requests + max(planning, preparing), ARENA_ALIGNMENT) + ARENA_ALIGNMENT


def _opened_bytes(operator: Operator, platform: Platform) -> int:
    tensors = (tensor for tensor in (*operator.inputs, *operator.outputs) if tensor is not None)
    return OPENINGS_OF_A_TENSOR * sum(_opened_tensor_bytes(tensor, platform) for tensor in tensors)


def _opened_tensor_bytes(tensor: Tensor, platform: Platform) -> int:
    size = platform.structure(TENSOR).size
    if tensor.quantization is not None:
        size += platform.structure(QUANTIZATION).size + align(4 + 4 * len(tensor.quantization.scale), 8)
    return size
