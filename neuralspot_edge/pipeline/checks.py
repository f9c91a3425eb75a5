"""The verdict on one comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Check", "Status"]

Status = Literal["passed", "failed", "not run", "not proven"]


@dataclass(frozen=True)
class Check:
    """One comparison and its verdict.

    Attributes:
        name: `tflm_vs_litert` or `drop_vs_float`; of a step graph `stream_vs_window` or `stream_tflm_vs_litert`.
        status: `not run` where its input is missing, `not proven` where this machine cannot run it.
        figure: What was measured, None where nothing was.
        limit: The gate, None where the figure is for information.
        unit: Of figure and limit.
        detail: One line for a person, with counts.
    """

    name: str
    status: Status
    figure: float | None = None
    limit: float | None = None
    unit: str = ""
    detail: str = ""
