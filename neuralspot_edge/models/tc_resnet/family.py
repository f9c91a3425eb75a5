"""The registry's entry for TC-ResNet."""

from neuralspot_edge.models.registry import Family

__all__ = ["FAMILY"]

FAMILY = Family(
    name="tc_resnet",
    title="TC-ResNet: residual convolutions along time with coefficients as channels, for keywords",
    schema="neuralspot_edge.models.tc_resnet.params:TcResNetParams",
    builder="neuralspot_edge.models.tc_resnet.model:tc_resnet_model",
)
"""TC-ResNet, as `model.family: tc_resnet` names it."""
