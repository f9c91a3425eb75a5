"""What the interpreters do where the C++ code would take the process with it."""

import os
import signal
import sys
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from graph import tiny_models, whole_graphs

from neuralspot_edge.errors import InputError
from neuralspot_edge.interpreters import LiteRtInterpreter, TflmInterpreter, trial
from neuralspot_edge.interpreters.trial import TrialWorker, try_out
from neuralspot_edge.processes import shared

TESTS = str(Path(__file__).parents[1])


class Obedient(TrialWorker):
    module = "helpers.obedient_worker"
    environment: ClassVar[dict[str, str]] = {
        "PYTHONPATH": os.pathsep.join([TESTS, *sys.path]),
        "OBEDIENT_FORK": "1",
    }
    interpreter = "Obedient"


def test_a_file_on_which_tflite_micro_crashes_is_an_error():
    with pytest.raises(InputError, match=r"^TFLite Micro crashed on the model \(SIGSEGV\); this process is unharmed"):
        TflmInterpreter(tiny_models.running_sum(3, bias=False))
    assert LiteRtInterpreter(tiny_models.running_sum(3, bias=False)).predict(np.ones((1, 1), np.float32)).shape == (
        1,
        1,
    )


def test_a_loop_without_end_is_stopped():
    endless = whole_graphs.loop(limit=2**31 - 1)
    with pytest.raises(InputError, match=r"^TFLite Micro was stopped on the model: no answer within 0\.5 s$"):
        TflmInterpreter(endless, time_limit=0.5)


def test_a_loop_with_an_end_runs():
    runner = TflmInterpreter(whole_graphs.loop(limit=3, width=2))
    (result,) = runner.invoke(np.zeros(1, np.int32), np.array([[1.0, 2.0]], np.float32))
    np.testing.assert_array_equal(result, [[16.0, 32.0]])


def test_what_was_tried_once_is_not_tried_again(models, monkeypatch):
    first = TflmInterpreter(models["int8"])
    monkeypatch.setattr(trial, "_outcome", lambda *_: pytest.fail("it was tried again"))
    x = np.ones((1, 1, 16, 3))
    np.testing.assert_array_equal(TflmInterpreter(models["int8"]).predict(x), first.predict(x))


@pytest.mark.parametrize(
    ("order", "message"),
    [
        (("die", signal.SIGABRT), r"^Obedient crashed on the model \(SIGABRT\).*unharmed; it last said: last words$"),
        (("exit", 9), r"^Obedient crashed on the model \(exit status 9\); this process is unharmed$"),
        (("refuse", "out of memory"), r"^Obedient refuses the model: out of memory$"),
        (("sleep", 60), r"^Obedient was stopped on the model: no answer within 0\.3 s$"),
    ],
)
def test_each_end_has_its_message_and_is_remembered(order, message):
    for _ in range(2):
        with pytest.raises(InputError, match=message):
            obey(order)
    assert shared(Obedient).is_alive


def obey(order):
    """The worker takes the content and one detail for the verb and the value of an order."""
    verb, value = order
    return try_out(Obedient, verb.encode(), value, time_limit=0.3)
