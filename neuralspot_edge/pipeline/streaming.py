"""A step graph beside its window graph: made, weighed against it, and proven."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neuralspot_edge.errors import InputError, ProofError
from neuralspot_edge.graph import load_graph
from neuralspot_edge.graph.stream_facts import StreamFacts, stream_facts
from neuralspot_edge.graph.streams import StateForm
from neuralspot_edge.models.params import validate
from neuralspot_edge.pipeline.profile import profile
from neuralspot_edge.pipeline.sequences import Recording, random_sequence, sequence_of
from neuralspot_edge.pipeline.stream_proof import StreamProof, prove_stream, signal_of
from neuralspot_edge.recipes import Recipe, StreamingSpec
from neuralspot_edge.streaming import stream

__all__ = [
    "GraphCosts",
    "StreamCosts",
    "Streamed",
    "make_step_graph",
    "stream_file",
    "streamed",
    "streaming_spec",
    "weigh_stream",
]

_NOISE_WINDOWS = 4
"""How much noise is played, in windows: it is quick, and the states are filled several times."""


@dataclass(frozen=True)
class GraphCosts:
    """One of the two graphs.

    Attributes:
        macs: Multiply-accumulates of a call.
        arena_bytes: Working memory, as in `Totals`.
        size_bytes: Of the file.
    """

    macs: int
    arena_bytes: int
    size_bytes: int


@dataclass(frozen=True)
class StreamCosts:
    """What a call of a step graph costs, and what it would cost to run a whole window in its place.

    Attributes:
        window_graph: A whole window.
        step_graph: A call.
        times_fewer_macs: How many times the MACs of a call go into those of a window; None where a call has none.
    """

    window_graph: GraphCosts
    step_graph: GraphCosts
    times_fewer_macs: float | None


@dataclass(frozen=True)
class Streamed:
    """A step graph, what it costs and whether it is right.

    Attributes:
        facts: How it is played.
        costs: Beside its window graph.
        proof: What was played through both; None where nothing was.
    """

    facts: StreamFacts
    costs: StreamCosts
    proof: StreamProof | None = None


def streaming_spec(
    recipe: Recipe | None, streaming: StreamingSpec | Mapping[str, Any] | None = None
) -> StreamingSpec | None:
    """How a model is to be streamed: as was asked for, else as its recipe says; None for not at all.

    Raises:
        InputError: What was asked for is not legal.
    """
    if streaming is not None:
        return validate(StreamingSpec, streaming, "streaming")
    return recipe.export.streaming if recipe is not None else None


def make_step_graph(window: bytes, spec: StreamingSpec) -> bytes:
    """The step graph of a window graph; see `neuralspot_edge.streaming.stream`.

    Raises:
        InputError: A layer does not stream, or hop and state do not fit the model; with the field's name.
    """
    try:
        return _stream(window, spec.hop, spec.state)
    except InputError as error:
        is_field = str(error).partition(":")[0] in StreamingSpec.model_fields
        raise InputError(f"export.streaming{'.' if is_field else ': '}{error}") from error


def streamed(window: bytes, spec: StreamingSpec, recording: Recording) -> tuple[bytes, Streamed]:
    """Makes a step graph, weighs it and proves it.

    Args:
        window: The window graph.
        spec: Its hop and its form of states.
        recording: What to play through both.

    Returns:
        The content of the step graph, and what is known of it.

    Raises:
        InputError: See `make_step_graph`; or the recording does not fit the model.
    """
    step = make_step_graph(window, spec)
    proof = prove_stream(window, step, sequence_of(recording, *signal_of(step)))
    return step, weigh_stream(window, step, proof)


def stream_file(
    window: bytes, hop: int = 1, state: StateForm = "io", *, time_axis: int | None = None
) -> tuple[bytes, Streamed]:
    """Makes a step graph of any file, weighs it, and proves it on noise for want of data.

    Args:
        window: The window graph.
        hop: Input steps of a call.
        state: Where the states are.
        time_axis: The input's axis of time; see `neuralspot_edge.streaming.stream`.

    Returns:
        The content of the step graph, and what is known of it; nothing is proven where this machine cannot play it.

    Raises:
        InputError: The file is a step graph already, or it does not stream.
        ProofError: A value differs.
    """
    if stream_facts(load_graph(window)) is not None:
        raise InputError("the file is a step graph already; give the model of whole windows that it was made of")
    step = _stream(window, hop, state, time_axis)
    spec, info = signal_of(step)
    steps = _NOISE_WINDOWS * (info.window or 1) + 2 * (hop - 1)
    proof = prove_stream(window, step, random_sequence(spec, info, steps))
    if proof.comparison is not None and not proof.holds:
        raise ProofError(
            f"{proof.comparison.differing:,} of {proof.comparison.values:,} values of the step graph differ from the "
            "window graph's on a random signal, nothing was written; please report it with the model"
        )
    return step, weigh_stream(window, step, proof)


def weigh_stream(window: bytes, step: bytes, proof: StreamProof | None = None) -> Streamed:
    """Weighs a step graph against its window graph.

    Args:
        window: The window graph.
        step: The step graph.
        proof: What was proven of the two.

    Raises:
        InputError: The second is no step graph, or one of them is damaged.
    """
    facts, (whole, call) = stream_facts(load_graph(step)), map(_costs, (window, step))
    if facts is None:
        raise InputError("the file takes whole windows; nse stream MODEL.tflite makes a step graph of it")
    return Streamed(facts, StreamCosts(whole, call, whole.macs / call.macs if call.macs else None), proof)


def _stream(window: bytes, hop: int, state: StateForm, time_axis: int | None = None) -> bytes:
    if any(tensor.dtype == "float16" for tensor in load_graph(window).tensors):
        raise InputError("a float16 file does not stream, it is for LiteRT; export it in int8, int16x8 or float32")
    return stream(window, hop, state, time_axis=time_axis)


def _costs(content: bytes) -> GraphCosts:
    totals = profile(content).totals
    return GraphCosts(totals.macs, totals.arena_bytes, len(content))
