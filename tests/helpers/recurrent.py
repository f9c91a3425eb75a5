"""Recurrent layers of every kind, and int8 step graphs run over whole sequences."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers

from neuralspot_edge.graph.states import state_pairs
from neuralspot_edge.interpreters import TflmInterpreter
from neuralspot_edge.layers import LayerNormSimpleRnnCell

CELLS = ("simple", "lstm", "gru", "ln_simple")


def layer(cell: str, units: int, **settings: Any) -> keras.Layer:
    """A Keras layer of one of `CELLS`."""
    if cell == "ln_simple":
        return layers.RNN(LayerNormSimpleRnnCell(units), **settings)
    kinds = {"simple": layers.SimpleRNN, "lstm": layers.LSTM, "gru": layers.GRU}
    return kinds[cell](units, **settings)


def chain(shape: tuple[int | None, ...], *parts: keras.Layer) -> keras.Model:
    """Layers one behind the other."""
    inputs = x = keras.Input(shape)
    for part in parts:
        x = part(x)
    return keras.Model(inputs, x)


def run_steps(content: bytes, windows: np.ndarray) -> np.ndarray:
    """What a step graph makes of windows on TensorFlow Lite Micro, its states handed on as the integers they are.

    Args:
        content: The step graph, the input of its first place being one step.
        windows: (windows, time, channels).

    Returns:
        Its first output after each step, (windows, time, values), real values.
    """
    runner = TflmInterpreter(content)
    pairs = state_pairs([spec.name for spec in runner.inputs], [spec.name for spec in runner.outputs])
    source, result = runner.inputs[0], runner.outputs[0]
    collected = []
    for window in windows:
        values = [
            spec.to_raw(np.zeros((1, *spec.window_shape), np.float32)).reshape(spec.shape) for spec in runner.inputs
        ]
        for step in window:
            values[0] = source.to_raw(step[None, None]).reshape(source.shape)
            outputs = runner.invoke(*values)
            for place_in, place_out in pairs:
                values[place_in] = outputs[place_out]
            collected.append(result.to_real(outputs[0]))
    return np.stack(collected).reshape(*windows.shape[:2], -1)
