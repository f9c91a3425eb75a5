"""The registry's entry for WaveNet."""

from neuralspot_edge.models.registry import Family

__all__ = ["FAMILY"]

FAMILY = Family(
    name="wavenet",
    title="WaveNet: causal dilated convolutions, gated with residual and skip outputs, or simplified to a plain stack",
    schema="neuralspot_edge.models.wavenet.params:WaveNetParams",
    builder="neuralspot_edge.models.wavenet.model:wavenet_model",
)
"""WaveNet, as `model.family: wavenet` names it."""
