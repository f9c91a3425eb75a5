"""The layer `TCN`: its arithmetic by formula, thinning, masks, state, what is refused and warned of."""

from __future__ import annotations

import warnings
from typing import Any

import keras
import numpy as np
import pytest
from helpers.tcn import randomize, windows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuralspot_edge.errors import InputError
from neuralspot_edge.models import TCN
from neuralspot_edge.models.params import ParamsWarning

CHANNELS = 3
SMALL: dict[str, Any] = {"nb_filters": 4, "dilations": (1, 2, 4)}
SWEEP = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def _built(steps: int | None = 20, **arguments: Any) -> TCN:
    layer = TCN(**{**SMALL, **arguments})
    layer.build((None, steps, CHANNELS))
    return randomize(layer)


def _alike(layer: TCN, **changes: Any) -> TCN:
    """The same weights with other arguments."""
    other = TCN.from_config({**layer.get_config(), **changes})
    other.build((None, None, CHANNELS))
    other.set_weights(layer.get_weights())
    return other


arguments = st.fixed_dictionaries(
    {
        "nb_filters": st.integers(1, 4),
        "kernel_size": st.integers(1, 4),
        "nb_stacks": st.integers(1, 2),
        "dilations": st.lists(st.integers(1, 7), min_size=1, max_size=3),
        "padding": st.sampled_from(["causal", "same"]),
        "use_skip_connections": st.booleans(),
        "returned_step": st.sampled_from([None, "last", "middle"]),
        "go_backwards": st.booleans(),
        "activation": st.sampled_from(["relu", "tanh"]),
        "activate_twice": st.booleans(),
    },
    optional={"use_batch_norm": st.just(True), "dropout_rate": st.just(0.2)},
)


@SWEEP
@given(arguments=arguments, steps=st.integers(1, 40))
def test_computing_only_what_the_step_needs_gives_that_step(arguments, steps):
    layer, x = _built(steps, **arguments), windows((steps, CHANNELS), count=2)
    np.testing.assert_allclose(layer(x), _alike(layer, compute="all")(x), rtol=1e-4, atol=1e-4)


