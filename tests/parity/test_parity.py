"""Weights and files of neuralspot-edge 0.2.2 give the same outputs here."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pytest
from parity.cases import CASES, REFUSED_THERE, Case
from parity.conftest import TOLERANCE, Difference

from neuralspot_edge.models import TcnModel, TcnParams
from neuralspot_edge.models.params import ParamsWarning
from neuralspot_edge.training import load_model


@dataclass(frozen=True)
class There:
    """What 0.2.2 left of one case."""

    stem: Path
    x: np.ndarray
    y: np.ndarray
    weights: list[np.ndarray]

    @classmethod
    def read(cls, stem: Path) -> There:
        with np.load(stem.with_suffix(".npz")) as arrays:
            weights = [arrays[name] for name in sorted(arrays) if name.startswith("w")]
            return cls(stem, arrays["x"], arrays["y"], weights)

    def distance(self, model: keras.Model) -> float:
        outputs = np.asarray(model(self.x, training=False))
        assert outputs.shape == self.y.shape
        return float(np.abs(outputs - self.y).max())


def build(case: Case) -> keras.Model:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ParamsWarning)
        params = TcnParams.from_neuralspot_edge(case.params)
        return TcnModel.model_from_params(keras.Input(case.shape), params, case.num_classes)


@pytest.mark.parametrize(("number", "case"), list(enumerate(CASES)), ids=[case.name for case in CASES])
def test_same_outputs_from_the_same_weights(number, case, peer_files, differences):
    there = There.read(peer_files / str(number))
    # An output that is constant could not show a difference.
    assert np.ptp(there.y) > 0.01
    model = build(case)
    assert [weight.shape for weight in model.get_weights()] == [weight.shape for weight in there.weights]
    model.set_weights(there.weights)
    by_order = there.distance(model)
    model.set_weights([np.zeros_like(weight) for weight in there.weights])
    model.load_weights(there.stem.with_suffix(".weights.h5"))
    by_weights_file = there.distance(model)
    by_model_file = there.distance(load_model(there.stem.with_suffix(".keras")))
    difference = Difference(case.name, len(there.weights), by_order, by_model_file, by_weights_file)
    differences.append(difference)
    keras.backend.clear_session()
    assert difference.largest <= TOLERANCE


@pytest.mark.parametrize("case", REFUSED_THERE, ids=[case.name for case in REFUSED_THERE])
def test_what_it_cannot_build_is_built_here(case, peer_files):
    assert json.loads((peer_files / "refused.json").read_text())[case.name]
    assert build(case).count_params() > 0
