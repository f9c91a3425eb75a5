"""An int8 graph in Keras gives the integers of TensorFlow Lite Micro, operator by operator."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import pytest
from helpers import tcn
from helpers.tflite import convert_with, kinds
from keras import layers

from neuralspot_edge.graph import load_graph
from neuralspot_edge.interpreters import TflmInterpreter
from neuralspot_edge.quantization import trainable_int8

SHAPE = (6, 10, 4)


def _two(join: Callable[[list[keras.KerasTensor]], keras.KerasTensor]) -> Callable[..., keras.KerasTensor]:
    return lambda x: join([layers.Conv2D(4, 1)(x), layers.Conv2D(4, 1, activation="relu")(x)])


OPERATORS: dict[str, Callable[[keras.KerasTensor], keras.KerasTensor]] = {
    "ADD": _two(layers.Add()),
    "AVERAGE_POOL_2D": layers.AveragePooling2D((2, 3), padding="same"),
    "CONCATENATION": _two(layers.Concatenate()),
    "CONV_2D": layers.Conv2D(5, 3, strides=2, padding="same", activation="relu6"),
    "DEPTHWISE_CONV_2D": layers.DepthwiseConv2D(3, depth_multiplier=2, dilation_rate=2, padding="same"),
    "FULLY_CONNECTED": lambda x: layers.Dense(5)(layers.Flatten()(x)),
    "LEAKY_RELU": layers.LeakyReLU(0.2),
    "LOGISTIC": layers.Activation("sigmoid"),
    "MAX_POOL_2D": layers.MaxPooling2D(2),
    "MEAN": layers.GlobalAveragePooling2D(),
    "MUL": _two(layers.Multiply()),
    "PAD": layers.ZeroPadding2D(((1, 0), (2, 1))),
    "SOFTMAX": layers.Softmax(),
    "STRIDED_SLICE": lambda x: x[:, :, -3:],
    "SUB": _two(lambda pair: pair[0] - pair[1]),
    "TANH": layers.Activation("tanh"),
    "TRANSPOSE": layers.Permute((2, 1, 3)),
}


@pytest.mark.parametrize("kind", OPERATORS)
def test_each_operator_gives_the_integers_of_the_device(kind):
    keras.utils.set_random_seed(0)
    inputs = keras.Input(SHAPE)
    model = tcn.randomize(keras.Model(inputs, OPERATORS[kind](inputs)))
    x = tcn.windows(SHAPE, count=16)
    content = convert_with(model, x)
    assert kind in kinds(content)
    expected = np.asarray(TflmInterpreter(content).predict(x))
    received = np.asarray(trainable_int8(content)(x, training=False))
    step = load_graph(content).outputs[0].quantization.scale[0]
    # The exponentials of a softmax are computed in fixed point.
    allowed = 1 if kind == "SOFTMAX" else 0
    assert np.abs(np.rint(received / step) - np.rint(expected / step)).max() <= allowed
