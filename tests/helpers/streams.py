"""Signals to play through step graphs, and the values that a step graph gives."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from helpers.tcn import randomize, windows
from helpers.tflite import convert_with
from neuralspot_edge.datasets import load_dataset
from neuralspot_edge.graph import load_graph
from neuralspot_edge.interpreters import StreamingSession
from neuralspot_edge.streaming import StreamComparison, compare_stream, stream
from neuralspot_edge.streaming.trace import trace_time


def real_signal(steps: int, channels: int) -> np.ndarray:
    """Hands in motion, as they were filmed, a recording behind the other: (steps, channels), standardized.

    The channels are of unequal recordings.
    """
    recordings = load_dataset("gunpoint").train.x[:, :, 0]
    signal = np.concatenate([(one - one.mean()) / one.std() for one in recordings])
    shifted = [np.roll(signal, 1_234 * channel) for channel in range(channels)]
    return np.resize(np.stack(shifted, axis=1), (steps, channels)).astype(np.float32)


def random_signal(tflite: bytes, steps: int, axis: int = 1, seed: int = 0) -> np.ndarray:
    """Values over the whole range of a model's input, in its type, `steps` in the place of time: without the batch."""
    tensor = load_graph(tflite).inputs[0]
    shape = [*tensor.shape[1:axis], steps, *tensor.shape[axis + 1 :]]
    generator, dtype = np.random.default_rng(seed), np.dtype(tensor.dtype)
    if dtype.kind == "f":
        return generator.normal(size=shape).astype(dtype)
    return generator.integers(np.iinfo(dtype).min, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def hop_unit(tflite: bytes, axis: int | None = None) -> int:
    """The smallest hop that a model takes."""
    return trace_time(load_graph(tflite), axis).hop_unit


def compare(tflite: bytes, hop: int = 1, state: str = "io", axis: int | None = None) -> StreamComparison:
    """The window graph against its step graph over three windows and some steps of a random signal."""
    step = stream(tflite, hop, state, time_axis=axis)
    window = load_graph(tflite).inputs[0].shape[axis or 1]
    return compare_stream(tflite, step, random_signal(tflite, 3 * window + 8 * hop + 20, axis or 1))


def assert_streams(tflite: bytes, axis: int | None = None) -> None:
    """Every value of the step graph is the window graph's, at the smallest hop and a larger one."""
    unit = hop_unit(tflite, axis)
    for hop in (unit, 3 * unit):
        comparison = compare(tflite, hop, axis=axis)
        assert comparison.equal, (hop, comparison)


def causal_model(units: int = 3, window: int = 24) -> keras.Model:
    """Two causal convolutions, the second dilated, with a shortcut around it: (window, 2) to (window, units)."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((window, 2))
    x = layers.Conv1D(4, 3, padding="causal", activation="relu")(inputs)
    y = layers.Conv1D(4, 3, padding="causal", dilation_rate=2, activation="relu")(x)
    return randomize(keras.Model(inputs, layers.Conv1D(units, 1)(layers.Add()([x, y]))))


def convert_plain(model: keras.Model, quantization: str = "int8") -> bytes:
    """A Keras model by this package's converter, calibrated on noise."""
    return convert_with(model, windows(model.input_shape[1:]), quantization)


def play(step: bytes, signal: np.ndarray) -> np.ndarray:
    """What the one output of a step graph gives over a signal."""
    return np.asarray(StreamingSession(step).play(signal))
