"""Playing a step graph: samples in as they come, outputs out, the states kept in between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.card import ModelCard
from neuralspot_edge.graph.flatbuffer import read_model
from neuralspot_edge.graph.streams import StreamInfo, stream_info
from neuralspot_edge.graph.view import Graph, load_graph
from neuralspot_edge.interpreters.base import Array, Interpreter, Prediction, Progress, TensorSpec
from neuralspot_edge.interpreters.frame_layout import FrameLayout
from neuralspot_edge.interpreters.frame_values import FrameDecoder, FrameEncoder
from neuralspot_edge.interpreters.litert import LiteRtInterpreter
from neuralspot_edge.interpreters.stepper import Stepper
from neuralspot_edge.interpreters.tensors import check_type
from neuralspot_edge.interpreters.tflm import TflmInterpreter
from neuralspot_edge.interpreters.tflm_trial import is_installed
from neuralspot_edge.preprocessing import Preprocessing
from neuralspot_edge.suggestions import unknown_name

__all__ = ["InterpreterName", "StreamingSession"]

InterpreterName: TypeAlias = Literal["tflm", "litert"]

_INTERPRETERS: Mapping[str, Callable[[bytes], Interpreter]] = {"tflm": TflmInterpreter, "litert": LiteRtInterpreter}

_BLOCK_CALLS = 4096
"""Calls whose values are converted together: enough that it is not felt, few enough for any memory."""


class StreamingSession:
    """A step graph with its states, from its first sample on.

    All that it needs is in the file: which output is the next value of which input, the hop, the delay and the
    preprocessing. Sessions on one model have nothing in common. One session belongs to one thread at a time.

    Args:
        source: A path, or the content itself: what `nse stream` writes, or the step model of a recurrent network.
        interpreter: `tflm` for TensorFlow Lite Micro, `litert` for LiteRT's reference kernels; None for the first of
            these that is installed.

    Attributes:
        info: How the graph is played.
        card: What the file says of its model; None where it says nothing.
        input: The signal.
        outputs: What a call gives, in order; the states are not among it.

    Raises:
        InputError: The file is no step graph, its preprocessing needs whole windows, or the interpreter is unknown, is
            not installed or does not run it.
    """

    def __init__(self, source: bytes | str | Path, *, interpreter: InterpreterName | None = None) -> None:
        content = read_model(source)
        graph = load_graph(content)
        self.info = _info(graph)
        self.card = ModelCard.in_metadata(graph.metadata)
        self._stepper = Stepper(_interpreter(content, self.info, interpreter), self.info)
        self.input: TensorSpec = self._stepper.input
        self.outputs: tuple[TensorSpec, ...] = self._stepper.outputs
        self._layout = FrameLayout(self.input.shape, self.info.axis)
        self._output_layouts = tuple(
            FrameLayout(spec.shape, output.axis) for spec, output in zip(self.outputs, self.info.outputs, strict=True)
        )
        self._encode = FrameEncoder(self.input, _preprocessing(self.card, self.input), self._layout.channels)
        self._decode = tuple(FrameDecoder(spec) for spec in self.outputs)

    @property
    def hop(self) -> int:
        """Input steps that a call takes."""
        return self.info.hop

    @property
    def delay(self) -> int:
        """Input steps by which the output lags behind the input, the most of any output."""
        return self.info.delay_steps

    def reset(self) -> None:
        """Begins anew: the states are zeros again."""
        self._stepper.reset()

    def step(self, frames: npt.ArrayLike) -> Prediction:
        """Takes the next samples and answers in kind.

        Floats are preprocessed as the file says and quantized, and all outputs come back as float32 real values.
        Integers of the input's own type go in as they are, and the raw outputs come back.

        Args:
            frames: As many as the hop, (hop, channels), or of the input's shape without the batch; with a hop of 1
                (channels,) will do.

        Returns:
            (frames, channels) for an output along time, (channels,) for one that is a single value a call; a tuple
            where there are several outputs. The first frames of a delayed output are of no use.

        Raises:
            InputError: Shape or type do not fit or a value is NaN, and nothing was played; or the model failed.
        """
        array = np.asarray(frames)
        if array.shape not in self._layout.accepted:
            raise self._layout.refusal("frames", array.shape, self.hop)
        check_type(array, self.input, "frame")
        as_real = array.dtype.kind == "f"
        array = array.reshape(self._layout.seen)
        values = self._stepper.step(self._encode(array) if as_real else array)
        if as_real:
            values = [decode(value) for decode, value in zip(self._decode, values, strict=True)]
        return _one_or_all(
            value.reshape(layout.seen) for layout, value in zip(self._output_layouts, values, strict=True)
        )

    def play(self, signal: npt.ArrayLike, *, progress: Progress | None = None) -> Prediction:
        """Takes a whole signal, call by call, from the states as they are, and answers in kind as `step` does.

        Args:
            signal: (N, channels), or N in the place of the hop in the input's shape without the batch; N a multiple of
                the hop, or 0.
            progress: Called after each call with the calls done and their number.

        Returns:
            What the calls gave, one behind the other: (calls * frames, channels), or (calls, channels) for an output
            that is a single value a call; a tuple where there are several outputs.

        Raises:
            InputError: Shape or type do not fit, N is no multiple of the hop or a value is NaN, and nothing was played;
                or the model failed.
        """
        calls = self._layout.split(np.asarray(signal))
        check_type(calls, self.input, "call")
        as_real = calls.dtype.kind == "f"
        results = [self._room(place, len(calls), as_real) for place in range(len(self.outputs))]
        for start in range(0, len(calls), _BLOCK_CALLS):
            block = slice(start, start + _BLOCK_CALLS)
            raw = self._encode(calls[block]) if as_real else calls[block]
            kept = [np.empty((len(raw), *spec.shape), spec.dtype) for spec in self.outputs]
            for index, frames in enumerate(raw):
                for values, value in zip(kept, self._stepper.step(frames), strict=True):
                    values[index] = value
                if progress is not None:
                    progress(start + index + 1, len(calls))
            for result, decode, values in zip(results, self._decode, kept, strict=True):
                result[block] = (decode(values) if as_real else values).reshape(len(raw), *result.shape[1:])
        return _one_or_all(layout.join(result) for layout, result in zip(self._output_layouts, results, strict=True))

    def _room(self, place: int, calls: int, as_real: bool) -> Array:
        dtype = self._decode[place].dtype if as_real else self.outputs[place].dtype
        return np.empty((calls, *self._output_layouts[place].seen), dtype)


def _info(graph: Graph) -> StreamInfo:
    info = stream_info(graph)
    if info is None:
        raise InputError("the model takes whole windows, it is no step graph; make one with nse stream MODEL.tflite")
    return info


def _interpreter(content: bytes, info: StreamInfo, name: str | None) -> Interpreter:
    if name is not None and name not in _INTERPRETERS:
        raise InputError(unknown_name("interpreter", name, _INTERPRETERS))
    has_tflm = is_installed()
    if info.state == "tflm" and (name == "litert" or not has_tflm):
        missing = "" if has_tflm else ", and tflite-micro is not installed"
        raise InputError(
            f"the states of this model are in CIRCULAR_BUFFER, which only TensorFlow Lite Micro has{missing}; "
            "to play it with LiteRT make the step graph with --state io"
        )
    return _INTERPRETERS[name or ("tflm" if has_tflm else "litert")](content)


def _preprocessing(card: ModelCard | None, spec: TensorSpec) -> Preprocessing:
    """What samples go through; integers that stand for no real number, such as the indices of words, nothing."""
    is_signal = spec.quantization is not None or spec.dtype == "float32"
    return card.preprocessing if card is not None and is_signal else Preprocessing("none")


def _one_or_all(results: Iterable[Array]) -> Prediction:
    every = tuple(results)
    return every[0] if len(every) == 1 else every
