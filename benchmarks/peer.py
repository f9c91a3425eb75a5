"""The environment of neuralspot-edge 0.2.2, and a process in it that does as it is told."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

__all__ = ["QUIET", "Peer"]

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "2", "CUDA_VISIBLE_DEVICES": "-1"}


class Peer:
    """A process that holds the peer's models and converts them. Use it as a context manager.

    Args:
        python: The Python that has neuralspot-edge 0.2.2.
    """

    def __init__(self, python: Path) -> None:
        # -E: a PYTHONPATH with this package on it would hide the peer, which has the same name.
        self._process = subprocess.Popen(
            [python, "-E", Path(__file__).with_name("peer_side.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=tempfile.gettempdir(),
            env={**os.environ, **QUIET},
        )
        self.start_seconds: float = self._receive()["seconds"]

    def build(self, params: dict[str, Any], shape: tuple[int, ...], num_classes: int, weights: Path) -> None:
        """Builds the model that the next conversions are of, with the weights of an `.npz` file."""
        self._ask(command="build", params=params, shape=shape, num_classes=num_classes, weights=str(weights))

    def convert(self, calibration: Path, output: Path, mode: str) -> float:
        """Converts to int8 in one of the peer's modes; returns the seconds that took."""
        answer = self._ask(command="convert", calibration=str(calibration), output=str(output), mode=mode)
        return float(answer["seconds"])

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait()

    def _ask(self, **request: Any) -> dict[str, Any]:
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._receive()

    def _receive(self) -> dict[str, Any]:
        line = self._process.stdout.readline()
        answer = (
            json.loads(line) if line else {"error": f"the peer's process ended, exit status {self._process.wait()}"}
        )
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer
