"""`compiled_tcn` does what keras-tcn documents, and `tcn_full_summary` shows what is in a model."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from helpers.tcn import windows

import neuralspot_edge as nse
from neuralspot_edge.errors import InputError
from neuralspot_edge.models import TCN, compiled_tcn, tcn_full_summary

SMALL = {"num_feat": 3, "num_classes": 4, "nb_filters": 5, "kernel_size": 2, "dilations": [1, 2], "nb_stacks": 1}


def _layer(model: keras.Model) -> TCN:
    (layer,) = [layer for layer in model.layers if isinstance(layer, TCN)]
    return layer


@pytest.mark.parametrize("targets", [(32,), (32, 1)])
@pytest.mark.parametrize("opt", ["adam", "rmsprop"])
def test_a_classification_of_windows_fits(targets, opt):
    model = compiled_tcn(**SMALL, max_len=12, return_sequences=False, opt=opt, lr=0.01)
    x = windows((12, 3), count=32)
    y = np.digitize(x[:, -1, 0], [-0.7, 0, 0.7]).reshape(targets)
    history = model.fit(x, y, epochs=40, verbose=0).history
    assert history["accuracy"][-1] > history["accuracy"][0]
    np.testing.assert_allclose(model.predict(x, verbose=0).sum(axis=-1), 1, atol=1e-5)


@pytest.mark.parametrize("max_len", [12, None])
def test_a_classification_of_each_step_fits(max_len):
    model = compiled_tcn(**SMALL, max_len=max_len)
    x = windows((12, 3), count=16)
    history = model.fit(x, (x[..., :1] > 0).astype(int), epochs=20, verbose=0).history
    assert history["accuracy"][-1] > history["accuracy"][0]


def test_a_regression_has_the_width_that_is_asked_for():
    model = compiled_tcn(**SMALL, max_len=12, output_len=2, regression=True, return_sequences=False)
    x = windows((12, 3), count=16)
    losses = model.fit(x, x[:, -1, :2], epochs=20, verbose=0).history["loss"]
    assert model.output.shape == (None, 2)
    assert losses[-1] < losses[0]


def test_dilations_are_taken_as_they_are_and_skips_are_off():
    layer = _layer(compiled_tcn(**{**SMALL, "dilations": [1, 3, 5]}, max_len=12))
    assert [block.dilation for block in layer.layers] == [1, 3, 5]
    assert layer.receptive_field == 1 + 2 * 9
    assert layer.stack.use_skip_connections is False
    assert layer.stack.dropout == 0.05


def test_filters_may_be_a_tuple_with_one_for_each_level():
    layer = _layer(compiled_tcn(**{**SMALL, "nb_filters": (4, 6)}, max_len=12, name="mine", use_weight_norm=True))
    assert layer.name == "mine"
    assert [block.filters for block in layer.layers] == [4, 6]
    assert layer.stack.norm == "weight"


def test_gradients_are_clipped():
    assert compiled_tcn(**SMALL, max_len=12, lr=0.5).optimizer.clipnorm == 1
    assert float(compiled_tcn(**SMALL, max_len=12, lr=0.5).optimizer.learning_rate) == 0.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"opt": "adem"}, "unknown opt 'adem': did you mean 'adam'"),
        ({"num_classes": 0}, "num_classes: a positive number, received 0"),
        ({"regression": True, "output_len": None}, "output_len: a positive number, received None"),
        ({"dilations": [0]}, r"dilations\.0: 0 is out of range"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        compiled_tcn(**{**SMALL, "max_len": 12, **arguments})


@pytest.mark.parametrize("expand", [True, False])
def test_the_summary_shows_the_layers_within(expand):
    model = compiled_tcn(**SMALL, max_len=12, use_batch_norm=True)
    lines: list[str] = []
    tcn_full_summary(model, expand_residual_blocks=expand, print_fn=lines.append)
    assert any("TCN, receptive field 7" in line for line in lines)
    assert any(line.split() == ["tcn.B2", "ResidualBlock,", "dilation", "2", "150"] for line in lines)
    assert any("tcn.B1.CN1.BN" in line for line in lines) is expand
    assert lines[-1] == f"{model.count_params():,} weights, {model.count_params() - 40} of them trained"


def test_they_are_where_users_of_keras_tcn_look_for_them():
    assert nse.models.TCN is TCN
    assert nse.models.compiled_tcn is compiled_tcn
    assert nse.models.tcn_full_summary is tcn_full_summary
