"""A process that plays damaged files for `tools/fuzz.py`, so that its death is a failure told and not the end."""

from __future__ import annotations

import resource
import traceback
from collections.abc import Callable

from neuralspot_edge.errors import InputError, NseError
from neuralspot_edge.graph import count_costs, load_graph, plan_memory
from neuralspot_edge.graph.support import BACKENDS, check_support
from neuralspot_edge.interpreters import TflmInterpreter, measure_arena
from neuralspot_edge.processes import serve

__all__ = ["play"]

TRIAL_SECONDS = 2.0
MEMORY_LIMIT_BYTES = 6 << 30


def play(content: bytes) -> list[str]:
    """Profiles a file as far as it goes.

    Args:
        content: A file, perhaps damaged.

    Returns:
        How far it went, in the words of `Outcome.counts`.

    Raises:
        Exception: Something that is not an `NseError`: a failure.
    """
    try:
        graph = load_graph(content)
        count_costs(graph)
        for backend in BACKENDS:
            check_support(graph, backend)
        plan = plan_memory(graph)
    except NseError:
        return ["refused"]
    stages = ["profiled"]
    try:
        reading = measure_arena(content, time_limit=TRIAL_SECONDS)
        stages.append("measured")
        if (plan.tensor_bytes, plan.persistent_bytes) == (reading.tensor_bytes, reading.persistent_bytes):
            stages.append("agreed")
        TflmInterpreter(content, time_limit=TRIAL_SECONDS)
        stages.append("ran")
    except InputError:
        pass
    return stages


def _prepare() -> Callable[[bytes], list[str]]:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))

    def answer(content: bytes) -> list[str]:
        try:
            return play(content)
        except Exception as error:
            raise RuntimeError(" ".join(traceback.format_exc().split()[-60:])) from error

    return answer


if __name__ == "__main__":
    serve(_prepare)
