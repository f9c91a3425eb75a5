"""What is said of a step graph, by hand."""

from __future__ import annotations

import pytest
from helpers.step_graphs import circular_delay_line, delay_line

from neuralspot_edge.graph import ModelCard, StreamOutput, annotate, load_graph
from neuralspot_edge.graph.stream_facts import KeptState, stream_facts


def test_states_that_go_in_and_out():
    facts = stream_facts(load_graph(delay_line(4, 6, 3, "INT16", says={"window": 32})))
    assert facts is not None
    assert (facts.hop, facts.state, facts.window) == (4, "io", 32)
    assert facts.states == (KeptState("kept", (1, 1, 6, 3), "int16", 6 * 3 * 2),)
    assert facts.state_bytes == 36
    assert (facts.delay_steps, facts.delay_ms) == (6, None)


def test_states_in_circular_buffers_are_their_outputs():
    facts = stream_facts(load_graph(circular_delay_line(3, 2)))
    assert facts is not None
    assert (facts.state, facts.states) == ("tflm", (KeptState("kept", (1, 4, 1, 2), "int8", 8),))


@pytest.mark.parametrize(("rate", "expected"), [(100.0, 60.0), (None, None)])
def test_the_delay_is_in_milliseconds_where_the_rate_is_known(rate, expected):
    content = delay_line(2, says={"outputs": (StreamOutput(0, 2, 2, 1, 6),)})
    content = annotate(content, metadata=ModelCard("x", sampling_rate=rate).to_metadata())
    facts = stream_facts(load_graph(content))
    assert facts is not None
    assert facts.delay_ms == expected


def test_the_delay_of_a_strided_output_is_in_input_steps():
    facts = stream_facts(load_graph(delay_line(2, says={"outputs": (StreamOutput(0, 2, 2, 4, 3),)})))
    assert facts is not None
    assert facts.delay_steps == 12


def test_a_graph_of_whole_windows_has_none(models):
    assert stream_facts(load_graph(models["int8"])) is None
