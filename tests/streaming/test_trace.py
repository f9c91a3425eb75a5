"""What does not stream is refused by the layer's name, the reason and the remedy."""

from __future__ import annotations

import keras
import pytest
from helpers import streams, tcn
from helpers.families import build
from keras import layers

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import load_graph
from neuralspot_edge.streaming import stream
from neuralspot_edge.streaming.timeline import Signal
from neuralspot_edge.streaming.trace import trace_time


def tcn_with(window: int = 16, **params: object) -> bytes:
    blocks = [{"filters": 4, "kernel": 3, "se_ratio": 2}]
    return streams.convert_plain(
        tcn.randomize(build("tcn", (window, 2), {"block_type": "lg", "blocks": blocks, **params}))
    )


def _normalized(norm: str) -> bytes:
    return tcn_with(padding="causal", se_context="frame", blocks=[{"filters": 4, "norm": norm}])


def _two_inputs() -> bytes:
    inputs = [keras.Input((8, 2)), keras.Input((8, 2))]
    return streams.convert_with(keras.Model(inputs, layers.Add()(inputs)), [tcn.windows((8, 2))] * 2)


def _pool(padding: str) -> bytes:
    inputs = keras.Input((15, 2))
    x = layers.Conv1D(4, 3, padding="causal")(inputs)
    return streams.convert_plain(keras.Model(inputs, layers.AveragePooling1D(3, 1, padding=padding)(x)))


REFUSALS = {
    "a squeeze over the whole window": (
        lambda: tcn_with(padding="causal"),
        r"layer 'tcn.B1.*' \((MEAN|MUL)\).*se_context: causal or frame",
    ),
    "a normalization over the whole window": (
        lambda: _normalized("layer"),
        r"layer 'tcn.B1.*se_context: causal or frame, .*norm: batch or channel",
    ),
    "the last step of a window that looks ahead": (
        lambda: tcn_with(se_context="frame", head="last"),
        "looks 3 steps past the window's end.*padding: causal",
    ),
    "a dense layer on the whole window": (
        lambda: streams.convert_plain(build("mlp", (16, 2))),
        "time is no axis of its own; predict at each step",
    ),
    "a recurrent layer": (
        lambda: streams.convert_plain(build("rnn", (16, 2), {"cell": "lstm", "layers": [4]})),
        "streams as its step model",
    ),
    "two inputs": (
        _two_inputs,
        "the model has 2 inputs",
    ),
    "a pool that counts no padding": (
        lambda: _pool("same"),
        "counts no padding.*padding: valid",
    ),
    "a window read backwards": (
        lambda: streams.convert_plain(
            build("residual_tcn", (16, 2), {"filters": 4, "dilations": [1], "go_backwards": True, "compute": "all"})
        ),
        "no end to begin at: go_backwards: false",
    ),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_it_is_refused_with_the_layer_and_the_remedy(what):
    make, message = REFUSALS[what]
    with pytest.raises(InputError, match=message):
        stream(make())


@pytest.mark.parametrize("context", ["causal", "frame"])
def test_the_remedy_for_a_squeeze_holds(context):
    streams.assert_streams(tcn_with(padding="causal", se_context=context))


@pytest.mark.parametrize("norm", ["batch", "channel"])
def test_the_remedy_for_a_normalization_holds(norm):
    streams.assert_streams(_normalized(norm))


def test_the_remedy_for_a_pool_holds():
    streams.assert_streams(_pool("valid"))


def test_time_is_followed_by_hand():
    """Kernel 5, dilation 2, stride 2 with padding SAME on 16 steps, then a kernel of 3."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((16, 2))
    x = layers.Conv1D(4, 5, strides=2, padding="same")(inputs)
    content = streams.convert_plain(keras.Model(inputs, layers.Conv1D(3, 3, padding="same")(x)))
    trace = trace_time(load_graph(content))
    signals = [value for value in trace.values.values() if isinstance(value, Signal)]
    # SAME pads (8 - 1) * 2 + 5 - 16 = 3 zeros, 1 before: frame 0 needs steps -1 to 3, and after it frames -1 to 1.
    assert {(s.stride, s.frames, s.origin) for s in signals} == {(1, 16, 0), (2, 8, 3), (2, 8, 5)}
    assert trace.hop_unit == 2


def test_an_axis_must_be_one_of_the_input():
    with pytest.raises(InputError, match="time_axis: 3 is no axis of the input"):
        stream(tcn_with(se_context="frame"), time_axis=3)
