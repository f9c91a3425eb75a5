"""A step graph beside its window graph, in words and figures for a person. From the JSON form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from neuralspot_edge.reports.values import NOTHING, change, count, dig, figure, is_number

__all__ = ["ProofStatus", "proof_status", "stream_costs", "stream_lines", "stream_proof"]

ProofStatus = Literal["passed", "failed", "not proven", "not run"]

_PLACES = {"io": "as inputs and outputs, kept beside the arena", "tflm": "in CIRCULAR_BUFFER, kept in the arena"}
_PLAYERS = {"tflm": "TensorFlow Lite Micro", "litert": "LiteRT"}


def stream_lines(streaming: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """How it is played: names and values."""
    yield "hop", _steps(streaming.get("hop"))
    yield "delay", _delay(streaming)
    states = streaming.get("states") or ()
    place = _PLACES.get(str(streaming.get("state")), "")
    yield "states", f"{len(states)} {place}: {count(streaming.get('state_bytes'))} bytes"


def stream_costs(streaming: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """What a call costs: a label, the figure of a whole window, that of the step graph, how far they are apart."""
    for label, key in (("MACs", "macs"), ("arena, bytes", "arena_bytes"), ("file, bytes", "size_bytes")):
        window, step = (dig(streaming, side, key) for side in ("window_graph", "step_graph"))
        apart = change(step, window)
        if key == "macs" and is_number(streaming.get("times_fewer_macs")):
            apart = f"{figure(streaming['times_fewer_macs'], 3)} times fewer"
        yield label, count(window), count(step), apart


def proof_status(streaming: Mapping[str, Any]) -> ProofStatus:
    """Whether the two were seen to give the same."""
    proof = streaming.get("proof")
    if not proof:
        return "not run"
    if not dig(proof, "comparison", "values"):
        return "not proven"
    return "passed" if proof.get("holds") else "failed"


def stream_proof(streaming: Mapping[str, Any]) -> str:
    """What was played, and in how many values the two differ; empty where nothing was."""
    proof, comparison = streaming.get("proof") or {}, dig(streaming, "proof", "comparison")
    if not comparison:
        return "not proven: TensorFlow Lite Micro cannot run here" if proof else ""
    return (
        f"{count(comparison['differing'])} of {count(comparison['values'])} values differ from the window graph's: "
        f"{count(comparison['steps'])} steps of {proof['signal']}, played by {_PLAYERS[proof['interpreter']]}"
    )


def _steps(value: Any) -> str:
    if not is_number(value):
        return NOTHING
    return "1 step" if value == 1 else f"{count(value)} steps"


def _delay(streaming: Mapping[str, Any]) -> str:
    if not streaming.get("delay_steps"):
        return "none"
    milliseconds = streaming.get("delay_ms")
    return _steps(streaming["delay_steps"]) + (f", {figure(milliseconds)} ms" if is_number(milliseconds) else "")
