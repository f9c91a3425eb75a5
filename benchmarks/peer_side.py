"""Runs under the Python that has neuralspot-edge 0.2.2: a line of JSON asks, a line of JSON answers."""

from __future__ import annotations

import json
import os
import sys
import time
from importlib.metadata import version
from typing import Any

import numpy as np

PEER_VERSION = "0.2.2"


def main() -> None:
    """Answers until the input ends."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    # TensorFlow prints to standard output; only answers may go there.
    os.dup2(2, 1)
    if version("neuralspot-edge") != PEER_VERSION:
        answers.write(json.dumps({"error": f"this Python has neuralspot-edge {version('neuralspot-edge')}"}) + "\n")
        return
    start = time.perf_counter()
    import neuralspot_edge  # noqa: F401 - its cost is the figure

    answers.write(json.dumps({"seconds": time.perf_counter() - start}) + "\n")
    model = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            command = request.pop("command")
            if command == "convert":
                answer = {"seconds": convert(model, **request)}
            else:
                model, answer = {"build": build, "load": load}[command](**request), {}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")


def build(params: dict[str, Any], shape: list[int], num_classes: int, weights: str) -> Any:
    """The model by the peer's builder, with our weights."""
    import keras

    from neuralspot_edge.models import TcnModel

    model = TcnModel.model_from_params(keras.Input(tuple(shape)), params, num_classes)
    with np.load(weights) as arrays:
        model.set_weights([arrays[name] for name in sorted(arrays)])
    return model


def load(model: str) -> Any:
    """A model of Keras's own layers from its file."""
    import keras

    return keras.saving.load_model(model)


def convert(model: Any, calibration: str, output: str, mode: str) -> float:
    """Converts to int8 in one of the peer's modes and writes the file; the seconds are those of the conversion."""
    from neuralspot_edge.converters.tflite import QuantizationType, TfLiteKerasConverter

    samples = np.load(calibration)
    start = time.perf_counter()
    converter = TfLiteKerasConverter(model=model)
    content = converter.convert(samples, quantization=QuantizationType.INT8, io_type="int8", mode=mode)
    elapsed = time.perf_counter() - start
    converter.export(output)
    converter.cleanup()
    assert content
    return elapsed


if __name__ == "__main__":
    main()
