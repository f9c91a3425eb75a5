"""One step of a recurrent model: states go in, new states come out, and a graph of any window's length is as small."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.states import NEXT, state_pairs
from neuralspot_edge.layers.normalization import ChannelNormalization

__all__ = ["step_calibration", "step_model"]

_BY_STEP = (
    keras.layers.Activation,
    keras.layers.Add,
    keras.layers.BatchNormalization,
    keras.layers.Dense,
    keras.layers.Dropout,
    keras.layers.Identity,
    keras.layers.InputLayer,
    keras.layers.LeakyReLU,
    keras.layers.Multiply,
    keras.layers.ReLU,
    keras.layers.Softmax,
    keras.layers.TimeDistributed,
    ChannelNormalization,
)
"""Layers of which a step sees no other step."""


def step_model(model: keras.Model) -> keras.Model:
    """The model of one step, with the weights that the model has now.

    Args:
        model: A functional or sequential model of one input (time, channels), of recurrent layers and layers that see
            one step at a time. It is left as it was.

    Returns:
        A model of the inputs (1, channels) and, for each state of a recurrent layer, (units,), named after the layer
        (`rnn.L1.state`, or `rnn.L1.state1` where there are several). Its outputs are the model's own and each state's
        new value, `rnn.L1.state.next`. Exported in int8, a state's input and output have one scale and zero point.
        States begin as zeros, which are the zero point.

    Raises:
        InputError: There is more than one input or output, or a layer sees other steps than its own.
    """
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise InputError(
            f"model: a step model is made of one with one input and one output, received {len(model.inputs)} and "
            f"{len(model.outputs)}"
        )
    functional, source, step = keras.Model(model.inputs, model.outputs), model.inputs[0], _Steps()
    for operation in functional.operations:
        _check(operation)
    inputs = keras.Input((1, *source.shape[2:]), dtype=source.dtype, name=source.name)
    # What keras.models.clone_model does, which takes no inputs beyond those of the model.
    outputs = functional._run_through_graph([inputs], operation_fn=step.clone, call_fn=step.call)
    step.copy_weights()
    following = [*keras.tree.flatten(outputs), *step.following]
    return keras.Model([inputs, *step.states], following, name=f"{model.name}.step")


def step_calibration(step: keras.Model, windows: np.ndarray) -> tuple[np.ndarray, ...]:
    """What a step model meets as it goes over windows, each from states of zeros: calibration samples for its export.

    Args:
        step: What `step_model` gave.
        windows: (windows, time, channels), as the model takes them but as long as the sequences to come: a state that
            goes beyond what is met here is clipped.

    Returns:
        For each input of the step model an array (windows * time, ...).
    """
    names = [tensor.name for tensor in step.inputs]
    pairs = state_pairs(names, step.output_names)
    values = [np.zeros((len(windows), *tensor.shape[1:]), tensor.dtype) for tensor in step.inputs]
    met: list[list[np.ndarray]] = [[] for _ in values]
    for index in range(windows.shape[1]):
        values[0] = windows[:, index : index + 1]
        for column, value in zip(met, values, strict=True):
            column.append(value)
        outputs = keras.tree.flatten(step(values, training=False))
        for place_in, place_out in pairs:
            values[place_in] = np.asarray(outputs[place_out])
    return tuple(np.stack(column, axis=1).reshape(-1, *column[0].shape[1:]) for column in met)


def _check(layer: Any) -> None:
    if isinstance(layer, keras.layers.RNN):
        if layer.go_backwards:
            raise InputError(f"layer {layer.name!r}: go_backwards begins at the end of a window, which no step knows")
    elif not isinstance(layer, _BY_STEP):
        raise InputError(
            f"layer {layer.name!r}: a {type(layer).__name__} may see other steps than its own, a step model is made of "
            "recurrent layers, dense layers and activations; make it of these and feed it what comes before"
        )


class _Steps:
    """Clones the layers of a model for one step.

    Attributes:
        states: The inputs that were added.
        following: The outputs that were added, in the same order.
    """

    def __init__(self) -> None:
        self.states: list[keras.KerasTensor] = []
        self.following: list[keras.KerasTensor] = []
        self._clones: dict[Any, Any] = {}

    def clone(self, layer: Any) -> Any:
        """A layer of the same settings, which gives its states if it has any."""
        if layer not in self._clones:
            config = layer.get_config()
            if isinstance(layer, keras.layers.RNN):
                config |= {"return_state": True, "stateful": False}
            self._clones[layer] = type(layer).from_config(config)
        return self._clones[layer]

    def call(self, layer: Any, *args: Any, **kwargs: Any) -> Any:
        """Calls a clone, a recurrent one on states that come from outside."""
        if not isinstance(layer, keras.layers.RNN):
            return layer(*args, **kwargs)
        sizes = keras.tree.flatten(layer.state_size)
        names = [f"{layer.name}.state{index + 1 if len(sizes) > 1 else ''}" for index in range(len(sizes))]
        states = [keras.Input((size,), name=name) for size, name in zip(sizes, names, strict=True)]
        output, *following = layer(*args, initial_state=states, **kwargs)
        self.states += states
        self.following += [
            keras.layers.Identity(name=f"{name}{NEXT}")(state) for name, state in zip(names, following, strict=True)
        ]
        return output

    def copy_weights(self) -> None:
        """Gives each clone, built by now, the weights of its layer."""
        for layer, clone in self._clones.items():
            clone.set_weights(layer.get_weights())
