"""The study of a model: unrounded it is the float model, rounded it is the device, and each layer can be either."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from helpers import tcn
from helpers.families import build

from neuralspot_edge.errors import InputError
from neuralspot_edge.interpreters import TflmInterpreter
from neuralspot_edge.quantization import Study, quantize_aware
from neuralspot_edge.quantization.study import INPUT

_CASES = {
    "tcn": ("tcn", (24, 3), {"block_type": "mb", "blocks": [{"filters": 6, "dilation": 2, "se_ratio": 2}]}),
    "residual-tcn": ("residual_tcn", (24, 3), {"filters": 6, "dilations": [1, 2, 4], "norm": "batch"}),
    "wavenet": ("wavenet", (24, 3), {"filters": 4, "dilations": [1, 2]}),
    "ds-cnn": ("ds_cnn", (16, 8), {"filters": 6, "kernel": [5, 4], "blocks": [{"filters": 6}]}),
    "lstm": ("rnn", (10, 3), {"cell": "lstm"}),
    "gru": ("rnn", (10, 3), {"cell": "gru"}),
}


@pytest.fixture(scope="module", params=_CASES)
def studied(request):
    family, shape, params = _CASES[request.param]
    model, x = tcn.randomize(build(family, shape, params)), tcn.windows(shape, count=16)
    return model, x, Study.of(model, x)


def test_unrounded_it_is_the_float_model(studied):
    model, x, study = studied
    (received,) = study.outputs([x], study.rounding(()))
    # The cell of an LSTM keeps its 16 bits.
    np.testing.assert_allclose(received, model.predict(x, verbose=0), rtol=1e-4, atol=2e-4)


def test_rounded_it_is_what_the_device_gives_but_for_some_steps(studied):
    _, x, study = studied
    device = TflmInterpreter(study.to_tflite())
    (received,) = study.outputs([x], study.rounding())
    step = device.outputs[0].quantization.scale[0]
    assert np.abs(received - device.predict(x)).max() <= 4.01 * step


def test_the_rounding_of_each_layer_shows_at_the_output(studied):
    _, x, study = studied
    (real,) = study.outputs([x], study.rounding(()))
    assert next(iter(study.layers)) == INPUT
    for name in study.layers:
        (received,) = study.outputs([x], study.rounding([name]))
        assert (received != real).any(), name


def test_all_that_is_played_is_kept():
    model, x = tcn.randomize(build("mlp", (8, 3), {"hidden": [6]})), tcn.windows((8, 3), count=100)
    study = Study.of(model, x)
    played = study.play([x], study.rounding(()))
    hidden = keras.Model(model.input, model.get_layer("mlp.H1.ACT").output).predict(x, verbose=0)
    (index,) = (o.outputs[0].index for o in study.layer.graph.operators if o.outputs[0].name == "mlp.H1.ACT")
    np.testing.assert_allclose(played.tensors[index].reshape(hidden.shape), hidden, atol=1e-5)
    np.testing.assert_allclose(np.maximum(played.sums[index], 0).reshape(hidden.shape), hidden, atol=1e-5)
    assert all(len(values) == 100 for values in played.tensors.values())


def test_a_layer_that_is_not_there_is_refused_with_those_that_are():
    model, x = build("linear", (8, 3)), tcn.windows((8, 3), count=8)
    with pytest.raises(InputError, match=r"layers: there is no 'nothing' that rounds, there are input, linear\.TOP"):
        Study.of(model, x).rounding(["nothing"])


def test_a_trained_model_is_studied_with_the_weights_that_it_learned():
    family, shape, params = _CASES["tcn"]
    model, x = tcn.randomize(build(family, shape, params)), tcn.windows(shape, count=16)
    trained = quantize_aware(model, x)
    trained.compile(keras.optimizers.Adam(0.01), "mse", run_eagerly=True)
    trained.train_on_batch(x, np.zeros((16, *model.output_shape[1:])))
    study = Study.of_trained(trained, model)
    assert study.gates == Study.of(model, x).gates
    assert len(study.gates) == 1
    step = study.layer.scales()[study.layer.group_of[study.layer.graph.outputs[0].index]]
    (received,) = study.outputs([x], study.rounding())
    assert np.abs(received - trained.predict(x, verbose=0)).max() <= 4.01 * step
