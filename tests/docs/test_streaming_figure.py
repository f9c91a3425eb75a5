"""The figures of the streaming page show what a step graph of the drawn networks is."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from typing import Any

import keras
import streaming_figure
from helpers.streams import convert_plain
from keras import layers

from neuralspot_edge.graph import load_graph
from neuralspot_edge.graph.stream_facts import StreamFacts, stream_facts
from neuralspot_edge.streaming import stream


def facts_of(inputs: Any, outputs: Any) -> StreamFacts:
    facts = stream_facts(load_graph(stream(convert_plain(keras.Model(inputs, outputs)))))
    assert facts is not None
    return facts


def remembered(facts: StreamFacts) -> list[int]:
    """Frames of each state, but for the one that knows whether the stream has begun."""
    return sorted(state.shape[-2] for state in facts.states if not state.name.startswith("began"))


def kept(image: ET.Element) -> list[int]:
    """Rings in each row."""
    return sorted(Counter(dot.get("cy") for dot in image.iter("circle") if dot.get("class") == "kept").values())


def test_the_rings_are_the_states_of_a_causal_network():
    window, step = ET.fromstring(streaming_figure.window_and_step()).iter("svg")
    x = inputs = keras.Input((12, 2))
    for dilation in (1, 2, 4):
        x = layers.Conv1D(2, 2, padding="causal", dilation_rate=dilation)(x)
    assert kept(step) == remembered(facts_of(inputs, x)) == [1, 2, 4]
    assert not kept(window)
    texts = [image.find("title").text for image in (window, step)]
    assert texts == [
        "Window graph: 36 frames computed for a new one",
        "Step graph: 3 frames computed, 7 kept as states",
    ]


def test_the_delay_and_its_rings_are_those_of_a_network_that_looks_ahead():
    (image,) = ET.fromstring(streaming_figure.delay()).iter("svg")
    x = inputs = keras.Input((1, 12, 2))
    for dilation in (1, 2):
        x = layers.Conv2D(2, (1, 3), padding="same", dilation_rate=(1, dilation))(x)
    facts = facts_of(inputs, layers.Add()([inputs, x]))
    assert kept(image) == remembered(facts) == [3, 4]
    assert f"delay {facts.delay_steps}" in [text.text for text in image.iter("text")]
