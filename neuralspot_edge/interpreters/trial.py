"""Trying a file out in a process of its own: the C++ interpreters crash on some files that their checks let pass."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar

from neuralspot_edge.errors import InputError
from neuralspot_edge.processes import CrashError, OverdueError, RefusalError, Worker, shared

__all__ = ["TIME_LIMIT_SECONDS", "TrialWorker", "limit_resources", "try_out"]

TIME_LIMIT_SECONDS = 60.0
"""The most that loading and one run may take: a loop in a file may have no end."""

MEMORY_LIMIT_BYTES = 1 << 32


class TrialWorker(Worker):
    """A process that tries files out with one interpreter.

    Attributes:
        interpreter: What the interpreter is called in a message.
    """

    interpreter: ClassVar[str]
    # The threads of numpy's linear algebra would only make the process slower to start and to fork.
    environment: ClassVar[Mapping[str, str]] = {"OPENBLAS_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "2"}


_remembered: dict[tuple[Any, ...], Any] = {}


def try_out(kind: type[TrialWorker], content: bytes, *details: Any, time_limit: float = TIME_LIMIT_SECONDS) -> Any:
    """Has a file tried out; the outcome for one content is remembered while this process lives.

    Args:
        kind: The worker to ask.
        content: The content of the file.
        details: What the worker is told beside it, hashable.
        time_limit: The most that it may take, in seconds.

    Returns:
        What the worker answered.

    Raises:
        InputError: The interpreter crashed on the file, was stopped after the time limit, or refused the file.
    """
    key: tuple[Any, ...] = (kind, hashlib.sha256(content).digest(), *details, time_limit)
    if key not in _remembered:
        _remembered[key] = _outcome(kind, (content, *details), time_limit)
    outcome = _remembered[key]
    if isinstance(outcome, InputError):
        raise InputError(str(outcome))
    return outcome


def limit_resources() -> None:
    """Lets this process, a worker, fail on a file that asks for absurd memory, and leave no dump where it crashes."""
    try:
        import resource
    except ImportError:  # Windows has no such limits.
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))


def _outcome(kind: type[TrialWorker], request: tuple[Any, ...], time_limit: float) -> Any:
    try:
        return shared(kind).request(request, seconds=time_limit)
    except RefusalError as error:
        return InputError(f"{kind.interpreter} refuses the model: {error}")
    except OverdueError as error:
        return InputError(f"{kind.interpreter} was stopped on the model: {error}")
    except CrashError as error:
        last = f"; it last said: {error.last_words}" if error.last_words else ""
        return InputError(f"{kind.interpreter} crashed on the model ({error.cause}); this process is unharmed{last}")
