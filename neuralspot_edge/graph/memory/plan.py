"""The arena of TFLite Micro, calculated: every buffer with its place and time, and the peak."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from neuralspot_edge.graph.memory.greedy import Buffer, place
from neuralspot_edge.graph.memory.kernels import scratch_of
from neuralspot_edge.graph.memory.lifetimes import NEVER, Lifetime, Lifetimes, trace_lifetimes
from neuralspot_edge.graph.memory.persistent import ARENA_ALIGNMENT, count_persistent, is_handle, planned_bytes
from neuralspot_edge.graph.memory.platforms import X86_64, Platform, align
from neuralspot_edge.graph.memory.temporary import count_temporary_bytes
from neuralspot_edge.graph.view import Graph, Operator, Subgraph, Tensor

__all__ = ["Allocation", "MemoryPlan", "plan_memory"]

OFFLINE_PLAN = "OfflineMemoryAllocation"
OFFLINE_HEADER = 3
PLANNED_ONLINE = -1


@dataclass(frozen=True)
class Allocation:
    """A buffer in the planned part of the arena.

    Attributes:
        name: The tensor, or the operator that asks for scratch.
        kind: `tensor` or `scratch`.
        size_bytes: What it takes, a multiple of 16.
        offset: Where it lies, in bytes from the start of the arena.
        first_use: The first operator of the main subgraph that needs it, the first of all for an input; -1 where none
            does, in which case the planner gives it space all the same.
        last_use: The last operator that needs it, inclusive.
    """

    name: str
    kind: Literal["tensor", "scratch"]
    size_bytes: int
    offset: int
    first_use: int
    last_use: int


@dataclass(frozen=True)
class MemoryPlan:
    """What a model needs of RAM in TFLite Micro.

    Attributes:
        allocations: The buffers that share the planned part.
        tensor_bytes: The planned part: activations and scratch buffers, which share space over time.
        scratch_bytes: The most that one operator asks for as scratch, within the planned part.
        persistent_bytes: What is kept as long as the interpreter lives: structures, data of operators, variables.
        live_bytes: For each operator of the main subgraph the bytes that are in use while it runs.
        loading_bytes: An arena in which the model loads. To make the plan takes space of its own, which for a small
            model is more than what is in use afterwards; a multiple of 16, and seldom more than is needed.
    """

    allocations: tuple[Allocation, ...]
    tensor_bytes: int
    scratch_bytes: int
    persistent_bytes: int
    live_bytes: tuple[int, ...]
    loading_bytes: int

    @property
    def total_bytes(self) -> int:
        """The whole arena."""
        return self.tensor_bytes + self.persistent_bytes

    @property
    def peak_bytes(self) -> int:
        """The most that is in use at one time: no plan does with less; what this one needs more is fragmentation."""
        return max(self.live_bytes, default=0)

    @property
    def peak_operators(self) -> tuple[int, ...]:
        """The operators that make the peak."""
        return tuple(index for index, live in enumerate(self.live_bytes) if live == self.peak_bytes)


def plan_memory(graph: Graph, platform: Platform = X86_64) -> MemoryPlan:
    """Calculates the arena that TFLite Micro would make: lifetimes, greedy placement, and what is persistent.

    The interpreter on a desktop says the same; for a device the plan is all there is before it is flashed.

    Args:
        graph: Any model.
        platform: The machine: by default that of `measure_arena`, so that the two can be compared.

    Returns:
        The plan. Operators that TFLite Micro does not have, and custom ones but CIRCULAR_BUFFER, count as if they
        needed nothing more than their tensors.

    Raises:
        InputError: The control flow of the model has no end.
    """
    lifetimes = trace_lifetimes(graph)
    requests = [*_tensor_requests(graph, lifetimes), *_scratch_requests(graph, lifetimes, platform)]
    offsets = place([request.buffer for request in requests])
    clock = _clock(graph.main, lifetimes)
    allocations = tuple(request.at(offset, clock) for request, offset in zip(requests, offsets, strict=True))
    scratch = [scratch_of(operator, platform) for subgraph in graph.subgraphs for operator in subgraph.operators]
    tensor_bytes = max((allocation.offset + allocation.size_bytes for allocation in allocations), default=0)
    persistent = count_persistent(graph, sum(map(len, scratch)), platform)
    temporary = count_temporary_bytes(graph, len(requests), sum(map(len, scratch)), platform)
    return MemoryPlan(
        allocations=allocations,
        tensor_bytes=tensor_bytes,
        scratch_bytes=max((sum(align(size, ARENA_ALIGNMENT) for size in sizes) for sizes in scratch), default=0),
        persistent_bytes=persistent.total_bytes,
        live_bytes=_live_bytes([request.buffer for request in requests], clock, len(graph.operators)),
        loading_bytes=align(
            max(tensor_bytes + persistent.total_bytes, persistent.planned_bytes + temporary), ARENA_ALIGNMENT
        ),
    )


@dataclass(frozen=True)
class _Request:
    name: str
    kind: Literal["tensor", "scratch"]
    buffer: Buffer

    def at(self, offset: int, clock: Sequence[int]) -> Allocation:
        buffer = self.buffer
        first = NEVER if buffer.last == NEVER else clock[max(buffer.first, 0)]
        last = NEVER if buffer.last == NEVER else clock[buffer.last]
        return Allocation(self.name, self.kind, buffer.size, offset, first, last)


def _tensor_requests(graph: Graph, lifetimes: Lifetimes) -> list[_Request]:
    fixed = _offline_offsets(graph)
    # A handle of a resource variable points to its operator's data.
    handles = {(s.index, o.outputs[0].index) for s in graph.subgraphs for o in s.operators if is_handle(o)}
    return [
        _Request(tensor.name, "tensor", _buffer(planned_bytes(tensor), lifetimes.tensors[key], fixed.get(tensor.index)))
        for subgraph in graph.subgraphs
        for tensor in subgraph.tensors
        for key in [(subgraph.index, tensor.index)]
        if _is_planned(tensor) and key not in handles
    ]


def _scratch_requests(graph: Graph, lifetimes: Lifetimes, platform: Platform) -> list[_Request]:
    return [
        _Request(_layer(operator), "scratch", _buffer(size, lifetimes.operators.get((subgraph.index, operator.index))))
        for subgraph in graph.subgraphs
        for operator in subgraph.operators
        for size in scratch_of(operator, platform)
    ]


def _is_planned(tensor: Tensor) -> bool:
    return not tensor.is_constant and not tensor.is_variable and planned_bytes(tensor) > 0


def _buffer(size: int, lifetime: Lifetime | None, fixed_offset: int | None = None) -> Buffer:
    lifetime = lifetime or Lifetime()
    return Buffer(align(size, ARENA_ALIGNMENT), lifetime.first, lifetime.last, fixed_offset)


def _layer(operator: Operator) -> str:
    """The name that an operator goes by: that of its first output."""
    return operator.outputs[0].name if operator.outputs else operator.kind


def _offline_offsets(graph: Graph) -> dict[int, int]:
    """Offsets by tensor index that the file itself lays down, for the tensors where it does."""
    content = graph.metadata.get(OFFLINE_PLAN, b"")
    values = np.frombuffer(content[: len(content) // 4 * 4], "<i4").tolist()
    count = sum(len(subgraph.tensors) for subgraph in graph.subgraphs)
    offsets = values[OFFLINE_HEADER : OFFLINE_HEADER + count]
    if len(offsets) < count or values[OFFLINE_HEADER - 1] != count:
        return {}
    return {index: offset for index, offset in enumerate(offsets) if offset != PLANNED_ONLINE}


def _clock(main: Subgraph, lifetimes: Lifetimes) -> list[int]:
    """For each scope the operator of the main subgraph that runs in it; the inputs belong to the first."""
    clock = [0]
    for operator in main.operators:
        lifetime = lifetimes.operators[main.index, operator.index]
        clock += [operator.index] * (lifetime.last - lifetime.first + 1)
    return clock


def _live_bytes(buffers: Sequence[Buffer], clock: Sequence[int], operator_count: int) -> tuple[int, ...]:
    changes = [0] * (len(clock) + 1)
    for buffer in buffers:
        if buffer.last != NEVER:
            changes[max(buffer.first, 0)] += buffer.size
            changes[buffer.last + 1] -= buffer.size
    live, most = 0, [0] * operator_count
    for scope, operator in enumerate(clock):
        live += changes[scope]
        if scope > 0:
            most[operator] = max(most[operator], live)
    return tuple(most)
