"""Whatever params a family in time accepts: what is streamed is the window graph, bit for bit."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from helpers import residual_tcn, streams, tcn
from helpers.families import build
from helpers.tflite import convert_with
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from neuralspot_edge.errors import ConversionError, InputError
from neuralspot_edge.interpreters import TflmInterpreter
from neuralspot_edge.streaming import stream

# Each example is a conversion: a failing one is not worth minutes of looking for a smaller one.
sweep = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
)
quantizations = st.sampled_from(["int8", "int8", "int16x8", "float32"])
wavenets = st.fixed_dictionaries(
    {
        "variant": st.sampled_from(["full", "simplified"]),
        "filters": st.integers(2, 6),
        "kernel_size": st.integers(1, 4),
        "dilations": st.lists(st.integers(1, 6), min_size=1, max_size=3),
        "padding": st.sampled_from(["causal", "same"]),
        "head": st.sampled_from(["per_step", "last", "pooled"]),
    }
)
LOOKS_AHEAD = "past the window's end"


def check(model: keras.Model, quantization: str, *, causal: bool, axis: int | None = None) -> None:
    tcn.randomize(model)
    try:
        content = convert_with(model, tcn.windows(model.input_shape[1:]), quantization)
    except ConversionError:
        assume(False)  # What does not convert is tested with the converter.
    try:
        step = stream(content, streams.hop_unit(content, axis), time_axis=axis)
    except InputError as error:
        refusal = str(error)
    else:
        assert step
        streams.assert_streams(content, axis)
        return
    # The last step of a window that looks ahead has met zeros there; all else streams.
    assert LOOKS_AHEAD in refusal
    assert not causal


@sweep
@given(params=tcn.params(tcn.EXPORTABLE), shape=tcn.input_shapes, quantization=quantizations, causal=st.booleans())
def test_a_tcn_streams_bit_for_bit(params, shape, quantization, causal):
    # What sees the whole window is refused, which test_trace.py holds; here it is put in time.
    blocks = [
        block
        | ({"se_context": "causal"} if block.get("se_context") == "window" else {})
        | ({"norm": "channel"} if block.get("norm") == "layer" else {})
        for block in params["blocks"]
    ]
    padding = "causal" if causal else "same"
    given_params = params | {"blocks": blocks, "se_context": "causal", "input_norm": "batch", "padding": padding}
    assume(shape[-2] > 1)
    check(tcn.build(given_params, shape), quantization, causal=causal, axis=2 if len(shape) == 3 else None)


@sweep
@given(params=residual_tcn.params(residual_tcn.EXPORTABLE), shape=residual_tcn.input_shapes, quantization=quantizations)
def test_a_residual_tcn_streams_bit_for_bit(params, shape, quantization):
    norm = "batch" if params.get("norm") == "layer" else params.get("norm")
    params = params | {"compute": "all", "go_backwards": False, "norm": norm}
    assume(shape[0] > 1)
    model = residual_tcn.build(params, shape)
    check(model, quantization, causal=params.get("padding", "causal") == "causal")


@sweep
@given(params=wavenets, shape=st.tuples(st.integers(2, 40), st.integers(1, 4)), quantization=quantizations)
def test_a_wavenet_streams_bit_for_bit(params, shape, quantization):
    check(build("wavenet", shape, params), quantization, causal=params["padding"] == "causal")


@pytest.mark.parametrize("head", ["per_step", "last"])
@pytest.mark.parametrize("family", ["tcn", "wavenet", "residual_tcn"])
def test_each_step_is_the_last_of_the_window_that_ends_there(family, head):
    """The window graph as it was exported, untouched, is the truth here."""
    params = {"padding": "causal", "head": head, "filters": 4, "dilations": [1, 2]}
    if family == "tcn":
        blocks = [{"filters": 4, "dilation": 1}, {"filters": 5, "dilation": 2, "se_ratio": 2, "se_context": "causal"}]
        params = {"padding": "causal", "head": head, "block_type": "lg", "blocks": blocks}
    if family == "residual_tcn":
        params |= {"compute": "all", "kernel_size": 3}
    content = streams.convert_plain(tcn.randomize(build(family, (40, 2), params)))
    signal, window = streams.random_signal(content, 100), TflmInterpreter(content)
    streamed = streams.play(stream(content), signal)
    for end in range(40, 101):
        expected = window.invoke(signal[None, end - 40 : end])[0]
        np.testing.assert_array_equal(streamed[end - 1], expected[0, -1] if head == "per_step" else expected[0])


def test_a_window_of_one_step_streams():
    content = streams.convert_plain(
        tcn.randomize(build("tcn", (1, 3), {"padding": "causal", "blocks": [{"filters": 4}]}))
    )
    streams.assert_streams(content)
