"""TFLite Micro's own interpreter on this machine: the oracle, since it runs the code that runs on the device."""

from __future__ import annotations

import contextlib
import math
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.flatbuffer import read_model
from neuralspot_edge.graph.view import Graph, load_graph
from neuralspot_edge.interpreters.base import Array, BaseInterpreter, one_line
from neuralspot_edge.interpreters.litert import specs, verify_content

__all__ = ["TflmInterpreter"]

ARENA_BASE_BYTES = 1 << 26
ARENA_BYTES_PER_ELEMENT = 16
LARGEST_ELEMENT_COUNT = 1 << 27


class TflmInterpreter(BaseInterpreter):
    """Runs a `.tflite` with TFLite Micro, which exists for linux on x86-64.

    Args:
        source: A path, or the content itself.

    Raises:
        InputError: tflite-micro is not installed, the file cannot be read, is not a sound `.tflite`, or holds an
            operator that TFLite Micro does not run.
    """

    def __init__(self, source: bytes | str | Path) -> None:
        runtime = _runtime()
        graph, content = load_graph(source), read_model(source)
        verify_content(content, graph)
        super().__init__(*specs(graph))
        with _native_messages() as messages:
            refusal = self._try_out(runtime, content, _ample_arena(graph))
        if refusal is not None:
            raise InputError(f"TFLite Micro refuses the model: {_reason(messages, refusal, graph)}") from refusal

    def _try_out(self, runtime: Any, content: bytes, arena_bytes: int) -> Exception | None:
        """Loads the model and runs it once on zeros: some operators see only then that a type is not theirs."""
        try:
            self._native = runtime.Interpreter.from_bytes(content, arena_size=arena_bytes)
            self._run([np.zeros(spec.shape, spec.dtype) for spec in self.inputs])
            self._reset()
        except (RuntimeError, ValueError) as error:
            return error
        return None

    def _run(self, values: Sequence[Array]) -> tuple[Array, ...]:
        for index, value in enumerate(values):
            self._native.set_input(value, index)
        self._native.invoke()
        return tuple(self._native.get_output(index) for index in range(len(self.outputs)))

    def _reset(self) -> None:
        self._native.reset()


def _runtime() -> Any:
    try:
        from tflite_micro import runtime
    except ImportError as error:
        raise InputError(
            f"tflite-micro is not installed; it exists for linux on x86-64, here is {sys.platform}; "
            "use LiteRtInterpreter to run the model without it"
        ) from error
    return runtime


def _ample_arena(graph: Graph) -> int:
    """An arena, in bytes, that is more than enough; what is never touched takes no memory.

    There is no second try with more: TFLite Micro crashes on some arenas that are too small instead of saying so.
    """
    tensors = [tensor for subgraph in graph.subgraphs for tensor in subgraph.tensors if not tensor.is_constant]
    elements = sum(math.prod(tensor.shape) for tensor in tensors)
    if not 0 <= elements <= LARGEST_ELEMENT_COUNT:
        raise InputError(
            f"the model computes {elements} tensor elements; TFLite Micro runs up to {LARGEST_ELEMENT_COUNT}"
        )
    return ARENA_BASE_BYTES + ARENA_BYTES_PER_ELEMENT * elements


@contextlib.contextmanager
def _native_messages() -> Iterator[list[str]]:
    """Collects what C++ code writes to standard error meanwhile: TFLite Micro gives its reasons nowhere else."""
    messages: list[str] = []
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield messages
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
            file.seek(0)
            messages.extend(file.read().decode(errors="replace").splitlines())


def _reason(messages: Sequence[str], error: Exception, graph: Graph) -> str:
    """What TFLite Micro wrote, in one line that names the operator where it does."""
    for line in messages:
        if missing := re.search(r"Didn't find op for builtin opcode '(\w+)'", line):
            return f"it has no operator {missing[1]}"
        if line.endswith("op code CUSTOM"):
            codes = sorted({o.custom_code for subgraph in graph.subgraphs for o in subgraph.operators} - {""})
            return f"it has no operator for the custom code {' or '.join(codes)}"
    if not messages:
        return one_line(error)
    node = next((line for line in messages[1:] if line.startswith("Node ")), "")
    return f"{messages[0]}; {node}" if node else messages[0]
