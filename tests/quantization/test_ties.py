"""Which tensors of a file are one weight, on files of which that is known."""

from __future__ import annotations

import keras
import numpy as np
from helpers import tcn
from helpers.recurrent import chain, layer
from helpers.tflite import convert_with
from keras import layers

from neuralspot_edge.graph import load_graph
from neuralspot_edge.interpreters import TflmInterpreter
from neuralspot_edge.quantization.operators import kernels_of
from neuralspot_edge.quantization.ties import owners, parted

SHAPE = (4, 4, 2)


def _converted(build, shape=SHAPE, randomized=True) -> bytes:
    inputs = keras.Input(shape)
    model = keras.Model(inputs, build(inputs))
    return convert_with(tcn.randomize(model) if randomized else model, tcn.windows(shape, count=8))


def _weights(tflite: bytes) -> list[tuple[int, int]]:
    """Of each operator with a kernel: the owners of kernel and bias, in a file whose weights are parted."""
    graph = load_graph(parted(tflite))
    first = owners(graph)
    found = [operator for operator in graph.operators if kernels_of(operator)]
    return [tuple(first[operator.inputs[place].index] for place in (1, 2)) for operator in found]


def test_calls_of_one_layer_share_kernel_and_bias_though_the_biases_are_tensors_of_their_own():
    shared = layers.Conv2D(2, 1, name="shared")
    tflite = _converted(lambda x: shared(shared(x)))
    assert len({operator.inputs[2].index for operator in load_graph(tflite).operators}) == 2
    one, two = _weights(tflite)
    assert one == two
    assert parted(tflite) == tflite


def test_layers_that_differ_share_nothing():
    one, two = _weights(_converted(lambda x: layers.Conv2D(2, 1, name="two")(layers.Conv2D(2, 1, name="one")(x))))
    assert not set(one) & set(two)


def test_layers_that_happen_to_be_equal_share_tensors_but_no_weight():
    """Ones without a bias: the converter keeps one kernel for both."""

    def build(x):
        settings = {"kernel_initializer": "ones", "use_bias": False}
        return [layers.Conv2D(2, 1, stride, name=f"by{stride}", **settings)(x) for stride in (1, 2)]

    tflite = _converted(build, randomized=False)
    by1, by2 = (operator for operator in load_graph(tflite).operators if operator.kind == "CONV_2D")
    assert by1.inputs[1] == by2.inputs[1]
    one, two = _weights(tflite)
    assert not set(one) & set(two)
    assert parted(parted(tflite)) == parted(tflite)


def test_a_parted_file_computes_what_it_did():
    tflite = convert_with(chain((3, 2), layer("ln_simple", 3, name="one"), layers.Dense(2)), tcn.windows((3, 2)))
    x = tcn.windows((3, 2), count=8)
    np.testing.assert_array_equal(TflmInterpreter(parted(tflite)).predict(x), TflmInterpreter(tflite).predict(x))


def test_the_steps_of_a_gru_are_those_of_one_layer():
    tflite = convert_with(tcn.randomize(chain((5, 2), layer("gru", 3, name="gates"))), tcn.windows((5, 2), count=8))
    kernels, biases = zip(*_weights(tflite), strict=True)
    # Two of the inputs, made for all steps at once; two of the states, for each step but the first.
    assert len(kernels) == 2 + 2 * 4
    assert len(set(kernels)) == len(set(biases)) == 4


def test_the_gates_of_an_lstm_without_biases_share_no_zeros():
    lstm = layers.LSTM(3, use_bias=False, recurrent_initializer="zeros", name="lstm")
    tflite = convert_with(chain((5, 3), lstm), tcn.windows((5, 3), count=8))
    graph = load_graph(parted(tflite))
    (operator,) = (operator for operator in graph.operators if kernels_of(operator))
    places = [place for pair in kernels_of(operator).items() for place in pair if place is not None]
    first = owners(graph)
    assert len({first[operator.inputs[place].index] for place in places}) == 12
