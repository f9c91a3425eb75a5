"""The registry's entry for recurrent networks."""

from neuralspot_edge.models.registry import Family

__all__ = ["FAMILY"]

FAMILY = Family(
    name="rnn",
    title="Recurrent network of simple, LSTM, GRU or layer-normalized simple cells; LSTM exports as one operator",
    schema="neuralspot_edge.models.rnn.params:RnnParams",
    builder="neuralspot_edge.models.rnn.model:rnn_model",
)
"""The recurrent network, as `model.family: rnn` names it."""