@SWEEP
@given(arguments=arguments, steps=st.integers(1, 40), sequences=st.booleans())
def test_training_and_inference_compute_the_same(arguments, steps, sequences):
    """Training has forms of its own; what makes it another function, dropout and statistics, is left out."""
    plain = {**arguments, "dropout_rate": 0.0, "use_batch_norm": False, "return_sequences": sequences}
    layer, x = _built(steps, **plain), windows((steps, CHANNELS), count=2)
    np.testing.assert_allclose(layer(x, training=True), layer(x), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("twice", [False, True])
@pytest.mark.parametrize("skip", [False, True])
def test_two_blocks_are_the_formula_of_the_paper(twice, skip):
    """o = f(x + F(x)) with F = f(conv(f(conv(x)))), written out in numpy; keras-tcn has f(F(x)) in its place."""
    layer = _built(12, dilations=(1, 3), kernel_size=2, activation="tanh", activate_twice=twice,
                   use_skip_connections=skip, return_sequences=True)  # fmt: skip
    arrays = iter(layer.get_weights())
    x = y = windows((12, CHANNELS), count=1)[0].astype(np.float64)
    branches = []
    for dilation, matches in ((1, True), (3, False)):
        branch = np.tanh(_convolve(y, next(arrays), next(arrays), dilation))
        branch = np.tanh(_convolve(branch, next(arrays), next(arrays), dilation))
        branch = np.tanh(branch) if twice else branch
        shortcut = _convolve(y, next(arrays), next(arrays), 1) if matches else y
        branches.append(branch)
        y = np.tanh(shortcut + branch)
    np.testing.assert_allclose(layer(x[None].astype(np.float32))[0], sum(branches) if skip else y, atol=1e-5)


def _convolve(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray, dilation: int) -> np.ndarray:
    taps = len(kernel)
    padded = np.concatenate([np.zeros(((taps - 1) * dilation, x.shape[1])), x])
    return bias + sum(padded[tap * dilation : tap * dilation + len(x)] @ kernel[tap] for tap in range(taps))


def test_weights_have_the_shapes_of_conv1d():
    shapes = [weight.shape for weight in _built(use_batch_norm=True, dilations=(1,)).get_weights()]
    assert shapes == [(3, 3, 4), (4,), *[(4,)] * 4, (3, 4, 4), (4,), *[(4,)] * 4, (1, 3, 4), (4,)]


def test_weight_norm_begins_as_without_and_keeps_the_length_of_a_filter():
    layer = TCN(**SMALL, use_weight_norm=True)
    layer.build((None, 20, CHANNELS))
    conv = layer.layers[0].conv1
    length = np.sqrt((conv.kernel.numpy() ** 2).sum(axis=(0, 1)))
    np.testing.assert_allclose(conv.gain, length, rtol=1e-5)
    x = windows((1, 20, CHANNELS))
    before = conv(x)
    conv.kernel.assign(conv.kernel * 7)
    np.testing.assert_allclose(conv(x), before, atol=1e-5)
    conv.gain.assign(conv.gain * 2)
    np.testing.assert_allclose(conv(x), 2 * before, atol=1e-5)


@pytest.mark.parametrize("padding", ["causal", "same"])
@pytest.mark.parametrize("sequences", [True, False])
def test_an_unknown_length_gives_what_a_known_one_gives(padding, sequences):
    known = _built(13, padding=padding, return_sequences=sequences)
    inputs = keras.Input((None, CHANNELS))
    model = keras.Model(inputs, _alike(known)(inputs))
    x = windows((13, CHANNELS))
    np.testing.assert_allclose(model.predict(x, verbose=0), known(x), atol=1e-5)


@pytest.mark.parametrize("padding", ["causal", "same"])
@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("sequences", [False, True])
def test_a_padded_and_masked_sequence_gives_what_it_gives_alone(padding, side, backwards, sequences):
    layer = _built(None, padding=padding, go_backwards=backwards, return_sequences=sequences, use_layer_norm=True)
    x = windows((20, CHANNELS), count=4)
    mask = np.zeros((4, 20), bool)
    for row, length in zip(mask, (20, 11, 5, 1), strict=True):
        row[20 - length :] = side == "before"
        row[:length] |= side == "after"
    together = np.asarray(layer(x, mask=mask))
    for window, row, output in zip(x, mask, together, strict=True):
        alone = np.asarray(layer(window[row][None]))[0]
        there = (row[::-1] if backwards else row) if sequences else ...
        np.testing.assert_allclose(output[there], alone, atol=1e-5)


def test_a_mask_of_the_model_arrives_and_passes_on():
    inputs = keras.Input((None, CHANNELS))
    masked = keras.layers.Masking()(inputs)
    layer = TCN(**SMALL, return_sequences=True)
    model = keras.Model(inputs, keras.layers.GlobalAveragePooling1D()(layer(masked)))
    x = windows((12, CHANNELS), count=1)
    padded = np.concatenate([x, np.zeros((1, 8, CHANNELS), np.float32)], axis=1)
    np.testing.assert_allclose(model.predict(padded, verbose=0), model.predict(x, verbose=0), atol=1e-5)


def test_batch_statistics_are_those_of_the_steps_that_are_there():
    x = windows((20, CHANNELS), count=2)
    mask = np.arange(20) < 12
    one = _built(None, use_batch_norm=True, return_sequences=True)
    two = _alike(one)
    one(x, mask=np.broadcast_to(mask, (2, 20)), training=True)
    two(x[:, :12], training=True)
    for here, there in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_allclose(here, there, atol=1e-4)


def test_it_trains_on_masked_windows_of_unknown_length():
    inputs = keras.Input((None, CHANNELS))
    x = keras.layers.Masking()(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1)(TCN(**SMALL, dropout_rate=0.1, use_batch_norm=True)(x)))
    model.compile(keras.optimizers.Adam(0.01), "mse")
    losses = model.fit(windows((20, CHANNELS)), np.ones((8, 1)), epochs=20, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize("pieces", [(5, 5, 10), (1, 19), (20,), (7, 1, 1, 11)])
@pytest.mark.parametrize("sequences", [True, False])
def test_a_sequence_in_pieces_gives_what_it_gives_whole(pieces, sequences):
    layer = _built(None, return_sequences=sequences, return_state=True, nb_stacks=2, use_batch_norm=True)
    x = windows((20, CHANNELS), count=2)
    whole = _alike(layer, return_state=False)(x)
    outputs, state, start = [], None, 0
    for steps in pieces:
        output, *state = layer(x[:, start : start + steps], initial_state=state)
        outputs.append(output)
        start += steps
    received = np.concatenate(outputs, axis=1) if sequences else outputs[-1]
    np.testing.assert_allclose(received, whole, atol=1e-5)


def test_a_step_model_has_the_state_as_inputs_and_outputs():
    layer = _built(None, return_sequences=True, return_state=True)
    state = [keras.Input(tensor.shape[1:]) for tensor in layer.get_initial_state()]
    inputs = keras.Input((1, CHANNELS))
    model = keras.Model([inputs, *state], layer(inputs, initial_state=state))
    x = windows((6, CHANNELS), count=2)
    kept = [np.zeros((2, *tensor.shape[1:]), np.float32) for tensor in state]
    outputs = []
    for step in range(6):
        output, *kept = model.predict([x[:, step : step + 1], *kept], verbose=0)
        outputs.append(output)
    np.testing.assert_allclose(np.concatenate(outputs, axis=1), layer(x)[0], atol=1e-5)


@pytest.mark.parametrize("image", [False, True])
@pytest.mark.parametrize(("sequences", "state"), [(True, False), (False, False), (True, True), (False, True)])
def test_output_shapes_are_foretold(image, sequences, state):
    layer = _built(
        None, return_sequences=sequences, return_state=state, nb_filters=(4, 5, 6), use_skip_connections=False
    )
    shape = (2, *([1] if image else []), 9, CHANNELS)
    outputs = layer(np.zeros(shape, np.float32))
    foretold = layer.compute_output_shape(shape)
    received = [tuple(output.shape) for output in outputs] if state else tuple(outputs.shape)
    assert received == foretold


def test_go_backwards_reads_from_the_end():
    layer = _built(return_sequences=True)
    x = windows((20, CHANNELS))
    np.testing.assert_allclose(_alike(layer, go_backwards=True)(x[:, ::-1]), layer(x), atol=1e-6)


def test_dropout_is_spatial():
    """With a rate so high, whole channels of a window are zero."""
    layer = _built(64, dilations=(4,), dropout_rate=0.5, return_sequences=True)
    branch = layer.layers[0](windows((1, 64, CHANNELS)), training=True)[1]
    zero = np.asarray(branch == 0).all(axis=2)
    assert 0 < zero.mean() < 1
    assert not np.asarray(branch == 0)[~zero[:, :, None].repeat(64, axis=2)].all()


@pytest.mark.parametrize("activation", ["tanh", "elu"])
def test_weights_of_keras_tcn_are_warned_of_where_the_activation_shows(activation):
    weights = _built(activation=activation).get_weights()
    with pytest.warns(ParamsWarning, match=rf"'{activation}' is applied once .* activate_twice=True"):
        _built(activation=activation).set_weights(weights)


@pytest.mark.parametrize(
    "arguments", [{"activation": "relu"}, {"activation": "tanh", "activate_twice": True}, {"activate_twice": False}]
)
def test_what_was_said_is_not_warned_of(arguments):
    layer = _built(**arguments)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        layer.set_weights(layer.get_weights())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"nb_filters": [4, 5, 6]}, "use_skip_connections: outputs of 4 and 5 and 6 channels cannot be summed"),
        ({"nb_filters": (4, 5)}, "filters: the list has 2 values"),
        ({"use_batch_norm": True, "use_layer_norm": True}, "only one norm at a time"),
        ({"padding": "valid"}, "padding: 'valid' is not known"),
        ({"dropout_rate": 1.0}, "dropout_rate: 1.0 is out of range"),
        ({"activation": "relu7"}, "activation: Keras knows no 'relu7'"),
        ({"kernel_initializer": "he"}, "kernel_initializer: Keras knows no 'he'"),
        ({"kernel_initializer": {"class_name": "he"}}, "kernel_initializer: Keras knows no"),
        ({"activation": 5}, "activation: Keras knows no 5"),
        ({"return_state": True, "padding": "same"}, "return_state: only padding 'causal'"),
        ({"return_state": True, "go_backwards": True}, "return_state: only padding 'causal' without go_backwards"),
        ({"return_state": True, "kernel_size": 1}, "return_state: kernel_size 1 sees no past"),
        ({"compute": "some"}, "compute: 'some' is not known"),
        ({"returned_step": "first"}, "returned_step: 'first' is not known"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        TCN(**{**SMALL, **arguments})


def test_calls_that_make_no_sense_are_refused():
    x = windows((20, CHANNELS))
    with pytest.raises(InputError, match="mask: a layer with return_state takes none"):
        _built(return_state=True)(x, mask=np.ones((8, 20), bool))
    with pytest.raises(InputError, match="initial_state: the layer keeps none"):
        _built()(x, initial_state=[x])
    with pytest.raises(InputError, match=r"initial_state: 6 tensors .* received 1"):
        _built(return_state=True)(x, initial_state=[x])
    with pytest.raises(InputError, match="a TCN's input is"):
        TCN()(np.zeros((2, 3), np.float32))


@pytest.mark.parametrize("norm", [None, "use_batch_norm", "use_layer_norm", "use_weight_norm"])
@pytest.mark.parametrize("training", [False, True])
def test_mixed_precision_computes_in_half_and_keeps_whole_weights(norm, training):
    layer = TCN(
        **SMALL, dtype="mixed_float16", dropout_rate=0.1, return_sequences=True, **({norm: True} if norm else {})
    )
    assert layer(windows((20, CHANNELS)), training=training).dtype == "float16"
    assert {weight.dtype for weight in layer.weights} == {"float32"}
