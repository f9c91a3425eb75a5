"""What a step graph says of itself, and what is refused of it."""

from __future__ import annotations

import json

import pytest
from graph import tiny_models
from helpers.step_graphs import circular_delay_line, delay_line

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import StreamInfo, StreamOutput, StreamState, annotate, load_graph, stream_info
from neuralspot_edge.graph.streams import STREAM_ENTRY

INFO = StreamInfo("io", 4, 1, 2, (StreamOutput(0, 2, 2, 2, 3),), (StreamState(0, 1),), window=128)


def _named(shape: tuple[int, ...], *, out: tuple[int, ...] = (1, 5), scale: float = 0.5) -> bytes:
    """A graph of an input of that shape and one state, whose names alone tell what they are."""
    ends = [
        tiny_models.tensor("h", (1, 5), "INT8", quantization=tiny_models.quantized(0.5, 3)),
        tiny_models.tensor("x", shape, "INT8", quantization=tiny_models.quantized(0.5, 3)),
        tiny_models.tensor("y", out, "INT8", quantization=tiny_models.quantized(0.5, 3)),
        tiny_models.tensor("h.next", (1, 5), "INT8", quantization=tiny_models.quantized(scale, 3)),
    ]
    return tiny_models.pack("CUSTOM", ends, inputs=[0, 1], outputs=[2, 3], custom_code="Mine")


def test_it_comes_back_from_the_metadata_as_it_was():
    assert StreamInfo.in_metadata(INFO.to_metadata()) == INFO
    assert StreamInfo.in_metadata({}) is None


def test_a_delay_is_in_frames_and_in_steps():
    assert StreamOutput(0, delay=3, stride=4).delay_steps == 12
    assert StreamInfo("io", 4, 0, 1, (StreamOutput(0, delay=3, stride=4), StreamOutput(1, delay=7))).delay_steps == 12
    assert StreamInfo("io", 4, 0, 1, ()).delay_steps == 0


@pytest.mark.parametrize(
    ("content", "state", "states"), [(delay_line(4), "io", (StreamState(0, 1),)), (circular_delay_line(), "tflm", ())]
)
def test_a_graph_is_played_as_its_metadata_says(content, state, states):
    info = stream_info(load_graph(content))
    assert info is not None
    assert (info.state, info.states) == (state, states)
    assert info.outputs[0].delay == 3


@pytest.mark.parametrize(
    ("shape", "hop", "axis"), [((1, 1, 3), 1, 1), ((1, 4, 3), 4, 1), ((1, 3), 1, 0)], ids=["step", "steps", "no time"]
)
def test_states_are_told_by_their_names(shape, hop, axis):
    info = stream_info(load_graph(_named(shape)))
    assert info == StreamInfo("io", hop, 1, axis, (StreamOutput(0),), (StreamState(0, 1),))


def test_an_output_of_as_many_steps_is_along_time():
    info = stream_info(load_graph(_named((1, 4, 3), out=(1, 4, 5))))
    assert info is not None
    assert info.outputs == (StreamOutput(0, 4, 1),)


def test_what_has_no_state_that_comes_back_is_no_stream(models):
    assert stream_info(load_graph(models["int8"])) is None
    assert stream_info(load_graph(models["two_ends"])) is None
    assert stream_info(load_graph(_named((1, 4, 3), scale=0.25))) is None
    assert stream_info(load_graph(_named((7,)))) is None


def _entry(**changes: object) -> dict[str, bytes]:
    content = json.loads(INFO.to_metadata()[STREAM_ENTRY])
    content.update(changes)
    return {STREAM_ENTRY: json.dumps({key: value for key, value in content.items() if value != "left out"}).encode()}


@pytest.mark.parametrize(
    "changes",
    [
        {"schema_version": 2},
        {"schema_version": "left out"},
        {"state": "flash"},
        {"hop": "1"},
        {"hop": 0},
        {"hop": 1.0},
        {"hop": True},
        {"axis": -1},
        {"axis": None},
        {"input": "x"},
        {"window": 0},
        {"states": [[0, 1]]},
        {"states": [{"input": 0}]},
        {"states": None},
        {"outputs": [{"index": 0, "axis": "2"}]},
        {"outputs": [{"index": 0, "delay": -1}]},
        {"outputs": [{"index": 0, "later": 1}]},
        {"outputs": "left out"},
        {"more": 1},
    ],
    ids=str,
)
def test_a_damaged_or_later_entry_is_refused_in_one_line(changes):
    with pytest.raises(InputError, match=r"metadata of this \.tflite is damaged or newer") as refused:
        StreamInfo.in_metadata(_entry(**changes))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"null", b'"io"'])
def test_what_is_no_object_is_refused(content):
    with pytest.raises(InputError, match="is damaged or newer"):
        StreamInfo.in_metadata({STREAM_ENTRY: content})


@pytest.mark.parametrize(
    "says",
    [
        {"hop": 2},
        {"axis": 1},
        {"axis": 9},
        {"input": 0},
        {"input": 7},
        {"states": ()},
        {"states": (StreamState(0, 0),)},
        {"states": (StreamState(0, 1), StreamState(0, 1))},
        {"outputs": ()},
        {"outputs": (StreamOutput(0, 3, 2),)},
        {"outputs": (StreamOutput(0, 4, 5),)},
        {"outputs": (StreamOutput(1, 3, 2),), "states": (StreamState(0, 0),)},
    ],
    ids=str,
)
def test_metadata_of_another_graph_is_refused(says):
    with pytest.raises(InputError, match="speaks of other inputs and outputs than it has"):
        stream_info(load_graph(delay_line(4, says=says)))


def test_what_the_metadata_says_comes_before_the_names():
    whole = annotate(
        _named((1, 4, 3)), metadata=StreamInfo("io", 3, 1, 2, (StreamOutput(0),), (StreamState(0, 1),)).to_metadata()
    )
    info = stream_info(load_graph(whole))
    assert info is not None
    assert (info.hop, info.axis) == (3, 2)
