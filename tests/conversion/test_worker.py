"""A crash of the converter, an interrupt, a refusal: each is an error, and the next conversion works."""

from __future__ import annotations

import os
import signal
import threading

import keras
import numpy as np
import pytest
from helpers import tcn
from helpers.tflite import convert_with, most_lsb_apart

from neuralspot_edge.conversion import ConversionSettings, convert, shared_worker, trace
from neuralspot_edge.conversion.converter import Job
from neuralspot_edge.errors import ConversionError


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return tcn.randomize(tcn.build({"blocks": [{"filters": 4}]}, (16, 2)))


def _converts(model: keras.Model) -> bool:
    x = tcn.windows((16, 2))
    return most_lsb_apart(convert_with(model, x), x) <= 1


def test_the_worker_is_used_again(model):
    worker = shared_worker()
    assert _converts(model)
    assert _converts(model)
    assert shared_worker() is worker


def test_a_killed_worker_is_an_error_that_names_the_signal_and_is_replaced(model):
    worker = shared_worker()
    assert _converts(model)
    os.kill(worker._process.pid, signal.SIGSEGV)
    worker._process.wait()
    with pytest.raises(ConversionError, match=r"crashed \(SIGSEGV\).*unharmed"):
        worker.convert(Job(trace(model), ConversionSettings("float32")))
    assert shared_worker() is not worker
    assert _converts(model)


def test_a_refusal_quotes_the_converter_and_keeps_the_worker(model):
    worker = shared_worker()
    wrong = Job(trace(model), ConversionSettings("int8"), (np.zeros((4, 3, 2), np.float32),))
    with pytest.raises(ConversionError, match="the converter refused the model: "):
        worker.convert(wrong)
    assert worker.is_alive


def test_an_interrupt_ends_the_worker_and_the_next_conversion_works(model):
    """The samples are as many as keep the converter busy for minutes, were it not interrupted."""
    samples = np.random.default_rng(0).standard_normal((2_000_000, 16, 2)).astype(np.float32)
    worker = shared_worker()
    assert _converts(model)
    threading.Timer(1.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        convert(model, ConversionSettings("int8"), [samples])
    assert not worker.is_alive
    assert _converts(model)


def test_in_process_conversion_gives_the_same_file(model):
    x = tcn.windows((16, 2))
    settings = ConversionSettings("int8")
    assert convert(model, settings, [x], isolated=False) == convert(model, settings, [x])
