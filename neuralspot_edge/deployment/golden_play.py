"""What TensorFlow Lite Micro makes of samples: of windows, each by itself, or of a signal, call after call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.streams import StreamInfo
from neuralspot_edge.interpreters.base import BaseInterpreter, Windows
from neuralspot_edge.interpreters.frame_layout import FrameLayout
from neuralspot_edge.interpreters.frame_values import FrameEncoder
from neuralspot_edge.interpreters.stepper import Stepper
from neuralspot_edge.interpreters.tensors import TensorSpec, check_type, check_windows, in_order
from neuralspot_edge.preprocessing import Preprocessing

__all__ = ["play_signal", "play_windows"]

Arrays: TypeAlias = tuple[npt.NDArray[Any], ...]

_WINDOWS = 8
"""Few enough for any flash, enough that a wrong kernel does not pass by luck."""

_WINDOW_LENGTHS = 2
"""How much of a signal is taken, in windows of the model that was trained: every state is filled, and filled again."""

_CALLS = 64
"""How many calls are made where no window is known."""


def play_windows(
    interpreter: BaseInterpreter, samples: Windows, preprocessing: Preprocessing, count: int | None
) -> tuple[Arrays, Arrays]:
    """Plays windows, each from a fresh state.

    Args:
        interpreter: The model.
        samples: See `make_golden`.
        preprocessing: What floats go through before they are quantized.
        count: How many windows to take; None for eight.

    Returns:
        The raw inputs and outputs, windows along the first axis.

    Raises:
        InputError: The samples do not fit or are none, or an output is not finite.
    """
    specs, count = interpreter.inputs, _WINDOWS if count is None else count
    given = zip(in_order(samples, specs), specs, strict=True)
    arrays = [_preprocess(array, spec, preprocessing) for array, spec in given]
    available, _ = check_windows(arrays, specs)
    if not available or count < 1:
        raise InputError(f"samples: {available} windows, {count} to be taken; a self-test needs at least one")
    chosen = np.linspace(0, available - 1, min(count, available)).round().astype(int)
    inputs = tuple(spec.to_raw(array[chosen]) for array, spec in zip(arrays, specs, strict=True))
    played = []
    for values in zip(*inputs, strict=True):
        interpreter.reset()
        # `predict` would give real values wherever an input is float32.
        played.append(interpreter.invoke(*(v.reshape(s.shape) for v, s in zip(values, specs, strict=True))))
    return inputs, _stacked(interpreter.outputs, played)


def play_signal(
    interpreter: BaseInterpreter, info: StreamInfo, samples: Windows, preprocessing: Preprocessing, count: int | None
) -> tuple[Arrays, Arrays]:
    """Plays the beginning of a signal on a step graph, call after call from a reset.

    Args:
        interpreter: The step graph.
        info: How it is played.
        samples: See `make_golden`.
        preprocessing: What floats go through before they are quantized.
        count: How many calls to make; None for as many as take two windows of the model that was trained.

    Returns:
        The raw inputs and outputs of the signal, without the states, calls along the first axis.

    Raises:
        InputError: The samples do not fit or are less than a call takes, or an output is not finite.
    """
    stepper = Stepper(interpreter, info)
    layout = FrameLayout(stepper.input.shape, info.axis)
    signal, time = _signal(samples, interpreter.inputs, info, layout)
    check_type(signal, stepper.input, "step")
    if count is None:
        count = _CALLS if info.window is None else -(-_WINDOW_LENGTHS * info.window // info.hop)
    count = min(count, signal.shape[time] // info.hop)
    if count < 1:
        raise InputError(
            f"samples: {signal.shape[time]} steps, a call takes {info.hop}; a self-test needs at least one call"
        )
    calls = layout.split(np.take(signal, range(count * info.hop), axis=time))
    encode = FrameEncoder(stepper.input, preprocessing, layout.channels)
    raw = encode(calls) if calls.dtype.kind == "f" else calls
    stepper.reset()
    played = [stepper.step(frames) for frames in raw]
    return (raw.reshape(count, *stepper.input.window_shape),), _stacked(stepper.outputs, played)


def _signal(
    samples: Windows, specs: Sequence[TensorSpec], info: StreamInfo, layout: FrameLayout
) -> tuple[npt.NDArray[Any], int]:
    """The signal and its axis of time; windows of it are laid end to end, and what is given for states is left."""
    if isinstance(samples, Mapping) or (isinstance(samples, Sequence) and len(samples) == len(specs) > 1):
        signal = in_order(samples, specs)[info.input]
    else:
        signal = np.asarray(samples)
    time = layout.time_in(signal.shape)
    if time is None and len(signal):
        time = layout.time_in(signal.shape[1:])
        signal = signal if time is None else np.concatenate(list(signal), axis=time)
    if time is None:
        raise layout.refusal("samples", signal.shape, "N")
    return signal, time


def _stacked(specs: Sequence[TensorSpec], played: Sequence[Sequence[npt.NDArray[Any]]]) -> Arrays:
    outputs = []
    for index, spec in enumerate(specs):
        output = np.stack([values[index].reshape(spec.window_shape) for values in played])
        if not np.isfinite(output).all():
            raise InputError(f"output {spec.name!r} is not finite for these samples: there is nothing to compare with")
        outputs.append(output)
    return tuple(outputs)


def _preprocess(array: npt.NDArray[Any], spec: TensorSpec, preprocessing: Preprocessing) -> npt.NDArray[Any]:
    takes_signal = spec.quantization is not None or spec.dtype == "float32"
    return preprocessing.apply(array) if takes_signal and array.dtype.kind == "f" else array
