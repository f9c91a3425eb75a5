"""Recurrent cells that Keras lacks."""

from __future__ import annotations

from typing import Any

import keras

from neuralspot_edge.layers.normalization import ChannelNormalization

__all__ = ["LayerNormSimpleRnnCell"]


@keras.saving.register_keras_serializable(package="neuralspot_edge")
class LayerNormSimpleRnnCell(keras.layers.Layer):  # type: ignore[misc]
    """A simple recurrent cell whose sum is normalized over its units before the activation.

    After Ba et al. 2016, https://arxiv.org/abs/1607.06450, as written in A. Géron, "Hands-On Machine Learning with
    Scikit-Learn, Keras, and TensorFlow", 2nd edition, 2019, chapter 15. For `keras.layers.RNN`.

    Args:
        units: Size of the state.
        activation: A Keras activation.
        dropout: Rate at which inputs are dropped.
        recurrent_dropout: Rate at which the state is dropped.
        **kwargs: Those of `keras.layers.Layer`.

    Attributes:
        recurrence: The `keras.layers.SimpleRNNCell` that makes the sum; its weights come first.
        norm: The normalization.
    """

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = self.state_size = self.output_size = units
        self.activation = keras.activations.get(activation)
        self.recurrence = keras.layers.SimpleRNNCell(
            units, activation=None, dropout=dropout, recurrent_dropout=recurrent_dropout, name="recurrence"
        )
        self.norm = ChannelNormalization(name="norm")

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the weights."""
        self.recurrence.build(input_shape)
        self.norm.build((None, self.units))

    def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, list[Any]]:
        """One step.

        Args:
            inputs: (batch, channels).
            states: A list with the state, (batch, units).
            training: Whether values are dropped.

        Returns:
            The new state, and a list with it.
        """
        total, _ = self.recurrence(inputs, states, training=training)
        output = self.activation(self.norm(total))
        return output, [output]

    def get_initial_state(self, batch_size: int | None = None) -> list[Any]:
        """Zeros."""
        return [keras.ops.zeros((batch_size, self.units), dtype=self.compute_dtype)]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
            "dropout": self.recurrence.dropout,
            "recurrent_dropout": self.recurrence.recurrent_dropout,
        }
