"""Signals from windows, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import StreamInfo, StreamOutput
from neuralspot_edge.interpreters import TensorSpec
from neuralspot_edge.pipeline.sequences import Recording, random_sequence, sequence_of

SPEC = TensorSpec("x", (1, 1, 2), "int8", None)
INFO = StreamInfo("io", 1, 0, 1, (StreamOutput(0),), window=4)


def _signal(steps: int) -> np.ndarray:
    """Of two channels, every value once."""
    return np.arange(2 * steps, dtype=np.float32).reshape(steps, 2)


def _windows(signal: np.ndarray, window: int, hop: int) -> np.ndarray:
    return np.stack([signal[start : start + window] for start in range(0, len(signal) - window + 1, hop)])


def _described(windows: np.ndarray, hop: int | None, least: int) -> tuple[np.ndarray, str]:
    sequence = sequence_of(Recording(windows, "held-out", hop), SPEC, INFO, least=least)
    return sequence.values, sequence.description


@pytest.mark.parametrize("hop", [1, 2, 3])
def test_overlapping_windows_become_the_signal_that_they_were_cut_from(hop):
    signal = _signal(34)
    values, description = _described(_windows(signal, 4, hop), hop, 30)
    np.testing.assert_array_equal(values, signal[:30])
    assert description.startswith("held-out data of one piece, 3")
    assert "repeated" not in description


def test_the_longest_stretch_is_taken_where_there_are_several():
    short, long = _windows(_signal(8), 4, 2), _windows(_signal(20) + 1000, 4, 2)
    for windows in ([short, long], [long, short], [short, long, short]):
        values, description = _described(np.concatenate(windows), 2, 20)
        np.testing.assert_array_equal(values, _signal(20) + 1000)
        assert description == "held-out data of one piece, 20 steps"


def test_pieces_are_played_in_a_row_where_none_is_long_enough():
    pieces = [_signal(8), _signal(20) + 1000, _signal(6) + 5000]
    values, description = _described(np.concatenate([_windows(piece, 4, 2) for piece in pieces]), 2, 30)
    np.testing.assert_array_equal(values, np.concatenate(pieces)[:30])
    assert description == "3 held-out pieces in a row, 34 steps"


@pytest.mark.parametrize("hop", [None, 4, 9])
def test_windows_by_themselves_are_played_in_a_row(hop):
    windows = _windows(_signal(12), 4, 4)
    values, description = _described(windows, hop, 12)
    np.testing.assert_array_equal(values, _signal(12))
    assert description == "3 held-out windows in a row, 12 steps"


def test_a_short_signal_is_repeated_and_this_is_told():
    values, description = _described(_windows(_signal(12), 4, 4), None, 30)
    np.testing.assert_array_equal(values, np.concatenate([_signal(12), _signal(12), _signal(12)[:6]]))
    assert description == "3 held-out windows in a row, 12 steps, repeated"


def test_a_whole_signal_is_of_one_piece():
    values, description = _described(_signal(12), None, 12)
    np.testing.assert_array_equal(values, _signal(12))
    assert description == "held-out data of one piece, 12 steps"


def test_two_windows_are_played_at_least():
    assert len(_described(_windows(_signal(12), 4, 4), None, 1)[0]) == 8


def test_a_larger_hop_is_given_what_it_leaves_out_at_the_end():
    info = StreamInfo("io", 4, 0, 1, (StreamOutput(0),), window=8)
    assert len(sequence_of(Recording(_windows(_signal(40), 8, 8), "x"), SPEC, info, least=30).values) == 36


def test_time_is_first_wherever_the_model_has_it():
    spec, info = TensorSpec("x", (1, 3, 1, 2), "int8", None), StreamInfo("io", 1, 0, 2, (StreamOutput(0),), window=5)
    windows = np.random.default_rng(0).standard_normal((6, 3, 5, 2)).astype(np.float32)
    values = sequence_of(Recording(windows, "x"), spec, info, least=30).values
    assert values.shape == (30, 3, 2)
    np.testing.assert_array_equal(values[7], windows[1, :, 2])


def test_a_step_without_an_axis_of_time_takes_the_steps_of_the_windows():
    spec, info = TensorSpec("x", (1, 2), "int8", None), StreamInfo("io", 1, 0, 0, (StreamOutput(0),))
    values = sequence_of(Recording(_windows(_signal(12), 4, 4), "x"), spec, info, least=12).values
    np.testing.assert_array_equal(values, _signal(12))


@pytest.mark.parametrize("shape", [(3, 4, 5), (3, 4), (3,), (0, 4, 2), (3, 4, 2, 1)])
def test_windows_that_do_not_fit_are_refused(shape):
    with pytest.raises(
        InputError, match=r"^samples: the stream takes windows \(N, steps, 2\) or one signal \(steps, 2\), rec"
    ):
        sequence_of(Recording(np.zeros(shape, np.float32), "x"), SPEC, INFO)


@pytest.mark.parametrize(("dtype", "least", "most"), [("int8", -128, 127), ("int16", -32768, 32767)])
def test_noise_takes_the_whole_range_of_the_input(dtype, least, most):
    values = random_sequence(TensorSpec("x", (1, 1, 7), dtype, None), INFO, 200_000).values
    assert values.shape == (200_000, 7)
    assert (values.dtype, values.min(), values.max()) == (np.dtype(dtype), least, most)


def test_noise_for_a_float_model_is_in_floats():
    sequence = random_sequence(TensorSpec("x", (1, 3, 1, 2), "float32", None), StreamInfo("io", 1, 0, 2, ()), 50)
    assert (sequence.values.shape, sequence.values.dtype) == ((50, 3, 2), np.float32)
    assert sequence.description == "a random signal"
