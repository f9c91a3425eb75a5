"""A worker that does what it is told, crashes included: OBEDIENT_FORK in the environment lets it fork."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

from neuralspot_edge.processes import serve


def obey(order: tuple[str, Any]) -> Any:
    verb, value = order
    verb = verb.decode() if isinstance(verb, bytes) else verb
    match verb:
        case "echo":
            return value
        case "refuse":
            raise ValueError(value)
        case "print":
            print(value, flush=True)
        case "die":
            print("last words", file=sys.stderr, flush=True)
            os.kill(os.getpid(), value)
        case "exit":
            os._exit(value)
        case "sleep":
            time.sleep(value)
    return os.getpid()


def prepare() -> Callable[[tuple[str, Any]], Any]:
    print("noise of an import")
    return obey


if __name__ == "__main__":
    serve(prepare, fork="OBEDIENT_FORK" in os.environ)
