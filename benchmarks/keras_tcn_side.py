"""Runs under either Python: a line of JSON asks for the time of a training step, a line of JSON answers.

Usage: keras_tcn_side.py keras-tcn|neuralspot-edge
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

CHANNELS = 4


def main(package: str) -> None:
    """Answers until the input ends. A workload's model is kept: the next question about it needs no compilation."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    # TensorFlow prints to standard output; only answers may go there.
    os.dup2(2, 1)
    layer = _layer(package)
    steps: dict[str, Callable[[], Any]] = {}
    for line in sys.stdin:
        request = json.loads(line)
        if request["name"] not in steps:
            steps[request["name"]] = _training_step(layer, request)
        step = steps[request["name"]]
        for _ in range(request["warm_up"]):
            step()
        # The least: other work on the machine can only add to it.
        seconds = min(_seconds(step) for _ in range(request["count"]))
        answers.write(json.dumps({"seconds": seconds}) + "\n")


def _layer(package: str) -> Any:
    if package == "keras-tcn":
        from tcn import TCN
    else:
        from neuralspot_edge.models import TCN
    return TCN


def _training_step(layer: Any, request: dict[str, Any]) -> Callable[[], Any]:
    import keras

    keras.utils.set_random_seed(0)
    inputs = keras.Input((request["steps"], CHANNELS))
    model = keras.Model(inputs, keras.layers.Dense(1)(layer(**request["arguments"])(inputs)))
    model.compile("adam", "mse")
    generator = np.random.default_rng(0)
    shape = (request["batch_size"], *model.output.shape[1:])
    x = generator.standard_normal((request["batch_size"], request["steps"], CHANNELS)).astype(np.float32)
    y = generator.standard_normal(shape).astype(np.float32)
    return lambda: model.train_on_batch(x, y)


def _seconds(step: Callable[[], Any]) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


if __name__ == "__main__":
    main(sys.argv[1])
