"""Models that train in int8, beside the device."""

from __future__ import annotations

import keras
import numpy as np

from neuralspot_edge.conversion import convert
from neuralspot_edge.graph import load_graph
from neuralspot_edge.interpreters import TflmInterpreter


def steps_apart(model: keras.Model, x: np.ndarray) -> float:
    """The most by which the device is off the model, in steps of the output."""
    content = convert(model)
    step = load_graph(content).outputs[0].quantization.scale[0]
    received = np.asarray(TflmInterpreter(content).predict(x))
    return float(np.abs(np.rint((received - np.asarray(model(x, training=False))) / step)).max())


def shaken(model: keras.Model, seed: int = 0) -> keras.Model:
    """Weights and ranges somewhere else, as after much training."""
    generator = np.random.default_rng(seed)
    for variable in model.trainable_variables:
        spread = 0.2 if "log_ends" in variable.path else 0.1 * (1e-3 + np.abs(variable.numpy()).max())
        variable.assign(variable.numpy() + generator.normal(0, spread, variable.shape))
    return model


def losses(model: keras.Model, x: np.ndarray, y: np.ndarray, steps: int) -> list[float]:
    """Of some steps with all samples at once."""
    model.compile(keras.optimizers.Adam(0.01), "mse")
    return [float(loss) for loss in model.fit(x, y, batch_size=len(x), epochs=steps, verbose=0).history["loss"]]
