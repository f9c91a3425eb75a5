"""The graph rules of TensorFlow Lite Micro, checked before and after the conversion; errors name the layer.

Each was found by experiment with TensorFlow 2.21 and tflite-micro 0.dev20261023; `tests/conversion/test_rules.py`
measures them again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuralspot_edge.conversion.layers import LayerNames, all_layers
from neuralspot_edge.conversion.settings import ConversionSettings
from neuralspot_edge.errors import ConversionError
from neuralspot_edge.graph import load_graph
from neuralspot_edge.graph.support.remedies import remedy_for
from neuralspot_edge.graph.support.tflm import judge_tflm

if TYPE_CHECKING:
    import keras

__all__ = ["REFUSED_ACTIVATIONS", "RUNNING_ACTIVATIONS", "check_layers", "check_rules"]

RUNNING_ACTIVATIONS = (
    "linear",
    "relu",
    "relu6",
    "leaky_relu",
    "tanh",
    "sigmoid",
    "hard_sigmoid",
    "hard_swish",
    "swish",
)

_EXPONENTIAL = frozenset({"celu", "elu", "gelu", "mish", "selu", "softplus"})
REFUSED_ACTIVATIONS: dict[str, frozenset[str]] = {
    "int8": _EXPONENTIAL,
    "int16x8": _EXPONENTIAL | {"hard_silu", "hard_swish", "log_softmax", "softsign"},
    "float32": frozenset({"elu", "gelu", "selu"}),
    "float16": frozenset(),
}
"""Activations that TensorFlow Lite Micro does not run, by quantization; float16 files are for LiteRT alone."""

_ALIASES = {"hard_silu": "hard_swish", "silu": "swish"}
"""What a recipe calls an activation whose function Keras names otherwise."""

_REFUSED_FOR_LITERT_TOO = ("SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND", "CUSTOM")
"""What a float16 file may not hold either, although it is for LiteRT alone."""


def check_layers(model: keras.Model, settings: ConversionSettings) -> None:
    """Refuses layers that cannot run on the device, before the time for a conversion is spent.

    Args:
        model: The Keras model.
        settings: How it is to be converted.

    Raises:
        ConversionError: A layer's activation or norm has no kernel there; the message names layer, field and remedy.
    """
    refused = REFUSED_ACTIVATIONS[settings.quantization]
    for layer in all_layers(model):
        if settings.quantization == "int16x8" and type(layer).__name__ == "LayerNormalization":
            raise ConversionError(
                f"layer {layer.name!r}, field norm: layer normalization has no int16x8 form; use 'batch', or int8"
            )
        activation = getattr(getattr(layer, "activation", None), "__name__", None)
        if activation in refused:
            running = [name for name in RUNNING_ACTIVATIONS if name not in refused]
            name = _ALIASES.get(activation, activation)
            raise ConversionError(
                f"layer {layer.name!r}, field activation: {name!r} does not run in {settings.quantization} "
                f"on TensorFlow Lite Micro; use one of {', '.join(running)}"
            )


def check_rules(tflite: bytes, settings: ConversionSettings, layers: LayerNames | None = None) -> None:
    """Refuses a converted graph that TensorFlow Lite Micro would run wrong or not at all.

    Args:
        tflite: The content of the file.
        settings: How it was converted.
        layers: The layers of the Keras model, to name one in the message.

    Raises:
        ConversionError: The graph breaks a rule; the message names the layer.
    """
    for subgraph in load_graph(tflite).subgraphs:
        for operator in subgraph.operators:
            problem = _problem(operator, settings)
            if problem:
                place = _place(operator, layers)
                raise ConversionError(f"{place}: {problem}")


def _problem(operator: Any, settings: ConversionSettings) -> str:
    if _is_miscalibrated(operator, settings):
        return "a kernel of 2 over 2 steps is calibrated wrong in int16x8; use a longer window, or int8"
    verdict = judge_tflm(operator)
    if verdict.level != "refused":
        return ""
    if settings.quantization == "float16" and operator.kind not in _REFUSED_FOR_LITERT_TOO:
        return ""
    return "; ".join(filter(None, (verdict.reason, remedy_for(operator, verdict))))


def _is_miscalibrated(operator: Any, settings: ConversionSettings) -> bool:
    """Whether the converter's calibration reads memory that nobody wrote, as it does for a kernel of 2 over 2 steps.

    The ranges are then random, up to 1e34. int8 has ranges measured in `ranges.py`, which int16x8 cannot be given.
    """
    if settings.quantization != "int16x8" or operator.kind not in ("CONV_2D", "DEPTHWISE_CONV_2D"):
        return False
    image, kernel, result = operator.inputs[0].shape[1:3], operator.inputs[1].shape[1:3], operator.outputs[0].shape[1:3]
    return image == kernel == result and 2 in image and set(image) <= {1, 2}


def _place(operator: Any, layers: LayerNames | None) -> str:
    """The layer that an operator comes from; an output of the model has lost its name, but its weights have theirs."""
    tensors = [tensor for tensor in (*operator.outputs, *reversed(operator.inputs)) if tensor is not None]
    found = next(filter(None, (layers.find(tensor.name) for tensor in tensors)), None) if layers else None
    return f"layer {found!r}" if found else f"operator {operator.index}, {operator.kind}"
