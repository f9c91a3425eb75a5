"""Golden vectors: inputs, and the very integers that TensorFlow Lite Micro makes of them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neuralspot_edge.deployment.golden_play import play_signal, play_windows
from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.streams import stream_info
from neuralspot_edge.graph.view import load_graph
from neuralspot_edge.interpreters.base import Windows
from neuralspot_edge.interpreters.tensors import TensorSpec
from neuralspot_edge.interpreters.tflm import TflmInterpreter
from neuralspot_edge.preprocessing import Preprocessing

__all__ = ["Golden", "check_golden", "make_golden"]

_NO_PREPROCESSING = Preprocessing("none")


@dataclass(frozen=True, eq=False)
class Golden:
    """Windows and what the device gives for them, each from a fresh state; or calls of a step graph, from a reset on.

    Attributes:
        inputs: For each input of the model its raw values, `(windows, *shape of one window)`, in the input's own type;
            of a step graph the signal alone, `(calls, *shape of one call)`.
        outputs: For each output the raw values, in the same way.
    """

    inputs: tuple[npt.NDArray[Any], ...]
    outputs: tuple[npt.NDArray[Any], ...]

    def __len__(self) -> int:
        return len(self.outputs[0])

    def to_npz(self) -> bytes:
        """The content of a `.npz` with `input0`, `input1`, ..., `output0`, ...; the same bytes at any time."""
        named: dict[str, Any] = {f"input{index}": array for index, array in enumerate(self.inputs)}
        named |= {f"output{index}": array for index, array in enumerate(self.outputs)}
        archive = io.BytesIO()
        np.savez(archive, **named)  # Dates every entry 1980-01-01.
        return archive.getvalue()


def make_golden(
    tflite: bytes, samples: Windows, *, preprocessing: Preprocessing = _NO_PREPROCESSING, count: int | None = None
) -> Golden:
    """Plays samples on TensorFlow Lite Micro.

    Args:
        tflite: The content of the file.
        samples: Windows along the first axis, `(windows, *shape of one window)`; an array for each input where the
            model has several. For a step graph its signal, `(steps, channels)`, or windows of it, which are laid end to
            end. Floats are preprocessed and quantized, integers of the input's type go in as they are.
        preprocessing: What the model's inputs go through before they are quantized.
        count: How many windows to take, spread evenly over those given, all where there are fewer; None for eight. For
            a step graph how many calls to make from the first step on; None for as many as take two windows of the
            model that was trained, or 64 where that is not known.

    Returns:
        The raw inputs and outputs.

    Raises:
        InputError: The samples do not fit the model or are none, TensorFlow Lite Micro refuses the file or is not
            installed, or an output is not finite.
    """
    interpreter, stream = TflmInterpreter(tflite), stream_info(load_graph(tflite))
    if stream is None:
        return Golden(*play_windows(interpreter, samples, preprocessing, count))
    return Golden(*play_signal(interpreter, stream, samples, preprocessing, count))


def check_golden(golden: Golden, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> None:
    """Refuses vectors that are not of this model.

    Raises:
        InputError: Number, shape or type of the arrays are not those of the inputs and outputs.
    """
    for role, arrays, specs in (("input", golden.inputs, inputs), ("output", golden.outputs, outputs)):
        expected = [(len(golden), *spec.window_shape, spec.dtype) for spec in specs]
        received = [(*array.shape, array.dtype.name) for array in arrays]
        if expected != received:
            raise InputError(f"golden: the {role}s are {received}, the model has {expected}; make them with this model")
