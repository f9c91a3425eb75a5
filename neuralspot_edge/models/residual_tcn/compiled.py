"""`compiled_tcn`: a model ready to be fitted, with the arguments and the documented behaviour of keras-tcn 3.5.7."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import keras

from neuralspot_edge.errors import InputError
from neuralspot_edge.models.residual_tcn.layer import TCN
from neuralspot_edge.models.residual_tcn.params import Padding
from neuralspot_edge.suggestions import unknown_name

__all__ = ["compiled_tcn"]

_OPTIMIZERS = {"adam": keras.optimizers.Adam, "rmsprop": keras.optimizers.RMSprop}


def compiled_tcn(  # noqa: PLR0917 - keras-tcn's order
    num_feat: int,
    num_classes: int,
    nb_filters: int | Sequence[int],
    kernel_size: int,
    dilations: Sequence[int],
    nb_stacks: int,
    max_len: int | None,
    output_len: int = 1,
    padding: Padding = "causal",
    use_skip_connections: bool = False,
    return_sequences: bool = True,
    regression: bool = False,
    dropout_rate: float = 0.05,
    name: str = "tcn",
    kernel_initializer: Any = "he_normal",
    activation: Any = "relu",
    opt: Literal["adam", "rmsprop"] = "adam",
    lr: float = 0.002,
    use_batch_norm: bool = False,
    use_layer_norm: bool = False,
    **options: Any,
) -> keras.Model:
    """A compiled model: a `TCN` and a dense layer, with the defaults of keras-tcn, skip connections off among them.

    Args:
        num_feat: Channels of the input.
        num_classes: Width of the output of a classification.
        nb_filters: As of `TCN`.
        kernel_size: As of `TCN`.
        dilations: As of `TCN`: they are taken as they are.
        nb_stacks: As of `TCN`.
        max_len: Steps of the input, None for any number.
        output_len: Width of the output of a regression.
        padding: As of `TCN`.
        use_skip_connections: As of `TCN`.
        return_sequences: Whether to predict at every step.
        regression: Mean squared error of numbers, or else sparse cross entropy of class ids, which may have a last
            axis of 1, with the metric `accuracy`.
        dropout_rate: As of `TCN`.
        name: Name of the `TCN`.
        kernel_initializer: As of `TCN`.
        activation: As of `TCN`.
        opt: `adam` or `rmsprop`; gradients are clipped to norm 1.
        lr: Learning rate.
        use_batch_norm: As of `TCN`.
        use_layer_norm: As of `TCN`.
        **options: Further arguments of `TCN`.

    Returns:
        A `keras.Model` from (max_len, num_feat).

    Raises:
        InputError: An argument is not legal.
    """
    if opt not in _OPTIMIZERS:
        raise InputError(unknown_name("opt", opt, _OPTIMIZERS))
    width = output_len if regression else num_classes
    if not isinstance(width, int) or width < 1:
        raise InputError(f"{'output_len' if regression else 'num_classes'}: a positive number, received {width!r}")
    inputs = keras.Input((max_len, num_feat))
    x = TCN(
        nb_filters,
        kernel_size,
        nb_stacks,
        dilations,
        padding,
        use_skip_connections,
        dropout_rate,
        return_sequences,
        activation,
        kernel_initializer,
        use_batch_norm,
        use_layer_norm,
        name=name,
        **options,
    )(inputs)
    outputs = keras.layers.Dense(width, activation="linear" if regression else "softmax")(x)
    model = keras.Model(inputs, outputs)
    loss, metrics = ("mean_squared_error", None) if regression else ("sparse_categorical_crossentropy", ["accuracy"])
    model.compile(_OPTIMIZERS[opt](lr, clipnorm=1.0), loss=loss, metrics=metrics)
    return model
