"""The proof of a step graph: the same values as its window graph, and on TensorFlow Lite Micro as on LiteRT."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from neuralspot_edge.deployment.golden_play import play_signal
from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import load_graph
from neuralspot_edge.graph.streams import StreamInfo, stream_info
from neuralspot_edge.interpreters import LiteRtInterpreter, TensorSpec, TflmInterpreter, available
from neuralspot_edge.interpreters.base import BaseInterpreter, Progress
from neuralspot_edge.interpreters.litert import specs
from neuralspot_edge.pipeline.agreement import NO_TFLM, Agreement, lsb_check, output_steps
from neuralspot_edge.pipeline.checks import Check, Status
from neuralspot_edge.pipeline.sequences import Recording, Sequence, sequence_of
from neuralspot_edge.preprocessing import Preprocessing
from neuralspot_edge.recipes import GatesSpec
from neuralspot_edge.streaming import StreamComparison, compare_stream

__all__ = [
    "StreamChecks",
    "StreamProof",
    "check_stream",
    "compare_steps",
    "equality_check",
    "prove_stream",
    "signal_of",
]

_ON_DEVICE = "stream_tflm_vs_litert"
_NO_PREPROCESSING = Preprocessing("none")
_NO_LITERT = "its states are in CIRCULAR_BUFFER, which LiteRT does not have; state io can be compared"


@dataclass(frozen=True)
class StreamProof:
    """What was played through a step graph and its window graph, and what came of it.

    Attributes:
        signal: What was played, in words.
        interpreter: What played it; None where nothing here can.
        comparison: The two outputs, value by value; None where nothing was played.
    """

    signal: str
    interpreter: Literal["tflm", "litert"] | None
    comparison: StreamComparison | None

    @property
    def holds(self) -> bool:
        """Whether values were compared, and all are equal."""
        return self.comparison is not None and self.comparison.equal


_NO_PROOF = Check(
    "stream_vs_window", "not run", detail="its window graph is missing: --against model.tflite, or against= in Python"
)


def prove_stream(window: bytes, step: bytes, sequence: Sequence, progress: Progress | None = None) -> StreamProof:
    """Plays a signal through both graphs, on TensorFlow Lite Micro where that is installed.

    Args:
        window: The window graph.
        step: The step graph that was made of it.
        sequence: What to play; real numbers are quantized, integers go in as they are.
        progress: Called with the steps that were played and their number.

    Raises:
        InputError: The two do not belong together, or the signal does not fit.
    """
    spec, info = signal_of(step)
    has_tflm = "TflmInterpreter" in available()
    if not has_tflm and info.state == "tflm":
        return StreamProof(sequence.description, None, None)
    interpreter: Literal["tflm", "litert"] = "tflm" if has_tflm else "litert"
    raw = spec.to_raw(sequence.values)
    comparison = compare_stream(window, step, raw, interpreter=interpreter, progress=progress)
    return StreamProof(sequence.description, interpreter, comparison)


def equality_check(proof: StreamProof) -> Check:
    """The verdict on a proof: not one value may differ."""
    comparison = proof.comparison
    if comparison is None:
        return Check("stream_vs_window", "not proven", detail=NO_TFLM)
    if not comparison.values:
        return Check("stream_vs_window", "not proven", detail=f"{proof.signal} is shorter than the delay")
    status: Status = "passed" if proof.holds else "failed"
    figure = float(comparison.differing)
    detail = f"{comparison.steps:,} steps of {proof.signal}; {comparison.values:,} values"
    if proof.interpreter == "litert":
        detail += ", played by LiteRT"
    return Check("stream_vs_window", status, figure, 0.0, "values", detail)


@dataclass(frozen=True)
class StreamChecks:
    """Both checks of a step graph.

    Attributes:
        equality: Against its window graph.
        on_device: TensorFlow Lite Micro against LiteRT.
        calls: Calls that were played.
    """

    equality: Check
    on_device: Agreement
    calls: int

    @property
    def all(self) -> tuple[Check, Check]:
        """The verdicts."""
        return self.equality, self.on_device.check


def check_stream(
    step: bytes,
    recording: Recording,
    gates: GatesSpec,
    *,
    against: bytes | None = None,
    proof: StreamProof | None = None,
    progress: Progress | None = None,
) -> StreamChecks:
    """Proves a step graph on a recording.

    Args:
        step: The step graph.
        recording: What to play.
        gates: `max_lsb`.
        against: Its window graph; without one equality is "not run".
        proof: What was proven with it already; None has it played here.
        progress: Called with the steps that were played and their number.

    Raises:
        InputError: The file is no step graph, the two do not belong together, or the recording does not fit.
    """
    spec, info = signal_of(step)
    sequence = sequence_of(recording, spec, info)
    if proof is None and against is not None:
        proof = prove_stream(against, step, sequence, progress)
    on_device, calls = compare_steps(step, sequence, gates), len(sequence.values) // info.hop
    if proof is not None:
        return StreamChecks(equality_check(proof), on_device, calls)
    if on_device.check.status == "not run":
        # Neither can be tried: what is not compared with anything is not right by default.
        on_device = replace(on_device, check=replace(on_device.check, status="not proven"))
    return StreamChecks(_NO_PROOF, on_device, calls)


def compare_steps(step: bytes, sequence: Sequence, gates: GatesSpec) -> Agreement:
    """Plays a signal through a step graph on TensorFlow Lite Micro and on LiteRT's reference kernels.

    Args:
        step: The step graph.
        sequence: What to play.
        gates: `max_lsb`.

    Returns:
        The verdict, on the outputs of all calls; "not run", and without any, where LiteRT has no kernel for states.
    """
    info = signal_of(step)[1]
    if info.state == "tflm":
        return Agreement(Check(_ON_DEVICE, "not run", detail=_NO_LITERT), None, 0, np.empty((0,)))
    expected = _play(LiteRtInterpreter(step), info, sequence)
    total = sum(array.size for array in expected)
    outputs = [output.index for output in info.outputs]
    if "TflmInterpreter" not in available():
        return Agreement(Check(_ON_DEVICE, "not proven", detail=NO_TFLM), None, total, expected[0])
    received = _play(TflmInterpreter(step), info, sequence)
    differing = sum(int((one != other).sum()) for one, other in zip(received, expected, strict=True))
    every = output_steps(step)
    check = lsb_check(received, expected, [every[index] for index in outputs], gates)
    detail = f"{len(received[0]):,} calls, {differing} of {total} values differ"
    return Agreement(replace(check, name=_ON_DEVICE, detail=detail), differing, total, received[0])


def signal_of(step: bytes) -> tuple[TensorSpec, StreamInfo]:
    """The signal's tensor in a step graph, and how the graph is played.

    Raises:
        InputError: The file takes whole windows.
    """
    graph = load_graph(step)
    info = stream_info(graph)
    if info is None:
        raise InputError("the file takes whole windows; nse stream MODEL.tflite makes a step graph of it")
    return specs(graph)[0][info.input], info


def _play(interpreter: BaseInterpreter, info: StreamInfo, sequence: Sequence) -> tuple[np.ndarray, ...]:
    # The values are preprocessed already.
    signal = np.moveaxis(sequence.values, 0, max(info.axis, 1) - 1)
    calls = len(sequence.values) // info.hop
    return play_signal(interpreter, info, signal, _NO_PREPROCESSING, calls)[1]
