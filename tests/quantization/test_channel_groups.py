"""Which activations may be scaled channel by channel, on models whose graphs are known."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import pytest
from helpers import tcn
from helpers.tflite import convert_with
from keras import layers

from neuralspot_edge.graph import load_graph
from neuralspot_edge.quantization.channel_groups import ChannelGroup, group_channels

SHAPE = (4, 6, 2)

Build = Callable[[keras.KerasTensor], keras.KerasTensor]


def _groups(build: Build) -> dict[frozenset[str], ChannelGroup]:
    """The groups between a convolution `first` of 3 channels and one `last`, by the names of their tensors."""
    inputs = keras.Input(SHAPE, name="in")
    x = build(layers.Conv2D(3, 1, name="first")(inputs))
    model = tcn.randomize(keras.Model(inputs, layers.Conv2D(2, 1, name="last")(x)))
    graph = load_graph(convert_with(model, tcn.windows(SHAPE)))
    return {frozenset(graph.tensors[i].name for i in group.tensors): group for group in group_channels(graph)}


def _written_by(group: ChannelGroup) -> list[str]:
    return [operator.outputs[0].name for operator in group.writers]


PASSED: dict[str, Build] = {
    "nothing": lambda x: x,
    "relu": layers.ReLU(),
    "leaky relu": layers.LeakyReLU(0.2),
    "max pool": layers.MaxPooling2D(2),
    "average pool": layers.AveragePooling2D((2, 3), padding="same"),
    "mean": layers.GlobalAveragePooling2D(keepdims=True),
    "padding": layers.ZeroPadding2D(1),
    "slice of time": lambda x: x[:, :, -3:],
    "reshape": layers.Reshape((6, 4, 3)),
    "join in time": lambda x: layers.Concatenate(axis=2)([x, layers.ReLU()(x)]),
}


@pytest.mark.parametrize("case", PASSED)
def test_a_factor_passes_what_is_homogeneous(case):
    (group,) = _groups(PASSED[case]).values()
    assert group.channels == 3
    assert [operator.outputs[0].name for operator in group.readers] == ["last"]


STOPPED: dict[str, Build] = {
    "relu6": layers.ReLU(6.0),
    "sigmoid": layers.Activation("sigmoid"),
    "tanh": layers.Activation("tanh"),
    "softmax": layers.Softmax(),
    "swish": layers.Activation("swish"),
    "constants added": lambda x: layers.ReLU()(x) + np.linspace(0, 1, 24, dtype=np.float32).reshape(4, 6, 1),
    "mean of channels": lambda x: keras.ops.mean(x, axis=-1, keepdims=True),
    "channels turned into time": layers.Permute((1, 3, 2)),
    "channels joined": lambda x: layers.Concatenate()([x, layers.ReLU()(x)]),
    "a square": lambda x: layers.Multiply()([x, x]),
}


@pytest.mark.parametrize("case", STOPPED)
def test_a_factor_stops_where_it_would_change_the_result(case):
    assert not _groups(STOPPED[case])


def test_the_ends_of_a_model_are_not_scaled():
    inputs = keras.Input(SHAPE)
    hidden = layers.Conv2D(3, 1, activation="relu")(inputs)
    model = tcn.randomize(keras.Model(inputs, [layers.Conv2D(2, 1)(hidden), hidden]))
    assert not group_channels(load_graph(convert_with(model, tcn.windows(SHAPE))))


def test_what_is_added_has_the_factors_of_the_sum():
    def build(x):
        x = layers.ReLU(name="act")(x)
        return layers.Add(name="sum")([x, layers.Conv2D(3, 1, name="branch")(x)])

    (group,) = _groups(build).values()
    assert len(group.writers) == 2
    assert "branch" in _written_by(group)
    # The branch reads these channels too.
    assert len(group.readers) == 2


def test_a_depthwise_kernel_parts_two_groups():
    found = _groups(layers.DepthwiseConv2D(3, depth_multiplier=2, activation="relu", name="depth"))
    assert sorted(group.channels for group in found.values()) == [3, 6]
    small, large = sorted(found.values(), key=lambda group: group.channels)
    assert small.readers == large.writers


def test_a_gate_is_not_scaled_and_what_it_gates_is():
    def build(x):
        gate = layers.Conv2D(3, 1, activation="sigmoid", name="gate")(layers.GlobalAveragePooling2D(keepdims=True)(x))
        return layers.Multiply(name="product")([x, gate])

    (group,) = _groups(build).values()
    assert _written_by(group) == ["first"]
    assert len(group.readers) == 2


def test_what_is_held_stays():
    inputs = keras.Input(SHAPE)
    model = tcn.randomize(keras.Model(inputs, layers.Conv2D(2, 1)(layers.Conv2D(3, 1, name="first")(inputs))))
    graph = load_graph(convert_with(model, tcn.windows(SHAPE)))
    (group,) = group_channels(graph)
    assert not group_channels(graph, held=group.tensors)
