"""Every preset as a stream: bit for bit the window graph, or refused with the reason and the remedy."""

from __future__ import annotations

import pytest
from helpers import streams, tcn
from helpers.tflite import convert_with

from neuralspot_edge import create_model, list_models, load_recipe
from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import load_graph
from neuralspot_edge.interpreters import TflmInterpreter
from neuralspot_edge.streaming import compare_stream, stream

REFUSED_FAMILIES = {
    "rnn": "a recurrent model streams as its step model",
    "conv_rnn": "a recurrent model streams as its step model",
    "linear": "predict at each step",
    "mlp": "predict at each step",
}
STEPS = 10_000


def computes_only_the_last(name: str) -> bool:
    """Whether the window graph leaves out what its one output does not need."""
    params = load_recipe(name).model.params
    return getattr(params, "compute", "all") == "last_only" and params.head not in ("per_step", "pooled")


def converted(name: str, quantization: str = "int8", **changes: str) -> bytes:
    recipe, model = load_recipe(name), tcn.randomize(create_model(name, **changes))
    return convert_with(model, tcn.windows((recipe.input.window, recipe.input.channels), count=16), quantization)


def is_causal(name: str) -> bool:
    model = load_recipe(name).model
    return model.family not in REFUSED_FAMILIES and getattr(model.params, "padding", None) == "causal"


CAUSAL = [name for name in list_models() if is_causal(name)]


@pytest.mark.parametrize("name", list_models())
def test_a_preset_streams_bit_for_bit_or_says_why_not(name):
    model = load_recipe(name).model
    remedy = REFUSED_FAMILIES.get(model.family)
    if computes_only_the_last(name):
        remedy = "compute: all"
    content = converted(name)
    if remedy:
        with pytest.raises(InputError, match=remedy):
            stream(content)
        return
    streams.assert_streams(content)
    if streams.hop_unit(content) == 1:
        comparison = streams.compare(content, state="tflm")
        assert comparison.equal, comparison


@pytest.mark.parametrize("quantization", ["int8", "int16x8"])
@pytest.mark.parametrize("name", CAUSAL)
def test_a_causal_preset_equals_its_window_graph_over_10000_steps_of_a_real_signal(name, quantization):
    content = converted(
        name, quantization, **({"model__params__compute": "all"} if computes_only_the_last(name) else {})
    )
    spec = TflmInterpreter(content).inputs[0]
    signal = spec.to_raw(streams.real_signal(STEPS, spec.shape[-1]))
    for state in ("io", "tflm") if quantization == "int8" else ("io",):
        comparison = compare_stream(content, stream(content, 1, state), signal)
        assert comparison.equal, comparison
        assert comparison.values == STEPS * load_graph(content).outputs[0].shape[-1]


def test_there_are_causal_presets():
    assert len(CAUSAL) >= 5
