"""What is said of a step graph that was played, that cannot be played, and that is not right."""

from __future__ import annotations

import pytest
from graph import tiny_models
from helpers.runs import with_weights_turned_around

from neuralspot_edge import stream, verify
from neuralspot_edge.errors import InputError, ProofError
from neuralspot_edge.pipeline import agreement, stream_proof, streaming
from neuralspot_edge.pipeline.sequences import Recording
from neuralspot_edge.pipeline.stream_proof import check_stream, equality_check, prove_stream
from neuralspot_edge.pipeline.streaming import stream_file
from neuralspot_edge.recipes import GatesSpec
from neuralspot_edge.streaming import StreamComparison


@pytest.fixture(scope="module")
def window(finished_run):
    return finished_run.exported.path.read_bytes()


@pytest.fixture
def held_out(finished_run):
    return finished_run.training.data.test


def _statuses(result):
    return {check.name: check.status for check in result.checks}


def _without_tflm(monkeypatch):
    for module in (stream_proof, agreement):
        monkeypatch.setattr(module, "available", lambda: ("LiteRtInterpreter",))


@pytest.mark.parametrize(("hop", "state"), [(1, "io"), (4, "io"), (1, "tflm")])
def test_a_step_graph_is_verified_against_its_window_graph(window, held_out, hop, state):
    step = stream(window, hop, state)
    result = verify(step, held_out.raw, against=window)
    on_device = "passed" if state == "io" else "not run"
    assert _statuses(result) == {"stream_vs_window": "passed", "stream_tflm_vs_litert": on_device}
    assert result.ok
    assert result.samples * hop >= 10_000
    assert result.differing_values == (0 if state == "io" else None)
    assert "held-out windows in a row" in result.checks[0].detail


def test_without_its_window_graph_equality_is_not_run(window, held_out):
    result = verify(stream(window), held_out.raw)
    assert _statuses(result) == {"stream_vs_window": "not run", "stream_tflm_vs_litert": "passed"}
    assert "--against" in result.checks[0].detail
    assert result.ok


def test_where_nothing_can_be_compared_it_is_not_proven(window, held_out):
    result = verify(stream(window, 1, "tflm"), held_out.raw)
    assert _statuses(result) == {"stream_vs_window": "not run", "stream_tflm_vs_litert": "not proven"}
    assert result.exit_status == 1


def test_a_step_graph_of_another_model_fails(window, held_out):
    result = verify(with_weights_turned_around(stream(window)), held_out.raw, against=window)
    assert _statuses(result) == {"stream_vs_window": "failed", "stream_tflm_vs_litert": "passed"}
    assert result.checks[0].figure > 1000
    assert not result.ok


def test_the_samples_are_preprocessed_as_the_file_says(window, held_out):
    """Raw samples lie far outside of the input's range: taken as they are they would all be clipped to one value."""
    assert held_out.raw.mean() > 4
    result = verify(stream(window), held_out.raw, against=window)
    device = check_stream(stream(window), Recording(held_out.x, "held-out"), GatesSpec(), against=window)
    assert device.all == result.checks


def test_a_window_graph_has_nothing_to_be_held_against(window, held_out):
    with pytest.raises(InputError, match=r"^against: it is for a step graph, this file takes whole windows"):
        verify(window, held_out.raw, against=window)


def test_two_files_that_do_not_belong_together_are_refused(window, held_out):
    with pytest.raises(InputError, match="the step graph was made of a window of 32 steps"):
        verify(stream(window), held_out.raw, against=tiny_models.convolution("int8"))


def test_a_whole_signal_is_played_as_it_is(window, held_out):
    result = verify(stream(window), held_out.raw.reshape(-1, 2), against=window)
    assert result.ok
    assert "held-out data of one piece, 384 steps, repeated" in result.checks[0].detail


def test_samples_of_another_shape_are_refused(window, held_out):
    with pytest.raises(InputError, match=r"^samples: the stream takes windows \(N, steps, 2\) or one signal"):
        verify(stream(window), held_out.raw[:, None])


def test_without_tflite_micro_equality_is_shown_by_litert(window, held_out, monkeypatch):
    _without_tflm(monkeypatch)
    result = verify(stream(window), held_out.raw, against=window)
    assert _statuses(result) == {"stream_vs_window": "passed", "stream_tflm_vs_litert": "not proven"}
    assert result.checks[0].detail.endswith("played by LiteRT")
    assert result.exit_status == 1


def test_circular_buffers_without_tflite_micro_are_not_proven(window, held_out, monkeypatch):
    _without_tflm(monkeypatch)
    result = verify(stream(window, 1, "tflm"), held_out.raw, against=window)
    assert _statuses(result)["stream_vs_window"] == "not proven"
    assert result.exit_status == 1


@pytest.mark.parametrize(
    ("comparison", "status", "figure"),
    [
        (StreamComparison(100, 100, 0, 0.0, None), "passed", 0.0),
        (StreamComparison(100, 100, 1, 1.0, 7), "failed", 1.0),
        (StreamComparison(100, 0, 0, 0.0, None), "not proven", None),
        (None, "not proven", None),
    ],
)
def test_not_one_value_may_differ_and_none_is_no_proof(comparison, status, figure):
    check = equality_check(stream_proof.StreamProof("a signal", "tflm", comparison))
    assert (check.status, check.figure) == (status, figure)


def test_progress_is_told(window, held_out):
    told = []
    step = stream(window)
    spec, info = stream_proof.signal_of(step)
    sequence = stream_proof.sequence_of(Recording(held_out.x, "held-out"), spec, info, least=200)
    proof = prove_stream(window, step, sequence, progress=lambda *counts: told.append(counts))
    assert proof.holds
    assert told[-1] == (200, 200)


def test_a_file_that_would_be_wrong_is_an_error(window, monkeypatch):
    monkeypatch.setattr(
        streaming, "stream", lambda *options, **more: with_weights_turned_around(stream(*options, **more))
    )
    with pytest.raises(
        ProofError, match=r"of the step graph differ from the window graph's on a random signal, nothing"
    ):
        stream_file(window)


def test_a_step_graph_is_not_streamed_again(window):
    with pytest.raises(InputError, match=r"^the file is a step graph already"):
        stream_file(stream(window))
