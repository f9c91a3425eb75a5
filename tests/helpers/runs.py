"""One whole run of the small recipe, made once a session, and ways to spoil its file."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from helpers import small
from neuralspot_edge.graph import load_graph, parse, serialize
from neuralspot_edge.pipeline import RunResult, run


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """Tests that change its folder take a copy."""
    folder = tmp_path_factory.mktemp("finished")
    recipe = small.recipe(small.write_waves(folder), {"training.epochs": 5})
    return run(recipe, folder / "run")


@pytest.fixture(scope="session")
def streamed_run(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """The same of a recipe that streams, two steps a call, with a bundle. The model looks ahead, so that it lags."""
    folder = tmp_path_factory.mktemp("streamed")
    rate = {"window": small.WINDOW, "channels": small.CHANNELS, "sampling_rate": 50}
    changes = {"training.epochs": 2, "export.streaming": {"hop": 2}}
    return run(small.recipe(small.write_waves(folder), changes, input=rate), folder / "run", bundle=True)


def with_one_byte_wrong(tflite: bytes) -> bytes:
    """The sign of the first int8 weight is another."""
    flat, buffers = _weights(tflite)
    data = np.array(buffers[0].data, np.uint8)
    data[0] ^= 0x80
    buffers[0].data = data
    return serialize(flat)


def with_weights_turned_around(tflite: bytes) -> bytes:
    """Every int8 weight is its negative."""
    flat, buffers = _weights(tflite)
    for buffer in buffers:
        buffer.data = (-np.array(buffer.data, np.uint8).view(np.int8)).view(np.uint8)
    return serialize(flat)


def _weights(tflite: bytes) -> tuple[Any, list[Any]]:
    """The flatbuffer, and those of its buffers that hold int8 weights."""
    flat, tensors = parse(tflite), load_graph(tflite).tensors
    places = [tensor.index for tensor in tensors if tensor.is_constant and tensor.dtype == "int8"]
    return flat, [flat.buffers[flat.subgraphs[0].tensors[place].buffer] for place in places]
