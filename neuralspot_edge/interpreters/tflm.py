"""TFLite Micro's own interpreter on this machine: the oracle, since it runs the code that runs on the device."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.flatbuffer import read_model
from neuralspot_edge.graph.view import load_graph
from neuralspot_edge.interpreters.base import Array, BaseInterpreter, one_line
from neuralspot_edge.interpreters.litert import specs, verify_content
from neuralspot_edge.interpreters.litert_trial import LiteRtTrial
from neuralspot_edge.interpreters.tflm_trial import TflmTrial, ample_arena, check_installed, try_tflm
from neuralspot_edge.interpreters.trial import TIME_LIMIT_SECONDS
from neuralspot_edge.processes import shared

__all__ = ["TflmInterpreter"]


class TflmInterpreter(BaseInterpreter):
    """Runs a `.tflite` with TFLite Micro, which exists for linux on x86-64.

    A content is loaded and run on zeros in a process of its own before this process loads it, so that a file on which
    TFLite Micro crashes is an error; this is remembered, so that loading it again is quick.

    Args:
        source: A path, or the content itself.
        time_limit: The most that the first run on zeros may take, in seconds.

    Raises:
        InputError: tflite-micro is not installed, the file cannot be read, is not a sound `.tflite`, or holds what
            TFLite Micro does not run, crashes on or does not finish.
    """

    def __init__(self, source: bytes | str | Path, *, time_limit: float = TIME_LIMIT_SECONDS) -> None:
        check_installed()
        for trial in (LiteRtTrial, TflmTrial):
            shared(trial)
        graph, content = load_graph(source), read_model(source)
        super().__init__(*specs(graph))
        verify_content(content, graph)
        try_tflm(content, graph, running=True, time_limit=time_limit)
        from tflite_micro import runtime

        try:
            self._native = runtime.Interpreter.from_bytes(content, arena_size=ample_arena(graph))
        except (RuntimeError, ValueError) as error:
            raise InputError(f"TFLite Micro refuses the model: {one_line(error)}") from error

    def _run(self, values: Sequence[Array]) -> tuple[Array, ...]:
        for index, value in enumerate(values):
            self._native.set_input(value, index)
        self._native.invoke()
        return tuple(self._native.get_output(index) for index in range(len(self.outputs)))

    def _reset(self) -> None:
        self._native.reset()
