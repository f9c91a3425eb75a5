"""The figures by which the rows are judged, from targets and outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from neuralspot_edge.published.rows import Measure
from neuralspot_edge.training.metrics import accuracy, cross_entropy, mean_squared_error

__all__ = ["MEASURES", "mse_last_step"]


def mse_last_step(targets: np.ndarray, outputs: np.ndarray) -> float:
    """Mean squared error of the last step alone; both (windows, time, outputs).

    What the source of the forecasting rows judges sequence-to-sequence models by.
    """
    return mean_squared_error(targets[:, -1], outputs[:, -1])


MEASURES: Mapping[Measure, Callable[[np.ndarray, np.ndarray], float]] = MappingProxyType(
    {
        "mse": mean_squared_error,
        "mse_last_step": mse_last_step,
        "accuracy": accuracy,
        "cross_entropy": cross_entropy,
    }
)
"""By name: `(targets, outputs) -> figure`."""
