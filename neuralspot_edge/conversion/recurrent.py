"""Graph rule: a recurrent layer is one operator or a row of them, never a loop.

The converter crashes on Keras's loop with batch 1 in int8. An LSTM as Keras makes it by default has an operator of its
own, UNIDIRECTIONAL_SEQUENCE_LSTM: it is traced as TensorFlow's BlockLSTMV2, one node that computes just that, which
`lstm.py` finds again in the converted file. All other layers are unrolled.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from neuralspot_edge.conversion.cells import stepwise
from neuralspot_edge.conversion.layers import all_layers
from neuralspot_edge.errors import ConversionError

if TYPE_CHECKING:
    import keras

__all__ = ["FUSED_NODE", "MAX_UNROLLED_STEPS", "check_recurrent", "traced_for_device"]

FUSED_NODE = "BlockLSTMV2"
"""The TensorFlow operation that stands for a whole LSTM layer."""

MAX_UNROLLED_STEPS = 256
"""A GRU of 20 units over so many steps has 2,817 operators in 458 KB, an arena of 593 KB, and converts in a minute."""

Results = tuple[Any, Any, list[Any]]
"""Last output (1, units), outputs (1, steps, units), last states: what a Keras layer asks of its loop."""


def check_recurrent(model: keras.Model) -> None:
    """Refuses recurrent layers that no graph of a window can stand for.

    Raises:
        ConversionError: A layer keeps its state between calls, or steps are masked; the message names it.
    """
    recurrent = recurrent_layers(model)
    for layer in recurrent:
        if layer.stateful:
            raise ConversionError(
                f"layer {layer.name!r}, field stateful: a file of a window starts from zeros; write stateful=False, or "
                "export nse.models.step_model(model), whose states are inputs and outputs"
            )
    if not recurrent:
        return
    for layer in all_layers(model):
        if type(layer).__name__ == "Masking" or getattr(layer, "mask_zero", False):
            raise ConversionError(
                f"layer {layer.name!r}: masked steps have no form on the device; rebuild the model without the mask "
                "and export it with the weights, for windows that are full"
            )


def recurrent_layers(model: keras.Model) -> list[Any]:
    """The recurrent layers of a model, those within wrappers and nested models included."""
    import keras

    return [layer for layer in model._flatten_layers(include_self=False) if isinstance(layer, keras.layers.RNN)]


@contextmanager
def traced_for_device(model: keras.Model, *, fuse: bool) -> Iterator[None]:
    """While it is open, a call of the model with batch 1 traces no loop.

    Args:
        model: Any Keras model. It is left as it was.
        fuse: Whether an LSTM may become one node.

    Raises:
        ConversionError: While it was open, a layer had too many steps to unroll.
    """
    layers = recurrent_layers(model)
    refusals: list[str] = []
    try:
        for layer in layers:
            layer.inner_loop = _Loop(layer, fuse, refusals)
            # Keras draws the masks of dropout for inference too, which would be variables in the graph.
            layer._maybe_config_dropout_masks = _draw_nothing
        yield
    except Exception as error:  # Keras raises one of its own in place of what a layer raises
        if refusals:
            raise ConversionError(refusals[0]) from error
        raise
    finally:
        for layer in layers:
            for name in ("inner_loop", "_maybe_config_dropout_masks"):
                vars(layer).pop(name, None)


def _draw_nothing(*_: Any) -> None:
    """In place of drawing masks."""


@dataclass(frozen=True)
class _Loop:
    """In place of a layer's own loop.

    Attributes:
        layer: The Keras layer.
        fuse: Whether an LSTM may become one node.
        refusals: Why the layer cannot be traced is added here.
    """

    layer: Any
    fuse: bool
    refusals: list[str]

    def __call__(self, sequences: Any, initial_state: Any, mask: Any = None, **_: Any) -> Results:
        import keras

        layer, states, steps = self.layer, keras.tree.flatten(initial_state), sequences.shape[1]
        if self.fuse and _is_fusible(layer, states):
            return _fused(layer, sequences)
        if steps > MAX_UNROLLED_STEPS:
            self.refusals.append(
                f"layer {layer.name!r}: {steps} steps are too many to unroll, at most {MAX_UNROLLED_STEPS}; use an "
                "LSTM, shorten the window, or export nse.models.step_model(model), which has one step"
            )
            raise ValueError(self.refusals[-1])
        cell = stepwise(layer.cell)
        if cell is None:
            return _unrolled_by_keras(layer, sequences, initial_state, mask)
        return _unrolled(layer, cell, sequences, states)


def _is_fusible(layer: Any, states: Sequence[Any]) -> bool:
    """Whether the LSTM operator of TensorFlow Lite computes the layer: its own activations, from zeros, one result."""
    import keras

    if type(layer.cell) is not keras.layers.LSTMCell or layer.return_state:
        return False
    activations = (layer.cell.activation, layer.cell.recurrent_activation)
    return all(map(_is_zero, states)) and activations == (keras.activations.tanh, keras.activations.sigmoid)


def _fused(layer: Any, sequences: Any) -> Results:
    import tensorflow as tf

    cell, (_, steps, channels) = layer.cell, sequences.shape
    if layer.go_backwards and steps > 1:
        sequences = tf.reverse(sequences, [1])
    nothing = tf.zeros(cell.units)
    bias = tf.zeros(4 * cell.units) if cell.bias is None else tf.convert_to_tensor(cell.bias)
    node = tf.raw_ops.BlockLSTMV2(
        seq_len_max=tf.constant(steps, tf.int64),
        x=tf.reshape(sequences, (steps, 1, channels)),
        cs_prev=tf.zeros((1, cell.units)),
        h_prev=tf.zeros((1, cell.units)),
        w=tf.concat([cell.kernel, cell.recurrent_kernel], 0),
        wci=nothing,
        wcf=nothing,
        wco=nothing,
        b=bias,
        cell_clip=0.0,
    )
    outputs = tf.reshape(node.h, (1, steps, cell.units))
    last = tf.reshape(node.h[-1:] if steps > 1 else node.h, (1, cell.units))
    return last, outputs, [node.h[-1], node.cs[-1]]


def _unrolled(layer: Any, cell: Any, sequences: Any, states: Sequence[Any]) -> Results:
    import tensorflow as tf

    _, steps, channels = sequences.shape
    image = tf.reshape(sequences, (1, 1, steps, channels))
    images = [_as_image(state) for state in states]
    outputs, last = cell.run(image, images, backwards=layer.go_backwards)
    units = outputs[0].shape[-1]
    stacked = tf.reshape(tf.stack(outputs, axis=2) if steps > 1 else outputs[0], (1, steps, units))
    return tf.reshape(outputs[-1], (1, units)), stacked, [tf.reshape(state, (1, -1)) for state in last]


def _is_zero(state: Any) -> bool:
    import tensorflow as tf

    value = tf.get_static_value(state)
    return value is not None and not value.any()


def _as_image(state: Any) -> Any:
    """(1, 1, 1, units); zeros as a constant by which the first step is simplified."""
    import tensorflow as tf

    shape = (1, 1, 1, state.shape[-1])
    return tf.zeros(shape) if _is_zero(state) else tf.reshape(state, shape)


def _unrolled_by_keras(layer: Any, sequences: Any, initial_state: Any, mask: Any) -> Results:
    """For stacked cells, convolutional ones, and cells of the user's own."""
    unroll = layer.unroll
    layer.unroll = True
    try:
        return type(layer).inner_loop(layer, sequences, initial_state, mask=mask)  # type: ignore[no-any-return]
    finally:
        layer.unroll = unroll
