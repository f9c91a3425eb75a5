"""Window graphs with some layers in int16 stream bit for bit, as those of one type do."""

from __future__ import annotations

import pytest
from helpers import streams, tcn
from helpers.families import build
from helpers.tflite import convert_with
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from neuralspot_edge.errors import ConversionError, InputError
from neuralspot_edge.graph import load_graph, stream_info
from neuralspot_edge.quantization import with_int16_layers
from neuralspot_edge.quantization.mixed_plan import rounding_layers
from neuralspot_edge.streaming import stream

SWEEP = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)

TCN = {"block_type": "lg", "blocks": [{"filters": 4, "dilation": 2, "se_ratio": 2}], "se_context": "causal"}
MODELS = {
    "tcn": {**TCN, "padding": "causal"},
    "wavenet": {"filters": 3, "dilations": [1, 2], "padding": "causal"},
    "residual_tcn": {"filters": 4, "dilations": [1, 2], "compute": "all"},
}


def layers_of(content: bytes) -> list[str]:
    return list(rounding_layers(load_graph(content)))


def converted(family: str) -> bytes:
    return convert_with(tcn.randomize(build(family, (20, 2), MODELS[family])), tcn.windows((20, 2)))


@pytest.mark.parametrize("family", MODELS)
def test_any_layer_in_int16_streams_bit_for_bit_with_the_delay_of_int8(family):
    content = converted(family)
    names = layers_of(content)
    for chosen in (*([name] for name in names[::3]), names):
        mixed = with_int16_layers(content, chosen)
        assert stream_info(load_graph(stream(mixed))).outputs == stream_info(load_graph(stream(content))).outputs
        streams.assert_streams(mixed)


@SWEEP
@given(
    params=tcn.params(tcn.EXPORTABLE, fewest_filters=2),
    shape=st.tuples(st.integers(2, 24), st.integers(1, 4)),
    causal=st.booleans(),
    data=st.data(),
)
def test_any_layers_of_a_tcn_in_int16_stream_bit_for_bit(params, shape, causal, data):
    blocks = [
        block | {"se_context": "causal", "norm": "batch" if block.get("norm") == "layer" else block.get("norm")}
        for block in params["blocks"]
    ]
    ends = {"se_context": "causal", "input_norm": "batch", "padding": "causal" if causal else "same"}
    model = tcn.randomize(tcn.build(params | {"blocks": blocks} | ends, shape))
    try:
        content = convert_with(model, tcn.windows(shape))
        names = layers_of(content)
        mixed = with_int16_layers(content, data.draw(st.sets(st.sampled_from(names), min_size=1)) if names else ())
        stream(mixed)
    except (ConversionError, InputError):
        assume(False)  # What does not convert, run in int16 or stream is tested where that is refused.
    streams.assert_streams(mixed)


def test_frames_that_a_window_pads_are_zeros_in_either_type():
    """Padding on both sides: what int8 and int16 operators read of the first calls is masked, each in its own type."""
    content = convert_with(
        tcn.randomize(build("wavenet", (20, 2), MODELS["wavenet"] | {"padding": "same"})), tcn.windows((20, 2))
    )
    mixed = with_int16_layers(content, ["wavenet.B2.FILTER"])
    masks = [
        operator for operator in load_graph(stream(mixed)).operators if operator.outputs[0].name.endswith(".since")
    ]
    assert {operator.outputs[0].dtype for operator in masks} == {"int8", "int16"}
    streams.assert_streams(mixed)


def test_a_circular_buffer_keeps_no_int16():
    content = converted("tcn")
    with pytest.raises(InputError, match="received a model in int16 and int8; use state io"):
        stream(with_int16_layers(content, layers_of(content)[:1]), state="tflm")
