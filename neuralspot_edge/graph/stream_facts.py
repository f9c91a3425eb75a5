"""What a user of a step graph asks first: its hop, its delay, and what it remembers, in whichever form."""

from __future__ import annotations

from dataclasses import dataclass

from neuralspot_edge.graph.card import ModelCard
from neuralspot_edge.graph.streams import StateForm, StreamInfo, stream_info
from neuralspot_edge.graph.view import Graph, Tensor

__all__ = ["KeptState", "StreamFacts", "stream_facts"]

_CIRCULAR_BUFFER = "CIRCULAR_BUFFER"


@dataclass(frozen=True)
class KeptState:
    """A state of a step graph.

    Attributes:
        name: What the graph calls it.
        shape: Its dimensions.
        dtype: Its element type.
        size_bytes: What it takes: beside the arena where it goes in and out, else within it.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    size_bytes: int


@dataclass(frozen=True)
class StreamFacts:
    """How a step graph is played.

    Attributes:
        hop: Input steps of a call.
        state: Where the states are: `io`, kept by the caller beside the arena; `tflm`, in the arena.
        window: Input steps of the window graph that it was made of; None where there was none.
        delay_steps: Input steps by which the output lags behind the input, the most of any output.
        delay_ms: The same in milliseconds; None where the sampling rate is not known.
        states: What is remembered from one call to the next.
        state_bytes: What that takes.
    """

    hop: int
    state: StateForm
    window: int | None
    delay_steps: int
    delay_ms: float | None
    states: tuple[KeptState, ...]
    state_bytes: int


def stream_facts(graph: Graph) -> StreamFacts | None:
    """The facts of a step graph, None for a graph of whole windows.

    Raises:
        InputError: What the file says of itself is damaged, or does not fit the graph.
    """
    info = stream_info(graph)
    if info is None:
        return None
    card = ModelCard.in_metadata(graph.metadata)
    rate = card.sampling_rate if card is not None else None
    states = tuple(_states(graph, info))
    return StreamFacts(
        hop=info.hop,
        state=info.state,
        window=info.window,
        delay_steps=info.delay_steps,
        delay_ms=1000 * info.delay_steps / rate if rate else None,
        states=states,
        state_bytes=sum(state.size_bytes for state in states),
    )


def _states(graph: Graph, info: StreamInfo) -> list[KeptState]:
    """Those that go in and out, in the order of the inputs; or the circular buffers, in the order of execution."""
    if info.state == "io":
        return [_state(graph.input_names[state.input], graph.inputs[state.input]) for state in info.states]
    buffers = (operator for operator in graph.operators if operator.custom_code == _CIRCULAR_BUFFER)
    return [_state(tensor.name, tensor) for operator in buffers for tensor in operator.outputs]


def _state(name: str, tensor: Tensor) -> KeptState:
    return KeptState(name, tensor.shape, tensor.dtype, tensor.size_bytes)
