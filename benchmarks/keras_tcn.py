"""Training steps of the same residual TCN: this package's layer against keras-tcn's, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.harness import Row, paired
from benchmarks.peer import QUIET

__all__ = ["measure"]

SIDE = Path(__file__).with_name("keras_tcn_side.py")
WARM_UP, STEPS = 3, 30


@dataclass(frozen=True)
class Workload:
    """A layer, and what it is trained on.

    Attributes:
        name: What the table shows.
        steps: Length of a window.
        arguments: Of both layers.
        batch_size: Windows in a step.
        target: The ratio to be reached at most.
    """

    name: str
    steps: int
    arguments: dict[str, Any] = field(hash=False)
    batch_size: int = 32
    target: float = 1.0


VECTOR: dict[str, Any] = {"nb_filters": 24, "kernel_size": 3, "dilations": [1, 2, 4, 8, 16, 32]}
SEQUENCE: dict[str, Any] = {**VECTOR, "return_sequences": True}

WORKLOADS = (
    Workload("vector, 100 steps", 100, VECTOR, target=0.7),
    Workload("vector, 600 steps", 600, VECTOR, target=0.7),
    Workload("vector, 100 steps, same", 100, {**VECTOR, "padding": "same"}, target=0.7),
    Workload("vector, 100 steps, 2 stacks", 100, {**VECTOR, "nb_stacks": 2}),
    Workload("vector, 128 steps, batch norm", 128, {**VECTOR, "use_batch_norm": True}),
    Workload("sequence, 100 steps", 100, SEQUENCE),
    Workload("sequence, 600 steps", 600, SEQUENCE),
    Workload("sequence, 128 steps, same", 128, {**SEQUENCE, "padding": "same"}),
    Workload("sequence, 128 steps, batch norm", 128, {**SEQUENCE, "use_batch_norm": True}),
    Workload("sequence, 128 steps, layer norm", 128, {**SEQUENCE, "use_layer_norm": True, "dropout_rate": 0.1}),
)


class Side:
    """A process that trains one package's layers as it is told. Use it as a context manager.

    Args:
        python: Its Python.
        package: `keras-tcn` or `neuralspot-edge`.
    """

    def __init__(self, python: Path, package: str) -> None:
        here = {"PYTHONPATH": str(SIDE.parents[1])} if package == "neuralspot-edge" else {"PYTHONPATH": ""}
        self._process = subprocess.Popen(
            [python, SIDE, package],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=tempfile.gettempdir(),
            env={**os.environ, **QUIET, **here},
        )

    def seconds(self, workload: Workload) -> float:
        """Seconds of one training step, the least of some after warming up."""
        request = {**asdict(workload), "warm_up": WARM_UP, "count": STEPS}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{SIDE.name} ended, exit status {self._process.wait()}")
        return float(json.loads(line)["seconds"])

    def __enter__(self) -> Side:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait()


def measure(peer_python: Path, pairs: int) -> list[Row]:
    """A row for each workload."""
    with Side(Path(sys.executable), "neuralspot-edge") as ours, Side(peer_python, "keras-tcn") as theirs:
        return [
            paired(
                f"training step, {workload.name}",
                lambda w=workload: ours.seconds(w),
                lambda w=workload: theirs.seconds(w),
                pairs=pairs,
                target=workload.target,
                note="against keras-tcn 3.5.7",
            )
            for workload in WORKLOADS
        ]
