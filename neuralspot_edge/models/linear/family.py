"""The registry's entry for the linear baseline."""

from neuralspot_edge.models.registry import Family

__all__ = ["FAMILY"]

FAMILY = Family(
    name="linear",
    title="Linear baseline: one dense layer on the flattened window, for forecasting the least-squares fit",
    schema="neuralspot_edge.models.linear.params:LinearParams",
    builder="neuralspot_edge.models.linear.model:linear_model",
)
"""The linear baseline, as `model.family: linear` names it."""
