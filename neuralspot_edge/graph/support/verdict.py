"""What a backend says of an operator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from neuralspot_edge.graph.view import Operator

__all__ = ["FAST", "RUNS", "Level", "Support", "Verdict"]

Level = Literal["fast", "runs", "refused"]


class Verdict(NamedTuple):
    """How a backend takes an operator, and why not better.

    Attributes:
        level: See `Support`.
        reason: See `Support`.
        int8_helps: Whether the operator's type is the reason, and int8 would be taken.
    """

    level: Level
    reason: str = ""
    int8_helps: bool = False


FAST = Verdict("fast")
RUNS = Verdict("runs")


@dataclass(frozen=True)
class Support:
    """How a backend takes one operator of a model.

    Attributes:
        operator: The operator.
        backend: A name of `BACKENDS`.
        level: `fast`: an optimized kernel or the accelerator runs it. `runs`: a reference kernel does, or the processor
            beside the accelerator. `refused`: nothing runs it, or not right.
        reason: Why it is not better, one sentence; empty where it is as good as the backend can.
        remedy: What to change in the recipe; empty where nothing need be, or nothing is known.
        layer: The layer that the operator comes from, by the names of its tensors; empty where they do not tell.
        subgraph_index: The subgraph that the operator is in.
    """

    operator: Operator
    backend: str
    level: Level
    reason: str
    remedy: str
    layer: str
    subgraph_index: int = 0
