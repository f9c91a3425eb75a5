"""Quantization-aware training: a model that computes as its int8 file does, and learns.

The model that trains is the int8 file itself. `quantize_aware` exports the trained model, and the graph that comes out
becomes a Keras layer whose kernels, biases and ranges are variables; to export it again is to write them back. Two
other designs were weighed. Keras layers wrapped in fake quantization must know what the converter fuses, ties and
folds, for every layer of every family, and a mistake is silent. FakeQuant nodes in a frozen graph, which the converter
honours, have the same need to know where to stand. Here no tensor of the device is rounded elsewhere than in training,
and export needs no converter.

Batch normalization is folded into the weights before it, as the converter does, with the statistics of the float
training; it stays so. Jacob et al. 2017 (https://arxiv.org/abs/1712.05877, section 3.2) fold with the statistics of
each batch, which costs a second convolution and leaves a model that differs between training and use; Krishnamoorthi
2018 (https://arxiv.org/abs/1806.08342, section 3.2.2) freezes them in the end, and found that to be more accurate. A
fine tuning is that end from its first step. Dropout and weight penalties are not part of an int8 file and end with the
float training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from neuralspot_edge.conversion import ConversionSettings, convert
from neuralspot_edge.quantization.calibration import check_calibration
from neuralspot_edge.quantization.post_training import PostTraining, quantize_post_training

if TYPE_CHECKING:
    import keras
    import numpy as np

    from neuralspot_edge.quantization.int8_layer import Int8Graph
    from neuralspot_edge.recipes.quantizations import Io

__all__ = ["QatScheme", "quantize_aware", "trainable_int8"]


@dataclass(frozen=True)
class QatScheme:
    """How a model is trained for int8. Weights are symmetric, with a scale for each channel.

    Attributes:
        learn_ranges: Whether the ranges of activations are learned with the weights; otherwise they stay as the
            calibration found them.
        io: Type of the inputs and outputs of the file: `int8`, or `float32`.
        tools: What is done to the model before it is trained; None does nothing. No layer gets int16: training makes
            up for its rounding.
    """

    learn_ranges: bool = True
    io: Io = "int8"
    tools: PostTraining | None = None


def quantize_aware(
    model: keras.Model,
    calibration: np.ndarray | Sequence[np.ndarray],
    scheme: QatScheme | None = None,
    *,
    window: int | None = None,
) -> keras.Model:
    """A model that begins as the int8 export of a trained one, and learns in int8.

    Args:
        model: A functional or built Sequential model, trained. It is left as it was.
        calibration: For each input an array (samples, ...) from the training split, for the first ranges.
        scheme: How to train; None is `QatScheme()`.
        window: The length in steps that an unknown time axis gets.

    Returns:
        A functional model of the same inputs and outputs, not compiled. It trains with `fit`, saves as `.keras`, and
        goes on where it was saved. While it trains its values are real ones, rounded; otherwise they are the integers
        of TensorFlow Lite Micro. `neuralspot_edge.conversion.convert` gives its file.

    Raises:
        InputError: The model is of a kind that does not export or train in int8, or the samples do not fit it.
        ConversionError: The model does not convert to int8.
    """
    scheme = scheme or QatScheme()
    if scheme.tools is None:
        samples = check_calibration(model, calibration, window)
        content = convert(model, ConversionSettings("int8", scheme.io), samples, window=window)
        return trainable_int8(content, learn_ranges=scheme.learn_ranges, name=model.name)
    tools = replace(scheme.tools, int16_layers=0)
    mended = quantize_post_training(model, calibration, tools, io=scheme.io, window=window)
    trained = trainable_int8(mended.content, learn_ranges=scheme.learn_ranges, name=model.name)
    _take_weights(trained.layers[-1], mended.study.layer)
    return trained


def trainable_int8(tflite: bytes, *, learn_ranges: bool = True, name: str = "int8") -> keras.Model:
    """A Keras model of an int8 file, whoever made it.

    Args:
        tflite: The content of the file.
        learn_ranges: As of `QatScheme`.
        name: The model's name.

    Raises:
        InputError: The file is no `.tflite`, or has an operator that does not train.
    """
    import keras

    from neuralspot_edge.quantization.int8_layer import Int8Graph

    layer = Int8Graph(tflite, learn_ranges, name=f"{name}.INT8")
    graph = layer.graph
    inputs = [
        keras.Input(tensor.shape[1:], name=input_name)
        for input_name, tensor in zip(graph.input_names, graph.inputs, strict=True)
    ]
    only_or_all: Any = inputs if len(inputs) > 1 else inputs[0]
    return keras.Model(only_or_all, layer(only_or_all), name=name)


def _take_weights(layer: Int8Graph, other: Int8Graph) -> None:
    """Gives a graph the weights of another of the same operators: in the file they are rounded."""
    for operator, its in zip(layer.graph.operators, other.graph.operators, strict=True):
        for tensor, source in zip(operator.inputs, its.inputs, strict=True):
            if tensor is not None and source is not None and (variable := layer.operand(tensor)) is not None:
                variable.assign(other.operand(source))
