"""A Keras model as one frozen graph with the batch fixed to 1: what the converter is given.

A free batch turns dilated convolutions into SPACE_TO_BATCH_ND, which TensorFlow Lite Micro runs wrong; a frozen
graph needs no variables and no custom layers where it is converted, so that this can be another process.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from neuralspot_edge.conversion.dilations import fuse_dilations
from neuralspot_edge.conversion.recurrent import FUSED_NODE, traced_for_device
from neuralspot_edge.errors import ConversionError, InputError
from neuralspot_edge.graph.states import state_pairs

if TYPE_CHECKING:
    import keras

__all__ = ["FrozenGraph", "input_shapes", "trace"]


@dataclass(frozen=True)
class FrozenGraph:
    """A model without variables.

    Attributes:
        graph_def: A serialized TensorFlow GraphDef.
        inputs: Names of its input tensors, in the model's order.
        outputs: Names of its output tensors, in the model's order.
        input_names: The model's own names of its inputs.
        output_names: The model's own names of its outputs.
        has_fused_nodes: Whether a node stands for a whole LSTM.
    """

    graph_def: bytes
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    has_fused_nodes: bool = False

    @property
    def states(self) -> tuple[tuple[int, int], ...]:
        """The places of each state among the inputs and the outputs."""
        return state_pairs(self.input_names, self.output_names)


def input_shapes(model: keras.Model, window: int | None = None) -> tuple[tuple[int, ...], ...]:
    """The shapes of the model's inputs without the batch.

    Args:
        model: A functional or a built sequential model.
        window: The length in steps that an unknown time axis gets.

    Raises:
        InputError: The model is of another kind, or an axis is unknown and `window` does not settle it.
    """
    inputs = getattr(model, "inputs", None)
    if not inputs:
        raise InputError(
            f"model: only a functional or built Sequential Keras model exports, received {type(model).__name__}; "
            "wrap it as keras.Model(inputs, model(inputs))"
        )
    return tuple(_settle(tensor, window) for tensor in inputs)


def _settle(tensor: Any, window: int | None) -> tuple[int, ...]:
    shape = list(tensor.shape[1:])
    if shape.count(None) > 1 or (None in shape and window is None):
        raise InputError(f"window: the input {tensor.name!r} has shape {tuple(shape)}; give its length in steps")
    return tuple(window if size is None else size for size in shape)  # type: ignore[misc]


def trace(model: keras.Model, window: int | None = None, *, fuse_lstms: bool = False) -> FrozenGraph:
    """Freezes a model for inference, batch 1, its dilated convolutions as one operator each and no layer as a loop.

    Args:
        model: A functional or built sequential Keras model, trained or not, compiled or not. It is left as it was.
        window: The length in steps that an unknown time axis gets.
        fuse_lstms: Whether an LSTM may become one node, which not every way through the converter takes.

    Raises:
        InputError: See `input_shapes`.
        ConversionError: The model cannot be traced.
    """
    import keras
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    shapes = input_shapes(model, window)
    if isinstance(model, keras.Sequential):
        # One that was never called has neither output names nor a structure of its inputs.
        model = keras.Model(model.inputs, model.outputs)
    specs = [
        tf.TensorSpec((1, *shape), tensor.dtype, name=f"input_{index}")
        for index, (tensor, shape) in enumerate(zip(model.inputs, shapes, strict=True))
    ]

    def infer(*tensors: Any) -> list[Any]:
        outputs = model(keras.tree.pack_sequence_as(model.input, list(tensors)), training=False)
        return list(keras.tree.flatten(outputs))

    try:
        with traced_for_device(model, fuse=fuse_lstms):
            frozen = convert_variables_to_constants_v2(tf.function(infer).get_concrete_function(*specs))
    except ConversionError:
        raise
    except Exception as error:  # whatever a user's layer raises while it is traced
        raise ConversionError(f"the model cannot be traced with batch 1: {_reason(error)}") from error
    return FrozenGraph(
        graph_def=fuse_dilations(frozen.graph).SerializeToString(),
        inputs=tuple(tensor.name for tensor in frozen.inputs),
        outputs=tuple(tensor.name for tensor in frozen.outputs),
        input_names=tuple(tensor.name for tensor in model.inputs),
        output_names=tuple(model.output_names),
        has_fused_nodes=any(operation.type == FUSED_NODE for operation in frozen.graph.get_operations()),
    )


def _reason(error: Exception) -> str:
    """What went wrong, without the call stack and the arguments that TensorFlow and Keras print around it."""
    text = re.sub(r"\x1b\[\d+m", "", str(error)).partition("Arguments received by")[0]
    raised = re.findall(r"^\s*\w+(?:Error|Exception): (.*)", text, flags=re.MULTILINE | re.DOTALL)
    return " ".join((raised[-1] if raised else text).split())[:500] or type(error).__name__
