"""Training steps of the same residual TCN: this package's layer against keras-tcn's, each in a process of its own."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.harness import Row, paired
from benchmarks.side import Side

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


def _seconds(side: Side, workload: Workload) -> float:
    """Seconds of one training step, the least of some after warming up."""
    return float(side.ask(**asdict(workload), warm_up=WARM_UP, count=STEPS)["seconds"])


def measure(peer_python: Path, pairs: int) -> list[Row]:
    """A row for each workload."""
    with (
        Side(Path(sys.executable), SIDE, "neuralspot-edge", path=SIDE.parents[1]) as ours,
        Side(peer_python, SIDE, "keras-tcn") as theirs,
    ):
        return [
            paired(
                f"training step, {workload.name}",
                lambda w=workload: _seconds(ours, w),
                lambda w=workload: _seconds(theirs, w),
                pairs=pairs,
                target=workload.target,
                note="against keras-tcn 3.5.7",
            )
            for workload in WORKLOADS
        ]
