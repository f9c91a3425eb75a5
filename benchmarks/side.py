"""A process in an environment of its own that does as it is told: one JSON object a line, and one back."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Self

__all__ = ["QUIET", "Side"]

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "2", "CUDA_VISIBLE_DEVICES": "-1"}


class Side:
    """A process that answers requests. Use it as a context manager.

    Args:
        python: The Python that has what it needs.
        script: What it runs.
        arguments: Those of the script.
        path: A folder that it imports from beside its own packages.
    """

    def __init__(self, python: Path, script: Path, *arguments: str, path: Path | None = None) -> None:
        self._script = script
        # A PYTHONPATH with this package on it would hide the peer, which has the same name.
        python_path = "" if path is None else str(path)
        self._process = subprocess.Popen(
            [python, script, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=tempfile.gettempdir(),
            env={**os.environ, **QUIET, "PYTHONPATH": python_path},
        )

    def ask(self, **request: Any) -> dict[str, Any]:
        """Asks, and waits for the answer.

        Raises:
            RuntimeError: The other side failed, which the message explains.
        """
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self.receive()

    def receive(self) -> dict[str, Any]:
        """Waits for what it says next; see `ask`."""
        line = self._process.stdout.readline()
        answer = json.loads(line) if line else {"error": f"{self._script.name} ended: {self._process.wait()}"}
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait()
