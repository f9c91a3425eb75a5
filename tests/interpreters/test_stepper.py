"""The states of a step graph from call to call, against what a delay line must give."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.step_graphs import ZERO_POINT, circular_delay_line, delay_line

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import load_graph, stream_info
from neuralspot_edge.interpreters import LiteRtInterpreter, TflmInterpreter
from neuralspot_edge.interpreters.stepper import Stepper

HOPS = pytest.mark.parametrize("hop", [1, 2, 5])
INTERPRETERS = pytest.mark.parametrize("interpreter", [TflmInterpreter, LiteRtInterpreter])


def _stepper(content: bytes, interpreter=TflmInterpreter) -> Stepper:
    info = stream_info(load_graph(content))
    assert info is not None
    return Stepper(interpreter(content), info)


def _delayed(signal: np.ndarray, steps: int, zero: int) -> np.ndarray:
    return np.concatenate([np.full((steps, *signal.shape[1:]), zero, signal.dtype), signal])[: len(signal)]


def _play(stepper: Stepper, signal: np.ndarray, hop: int) -> np.ndarray:
    return np.concatenate([stepper.step(frames)[0].reshape(hop, 2) for frames in signal.reshape(-1, hop, 2)])


@INTERPRETERS
@HOPS
@pytest.mark.parametrize(("dtype", "zero"), [("int8", ZERO_POINT), ("int16", 0), ("float32", 0)])
def test_the_state_goes_on_from_its_zero_point_and_back_to_it(interpreter, hop, dtype, zero):
    signal = np.random.default_rng(hop).integers(-120, 120, (40, 2)).astype(dtype)
    stepper = _stepper(delay_line(hop, dtype=dtype.upper()), interpreter)
    for _ in range(2):
        np.testing.assert_array_equal(_play(stepper, signal, hop), _delayed(signal, 3, zero))
        stepper.reset()


def test_a_circular_buffer_is_reset_to_its_zero_point():
    signal = np.random.default_rng(0).integers(-128, 128, (40, 2), np.int8)
    stepper = _stepper(circular_delay_line())
    for _ in range(2):
        np.testing.assert_array_equal(_play(stepper, signal, 1), _delayed(signal, 3, ZERO_POINT))
        stepper.reset()


def test_what_a_call_gave_is_not_changed_by_the_next():
    stepper = _stepper(delay_line(4))
    first = stepper.step(np.full((4, 2), 9, np.int8))[0]
    kept = first.copy()
    first[:] = 55
    stepper.step(np.full((4, 2), 77, np.int8))
    assert (first == 55).all()
    assert (kept[0, 0, :, 0] == [ZERO_POINT, ZERO_POINT, ZERO_POINT, 9]).all()


def test_a_call_that_fails_leaves_the_states(monkeypatch):
    stepper = _stepper(delay_line(1, steps=1))
    stepper.step(np.array([[5, 6]], np.int8))
    with monkeypatch.context() as broken:
        broken.setattr(stepper._interpreter, "_run", lambda _: (_ for _ in ()).throw(RuntimeError("no")))
        with pytest.raises(InputError, match="cannot run the model: no"):
            stepper.step(np.array([[7, 8]], np.int8))
    assert stepper.step(np.array([[9, 9]], np.int8))[0].ravel().tolist() == [5, 6]
