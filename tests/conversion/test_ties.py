"""Ranges that are united, on flatbuffers that the converter made."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from helpers import tcn
from helpers.recurrent import chain
from helpers.tflite import convert_with
from keras import layers

from neuralspot_edge.conversion.ties import unite_ranges
from neuralspot_edge.graph import load_graph, parse


@pytest.fixture(autouse=True)
def _seeded() -> None:
    keras.utils.set_random_seed(0)


def _branches() -> bytes:
    """Two convolutions into a concatenation, one of them through a reshape."""
    inputs = keras.Input((1, 4, 2))
    one, two = layers.Conv2D(3, 1, name="one")(inputs), layers.Conv2D(6, 1, strides=(1, 2), name="two")(inputs)
    joined = layers.Concatenate(name="both")([one, layers.Reshape((1, 4, 3), name="moved")(two)])
    return convert_with(tcn.randomize(keras.Model(inputs, layers.Dense(2, name="top")(joined))), (), "float32")


def test_a_group_spreads_over_what_only_moves_its_values():
    content = _branches()
    place = {tensor.name: tensor.index for tensor in load_graph(content).tensors if not tensor.is_constant}
    ranges = {index: (-1.0 * index, 1.0 * index) for index in place.values()}
    united = unite_ranges(parse(content), ranges, [(place["one"],)])
    together = [place[name] for name in ("one", "two", "moved", "both")]
    widest = (-1.0 * max(together), 1.0 * max(together))
    assert {united[index] for index in together} == {widest}
    assert united[place["top"]] == ranges[place["top"]]
    assert unite_ranges(parse(content), ranges, []) == ranges


def test_values_of_a_tanh_have_the_range_that_its_kernel_prescribes():
    """Any other would put a QUANTIZE between each step of a simple cell and the next layer."""
    model = tcn.randomize(chain((5, 2), layers.SimpleRNN(3, return_sequences=True)))
    graph = load_graph(convert_with(model, tcn.windows((5, 2))))
    assert "QUANTIZE" not in {operator.kind for operator in graph.operators}
    assert graph.outputs[0].quantization.scale == (1 / 128,)
    np.testing.assert_equal(graph.outputs[0].quantization.zero_point, (0,))
