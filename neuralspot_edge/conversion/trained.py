"""A model that was trained in int8 holds its own file: it is taken as it is, and not converted again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from neuralspot_edge.conversion.settings import ConversionSettings
from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import annotate, load_graph

if TYPE_CHECKING:
    import keras

__all__ = ["is_trained_int8", "trained_file"]


def is_trained_int8(model: keras.Model) -> bool:
    """Whether a model computes as an int8 file does: its conversion needs no calibration."""
    return any(_holds_file(layer) for layer in getattr(model, "layers", ()))


def trained_file(model: keras.Model, settings: ConversionSettings, metadata: Mapping[str, bytes]) -> bytes:
    """The file of a model that was trained in int8.

    Args:
        model: One of which `is_trained_int8` says so.
        settings: What is asked for.
        metadata: Named entries to store in the file.

    Raises:
        InputError: Something else than that file is asked for, or the model has layers around it.
    """
    if settings.quantization != "int8":
        raise InputError(
            f"quantization: the model was trained in int8, {settings.quantization!r} would be another model; "
            "export the float model that it was made from"
        )
    holders = [layer for layer in model.layers if _holds_file(layer)]
    others = [layer for layer in model.layers if layer not in holders and type(layer).__name__ != "InputLayer"]
    if others or len(holders) > 1:
        raise InputError(
            f"model: layer {(*others, *holders)[0].name!r} stands beside one that was trained in int8, which exports "
            "alone"
        )
    content = annotate(holders[0].to_tflite(), metadata=metadata)
    io = load_graph(content).inputs[0].dtype
    if io != settings.io_type:
        raise InputError(f"io: the model was trained for {io!r}, received {settings.io_type!r}")
    return content


def _holds_file(layer: Any) -> bool:
    return callable(getattr(layer, "to_tflite", None))
