"""The registry's entry for the multilayer perceptron."""

from neuralspot_edge.models.registry import Family

__all__ = ["FAMILY"]

FAMILY = Family(
    name="mlp",
    title="Multilayer perceptron: dense layers on the flattened window, an autoencoder among them",
    schema="neuralspot_edge.models.mlp.params:MlpParams",
    builder="neuralspot_edge.models.mlp.model:mlp_model",
)
"""The multilayer perceptron, as `model.family: mlp` names it."""
