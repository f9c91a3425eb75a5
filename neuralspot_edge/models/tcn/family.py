"""The registry's entry for the TCN family."""

from neuralspot_edge.models.registry import Family

__all__ = ["FAMILY"]

FAMILY = Family(
    name="tcn",
    title="Edge TCN: dilated convolutions in lg, mb or sm blocks, with optional squeeze-and-excite",
    schema="neuralspot_edge.models.tcn.params:TcnParams",
    builder="neuralspot_edge.models.tcn.model:TcnModel.model_from_params",
)
"""The TCN, as `model.family: tcn` names it."""
