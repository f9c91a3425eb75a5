"""What a model needs of RAM by TFLite Micro's own account, read on this machine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.flatbuffer import read_model
from neuralspot_edge.graph.view import Graph, load_graph
from neuralspot_edge.interpreters.tflm_trial import check_installed, start_tflm, try_tflm
from neuralspot_edge.interpreters.trial import TIME_LIMIT_SECONDS

__all__ = ["X86_NOTE", "ArenaReading", "measure_arena", "measure_graph"]

X86_NOTE = (
    "Read on x86-64, whose pointers have 8 bytes. On a Cortex-M, where they have 4, the tensors take the same and the "
    "persistent part less: for a small int8 model the reading is 17 to 33 % above a Cortex-M4's, for one with larger "
    "tensors a few per cent."
)
"""How far a reading stands from the device, for wherever one is shown."""


@dataclass(frozen=True)
class ArenaReading:
    """What TFLite Micro's recording allocator reports once a model is loaded.

    Attributes:
        total_bytes: All that is in use of the arena.
        tensor_bytes: Its head: activations and scratch buffers, which share space over time.
        persistent_bytes: Its tail: what is kept as long as the interpreter lives.
        parts: The tail by the allocator's own names. It names no part for the parameters of operators, the allocator
            and the lists of subgraphs, scratch buffers and the planner: they are what is missing to `persistent_bytes`.
    """

    total_bytes: int
    tensor_bytes: int
    persistent_bytes: int
    parts: Mapping[str, int]


def measure_arena(tflite: bytes | str | Path, *, time_limit: float = TIME_LIMIT_SECONDS) -> ArenaReading:
    """Loads a model with TFLite Micro in a process of its own and reads what its arena holds.

    Args:
        tflite: A path, or the content itself.
        time_limit: The most that it may take, in seconds.

    Returns:
        The reading, which is one of x86-64: see `X86_NOTE`.

    Raises:
        InputError: tflite-micro is not installed, the file cannot be read or is not a sound `.tflite`, or TFLite Micro
            refuses it, crashes on it or does not finish.
    """
    start_tflm()
    return measure_graph(read_model(tflite), load_graph(tflite), time_limit=time_limit)


def measure_graph(content: bytes, graph: Graph, *, time_limit: float = TIME_LIMIT_SECONDS) -> ArenaReading:
    """Does what `measure_arena` does, for a file that has been read already."""
    check_installed()
    return _reading(try_tflm(content, graph, running=False, time_limit=time_limit))


def _reading(lines: tuple[str, ...]) -> ArenaReading:
    text = "\n".join(lines)
    sections = {name: int(size) for name, size in re.findall(r"Arena allocation (\w+) (\d+) bytes", text)}
    if sections.keys() < {"total", "head", "tail"}:
        raise InputError("TFLite Micro does not say what its arena holds; install the version that constraints name")
    return ArenaReading(
        total_bytes=sections["total"],
        tensor_bytes=sections["head"],
        persistent_bytes=sections["tail"],
        parts={name: int(size) for name, size in re.findall(r"'(.+?)' used (\d+) bytes", text)},
    )
