"""Runs under the Python that has keras-tcn 3.5.7: builds every case there and leaves files for the comparison.

Usage: keras_tcn_side.py FOLDER. For case number N it writes N.npz: input x, output y, weights w0000 and on.
"""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np
from keras_tcn_cases import CASES, Case
from tcn import TCN

PEER_VERSION = "3.5.7"


def main(folder: Path) -> None:
    """Builds, fills and runs every case."""
    if version("keras-tcn") != PEER_VERSION:
        sys.exit(f"{sys.executable} has keras-tcn {version('keras-tcn')}, needed is {PEER_VERSION}")
    for number, case in enumerate(CASES):
        print(f"\rkeras-tcn builds {number + 1} of {len(CASES)}", end="", file=sys.stderr, flush=True)
        save(case, folder / f"{number}.npz")
        keras.backend.clear_session()
    print(file=sys.stderr)


def save(case: Case, path: Path) -> None:
    """Writes the case's file; the weights are as after some training."""
    generator = np.random.default_rng(sum(case.name.encode()))
    inputs = keras.Input((case.steps, case.channels))
    model = keras.Model(inputs, TCN(**case.arguments)(inputs))
    for weight in model.weights:
        value = weight.numpy() + generator.normal(0, 0.1, weight.shape)
        weight.assign(generator.uniform(0.5, 2, weight.shape) if "moving_variance" in weight.path else value)
    x = generator.standard_normal(case.shape).astype(np.float32)
    weights = {f"w{index:04}": value for index, value in enumerate(model.get_weights())}
    np.savez(path, x=x, y=np.asarray(model(x, training=False)), **weights)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
