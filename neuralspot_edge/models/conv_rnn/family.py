"""The registry's entry for convolutional recurrent networks."""

from neuralspot_edge.models.registry import Family

__all__ = ["FAMILY"]

FAMILY = Family(
    name="conv_rnn",
    title="Strided convolutions that shorten the window, then a recurrent network over the steps that are left",
    schema="neuralspot_edge.models.conv_rnn.params:ConvRnnParams",
    builder="neuralspot_edge.models.conv_rnn.model:conv_rnn_model",
)
"""The convolutional recurrent network, as `model.family: conv_rnn` names it."""
