"""The registry's entry for the residual TCN."""

from neuralspot_edge.models.registry import Family

__all__ = ["FAMILY"]

FAMILY = Family(
    name="residual_tcn",
    title="Residual TCN of Bai et al. (2018): pairs of dilated convolutions with shortcuts, all options of keras-tcn",
    schema="neuralspot_edge.models.residual_tcn.params:ResidualTcnParams",
    builder="neuralspot_edge.models.residual_tcn.model:residual_tcn_model",
)
"""The residual TCN, as `model.family: residual_tcn` names it."""
