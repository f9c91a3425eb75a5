"""What tensors share in a file does not change with one of them."""

from __future__ import annotations

import keras
import numpy as np
from helpers import tcn
from helpers.tflite import convert_with
from keras import layers

from neuralspot_edge.conversion import convert
from neuralspot_edge.graph import load_graph, parse, serialize
from neuralspot_edge.interpreters import TflmInterpreter
from neuralspot_edge.quantization import trainable_int8


def test_convolutions_that_share_a_bias_part_where_their_scales_do():
    inputs = keras.Input((4, 4, 2))
    one, two = (layers.Conv2D(2, 1, use_bias=False, name=name) for name in ("one", "two"))
    float_model = keras.Model(inputs, layers.Multiply()([one(inputs), two(inputs)]))
    # The same largest weight in each channel, so that sums and their zero biases have the same scales.
    one.kernel.assign(np.array([1.0, 0.5, 0.5, 1.0]).reshape(1, 1, 2, 2))
    two.kernel.assign(np.array([0.5, 1.0, 1.0, 0.5]).reshape(1, 1, 2, 2))
    x = tcn.windows((4, 4, 2), count=8)
    flat = parse(convert_with(float_model, x))
    convolutions = [flat.subgraphs[0].operators[o.index] for o in load_graph(serialize(flat)).operators[:2]]
    convolutions[1].inputs = np.array([*convolutions[1].inputs[:2], convolutions[0].inputs[2]], np.int32)
    model = trainable_int8(serialize(flat))
    for variable in model.trainable_variables:
        variable.assign(variable.numpy() * np.linspace(1, 1.4, variable.numpy().size).reshape(variable.shape))
    written = convert(model)
    assert len({o.inputs[2].index for o in load_graph(written).operators if o.kind == "CONV_2D"}) == 2
    step = load_graph(written).outputs[0].quantization.scale[0]
    difference = np.asarray(TflmInterpreter(written).predict(x)) - np.asarray(model(x, training=False))
    assert np.abs(np.rint(difference / step)).max() == 0
