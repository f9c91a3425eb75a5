"""A step graph in words, from JSON values by hand."""

from __future__ import annotations

from typing import Any

import pytest
from reports.console.printed import rows

from neuralspot_edge.reports import console, render_html
from neuralspot_edge.reports.streaming import proof_status, stream_costs, stream_lines, stream_proof

COMPARISON = {"steps": 10_000, "values": 40_000, "differing": 0, "largest": 0.0, "first": None}


def _streaming(differing: int | None = 0, **changes: Any) -> dict[str, Any]:
    comparison = None if differing is None else {**COMPARISON, "differing": differing}
    proof = {"signal": "a <signal>", "interpreter": "tflm", "comparison": comparison, "holds": differing == 0}
    return {
        "hop": 2,
        "state": "io",
        "window": 50,
        "delay_steps": 15,
        "delay_ms": 1500.0,
        "states": [{"name": "a.state", "shape": [1, 1, 3, 6], "dtype": "int8", "size_bytes": 18}],
        "state_bytes": 18,
        "window_graph": {"macs": 29_200, "arena_bytes": 8304, "size_bytes": 9056},
        "step_graph": {"macs": 1168, "arena_bytes": 7808, "size_bytes": 9824},
        "times_fewer_macs": 25.0,
        "proof": proof,
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({}, ["2 steps", "15 steps, 1,500 ms", "1 as inputs and outputs, kept beside the arena: 18 bytes"]),
        ({"hop": 1, "delay_steps": 1, "delay_ms": None}, ["1 step", "1 step"]),
        ({"delay_steps": 0, "delay_ms": 0.0}, ["2 steps", "none"]),
        ({"state": "tflm"}, ["2 steps", "15 steps, 1,500 ms", "1 in CIRCULAR_BUFFER, kept in the arena: 18 bytes"]),
    ],
)
def test_how_it_is_played(changes, lines):
    said = dict(stream_lines(_streaming(**changes)))
    assert list(said) == ["hop", "delay", "states"]
    assert list(said.values())[: len(lines)] == lines


def test_what_a_call_costs_stands_beside_a_window():
    assert list(stream_costs(_streaming())) == [
        ("MACs", "29,200", "1,168", "25 times fewer"),
        ("arena, bytes", "8,304", "7,808", "-496 (-6.0 %)"),
        ("file, bytes", "9,056", "9,824", "+768 (+8.5 %)"),
    ]


@pytest.mark.parametrize(
    ("differing", "status", "words"),
    [
        (
            0,
            "passed",
            "0 of 40,000 values differ from the window graph's: 10,000 steps of a <signal>, played by Tensor",
        ),
        (3, "failed", "3 of 40,000 values differ"),
        (None, "not proven", "not proven: TensorFlow Lite Micro cannot run here"),
    ],
)
def test_the_proof_in_words(differing, status, words):
    streaming = _streaming(differing)
    assert proof_status(streaming) == status
    assert stream_proof(streaming).startswith(words)


def test_what_was_not_tried_is_not_called_right():
    streaming = _streaming(proof=None)
    assert (proof_status(streaming), stream_proof(streaming)) == ("not run", "")
    no_values = {**_streaming()["proof"], "comparison": {**COMPARISON, "values": 0}}
    assert proof_status(_streaming(proof=no_values)) == "not proven"


def test_a_table_for_a_terminal():
    assert rows(console.stream_table(_streaming(), "step.tflite")) == [
        "step.tflite",
        "hop 2 steps",
        "delay 15 steps, 1,500 ms",
        "states 1 as inputs and outputs, kept beside the arena: 18 bytes",
        "each call whole window step graph difference",
        "MACs 29,200 1,168 25 times fewer",
        "arena, bytes 8,304 7,808 -496 (-6.0 %)",
        "file, bytes 9,056 9,824 +768 (+8.5 %)",
        "0 of 40,000 values differ from the window graph's: 10,000 steps of a <signal>, played by TensorFlow "
        "Lite Micro",
    ]


def test_a_section_of_the_page():
    page = render_html({"name": "x", "export": {"streaming": _streaming()}})
    for words in ("MACs for one call, streamed", "25 times fewer", "15 steps, 1,500 ms", "a.state", "a &lt;signal&gt;"):
        assert words in page, words
    assert 'id="streaming"' not in render_html({"name": "x", "export": {"streaming": None}})
