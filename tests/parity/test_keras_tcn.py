"""Weights of a keras-tcn 3.5.7 layer, set in order, give the same outputs here."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from parity.conftest import TOLERANCE, KerasTcnDifference
from parity.keras_tcn_cases import CASES

from neuralspot_edge.models import TCN


@pytest.mark.parametrize(("number", "case"), list(enumerate(CASES)), ids=[case.name for case in CASES])
def test_same_outputs_from_the_same_weights(number, case, keras_tcn_files, keras_tcn_differences):
    with np.load(keras_tcn_files / f"{number}.npz") as arrays:
        x, y = arrays["x"], arrays["y"]
        weights = [arrays[name] for name in sorted(arrays) if name.startswith("w")]
    # An output that is constant could not show a difference.
    assert np.ptp(y) > 0.01
    inputs = keras.Input((case.steps, case.channels))
    layer = TCN(**case.arguments, activate_twice=True)
    model = keras.Model(inputs, layer(inputs))
    assert [weight.shape for weight in layer.get_weights()] == [weight.shape for weight in weights]
    layer.set_weights(weights)
    outputs = np.asarray(model(x, training=False))
    assert outputs.shape == y.shape
    difference = KerasTcnDifference(case.name, len(weights), float(np.abs(outputs - y).max()))
    keras_tcn_differences.append(difference)
    assert difference.largest <= TOLERANCE
