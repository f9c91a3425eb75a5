"""TFLite Micro in a process of its own: whether it runs a file, what it says, and what its arena holds."""

from __future__ import annotations

import importlib.util
import math
import re
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from neuralspot_edge.errors import InputError
from neuralspot_edge.interpreters.trial import TIME_LIMIT_SECONDS, TrialWorker, limit_resources, try_out
from neuralspot_edge.processes import captured_stderr, serve, shared

if TYPE_CHECKING:
    from neuralspot_edge.graph.view import Graph

__all__ = ["TflmTrial", "ample_arena", "check_installed", "is_installed", "start_tflm", "try_tflm"]

ARENA_BASE_BYTES = 1 << 26
ARENA_BYTES_PER_ELEMENT = 16
LARGEST_ELEMENT_COUNT = 1 << 27

Ends: TypeAlias = tuple[tuple[tuple[int, ...], str], ...]
"""Shape and type of each input."""


class TflmTrial(TrialWorker):
    """A process with TFLite Micro."""

    module = "neuralspot_edge.interpreters.tflm_trial"
    interpreter = "TFLite Micro"


def is_installed() -> bool:
    """Whether tflite-micro is installed; nothing is imported."""
    try:
        return importlib.util.find_spec("tflite_micro") is not None
    except ValueError:  # it was put out of the way on purpose
        return False


def check_installed() -> None:
    """Refuses a machine without tflite-micro; nothing is imported.

    Raises:
        InputError: It is not installed.
    """
    if not is_installed():
        raise InputError(
            f"tflite-micro is not installed; it exists for linux on x86-64, here is {sys.platform}; "
            "use LiteRtInterpreter to run the model without it"
        )


def start_tflm() -> None:
    """Starts the process, where tflite-micro is installed, so that it gets ready while the caller goes on.

    Nothing heavy is loaded here: called before the caller's own imports, it runs beside them.
    """
    if is_installed():
        shared(TflmTrial)


def try_tflm(content: bytes, graph: Graph, *, running: bool, time_limit: float = TIME_LIMIT_SECONDS) -> tuple[str, ...]:
    """Loads a file with TFLite Micro elsewhere.

    Args:
        content: The content of the file.
        graph: The view of it.
        running: Whether it is also run once on zeros: some operators see only then that a type is not theirs.
        time_limit: The most that it may take, in seconds.

    Returns:
        The lines in which TFLite Micro tells what its arena holds.

    Raises:
        InputError: TFLite Micro refuses the file, crashes on it or does not finish.
    """
    ends = tuple((tensor.shape, tensor.dtype) for tensor in graph.inputs) if running else None
    refusal, lines = try_out(TflmTrial, content, ample_arena(graph), ends, len(graph.outputs), time_limit=time_limit)
    if refusal is not None:
        raise InputError(f"TFLite Micro refuses the model: {_reason(lines, refusal, graph)}")
    return tuple(lines)


def ample_arena(graph: Graph) -> int:
    """An arena, in bytes, that is more than enough; what is never touched takes no memory.

    There is no second try with more: TFLite Micro crashes on some arenas that are too small instead of saying so.

    Raises:
        InputError: The tensors are beyond any microcontroller.
    """
    tensors = [tensor for subgraph in graph.subgraphs for tensor in subgraph.tensors if not tensor.is_constant]
    elements = sum(math.prod(tensor.shape) for tensor in tensors)
    if not 0 <= elements <= LARGEST_ELEMENT_COUNT:
        raise InputError(
            f"the model computes {elements} tensor elements; TFLite Micro runs up to {LARGEST_ELEMENT_COUNT}"
        )
    return ARENA_BASE_BYTES + ARENA_BYTES_PER_ELEMENT * elements


def _reason(messages: Sequence[str], refusal: str, graph: Graph) -> str:
    """What TFLite Micro wrote, in one line that names the operator where it does."""
    for line in messages:
        if missing := re.search(r"Didn't find op for builtin opcode '(\w+)'", line):
            return f"it has no operator {missing[1]}"
        if line.endswith("op code CUSTOM"):
            codes = sorted({o.custom_code for subgraph in graph.subgraphs for o in subgraph.operators} - {""})
            return f"it has no operator for the custom code {' or '.join(codes)}"
    if not messages:
        return refusal
    node = next((line for line in messages[1:] if line.startswith("Node ")), "")
    return f"{messages[0]}; {node}" if node else messages[0]


def _prepare() -> Callable[[tuple[bytes, int, Ends | None, int]], tuple[str | None, list[str]]]:
    from tflite_micro import runtime

    limit_resources()

    def answer(request: tuple[bytes, int, Ends | None, int]) -> tuple[str | None, list[str]]:
        content, arena_bytes, inputs, output_count = request
        with captured_stderr() as lines:
            refusal = _load(runtime, content, arena_bytes, inputs, output_count)
        return refusal, lines

    return answer


def _load(runtime: Any, content: bytes, arena_bytes: int, inputs: Ends | None, output_count: int) -> str | None:
    """Writes to standard error what the arena holds, or gives why the file is refused."""
    import numpy as np

    try:
        native = runtime.Interpreter.from_bytes(content, arena_size=arena_bytes)
        if inputs is not None:
            for index, (shape, dtype) in enumerate(inputs):
                native.set_input(np.zeros(shape, dtype), index)
            native.invoke()
            for index in range(output_count):
                native.get_output(index)
            native.reset()
    except (RuntimeError, ValueError) as error:
        return str(error).strip().partition("\n")[0]
    native.print_allocations()
    return None


if __name__ == "__main__":
    serve(_prepare, fork=True)
