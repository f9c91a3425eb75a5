"""Runs under the Python that has neuralspot-edge 0.2.2: builds every case there and leaves files for the comparison.

Usage: peer_side.py FOLDER. For case number N it writes N.keras, N.weights.h5 and N.npz (input x, output y, weights
w0000 and on), and to refused.json the error that each of `REFUSED_THERE` met.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np
from cases import CASES, REFUSED_THERE, Case

PEER_VERSION = "0.2.2"


def main(folder: Path) -> None:
    """Builds, fills and saves every case."""
    if version("neuralspot-edge") != PEER_VERSION:
        sys.exit(f"{sys.executable} has neuralspot-edge {version('neuralspot-edge')}, needed is {PEER_VERSION}")
    for number, case in enumerate(CASES):
        print(f"\r0.2.2 builds {number + 1} of {len(CASES)}", end="", file=sys.stderr, flush=True)
        save(case, folder / str(number))
        keras.backend.clear_session()
    print(file=sys.stderr)
    (folder / "refused.json").write_text(json.dumps({case.name: refusal(case) for case in REFUSED_THERE}))


def build(case: Case) -> keras.Model:
    """The case's model, by the peer's own builder."""
    from neuralspot_edge.models import TcnModel

    return TcnModel.model_from_params(keras.Input(case.shape), case.params, case.num_classes)


def save(case: Case, stem: Path) -> None:
    """Writes the case's three files."""
    seed = sum(case.name.encode())
    keras.utils.set_random_seed(seed)
    generator = np.random.default_rng(seed)
    model = build(case)
    fill(model, generator)
    shape = [size or 16 for size in case.shape]
    x = generator.standard_normal((2, *shape)).astype(np.float32)
    y = np.asarray(model(x, training=False))
    model.save(stem.with_suffix(".keras"))
    model.save_weights(stem.with_suffix(".weights.h5"))
    weights = {f"w{index:04}": value for index, value in enumerate(model.get_weights())}
    np.savez(stem.with_suffix(".npz"), x=x, y=y, **weights)


def fill(model: keras.Model, generator: np.random.Generator) -> None:
    """Weights as after some training: no bias, gain or batch statistic keeps the value that it starts with."""
    for weight in model.weights:
        value = weight.numpy() + generator.normal(0, 0.1, weight.shape)
        weight.assign(generator.uniform(0.5, 2, weight.shape) if "moving_variance" in weight.path else value)


def refusal(case: Case) -> str:
    """The error that the peer's builder meets, empty where it meets none."""
    try:
        build(case)
    except Exception as error:
        return f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"
    return ""


if __name__ == "__main__":
    main(Path(sys.argv[1]))
