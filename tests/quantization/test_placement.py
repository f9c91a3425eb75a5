"""Which tensors have one range, on models whose graphs are known."""

from __future__ import annotations

import keras
from helpers import tcn
from helpers.tflite import convert_with
from keras import layers

from neuralspot_edge.graph import load_graph
from neuralspot_edge.quantization.placement import group_ranges

SHAPE = (4, 6, 2)


def _groups(build):
    inputs = keras.Input(SHAPE, name="in")
    model = tcn.randomize(keras.Model(inputs, build(inputs)))
    graph = load_graph(convert_with(model, tcn.windows(SHAPE)))
    return {frozenset(graph.tensors[i].name for i in group.tensors): group for group in group_ranges(graph)}


def test_what_is_joined_or_moved_has_one_range_and_what_is_computed_its_own():
    def build(x):
        one, two = layers.Conv2D(2, 1, name="one")(x), layers.Conv2D(3, 1, name="two")(x)
        both = layers.Concatenate(name="both")([one, two])
        return layers.Conv2D(1, 1, name="out")(layers.ZeroPadding2D(name="pad")(both))

    assert set(_groups(build)) == {frozenset({"in"}), frozenset({"one", "two", "both", "pad"}), frozenset({"out"})}


def test_a_pool_shares_its_range_and_a_mean_does_not():
    groups = _groups(lambda x: layers.GlobalAveragePooling2D(name="mean")(layers.AveragePooling2D(2, name="pool")(x)))
    assert frozenset({"in", "pool"}) in groups
    assert len(groups) == 2


def test_kernels_prescribe_the_range_of_sigmoid_and_tanh():
    groups = _groups(lambda x: layers.Activation("sigmoid", name="s")(layers.Activation("tanh", name="t")(x)))
    known = {min(names): group for names, group in groups.items() if group.is_prescribed}
    assert len(known) == 2
    ends = sorted((group.low, group.high) for group in known.values())
    assert ends == [(-1.0, 127 / 128), (0.0, 255 / 256)]
