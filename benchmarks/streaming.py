"""What one hop costs: the step graph of every causal preset against the window graph that it was made of."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np

from benchmarks.harness import Row, exact, paired, say
from neuralspot_edge.conversion import convert
from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import count_costs, load_graph
from neuralspot_edge.graph.stream_facts import stream_facts
from neuralspot_edge.graph.streams import StateForm
from neuralspot_edge.interpreters import StreamingSession, TflmInterpreter, measure_arena
from neuralspot_edge.pipeline.create import convert_untrained
from neuralspot_edge.recipes import Recipe, list_models, load_recipe
from neuralspot_edge.streaming import compare_stream, stream

__all__ = ["call_seconds", "measure", "median_seconds"]

EXAMPLE_WINDOW, EXAMPLE_CLASSES = 128, 5
EXAMPLE: dict[str, Any] = {
    "block_type": "sm",
    "padding": "causal",
    "input_kernel": 5,
    "blocks": [
        {"filters": filters, "dilation": dilation} for filters, dilation in ((16, 1), (24, 2), (32, 4), (32, 8))
    ],
}
"""Four blocks over 128 steps of one channel, whose kernels are small enough for the 1x1 convolutions to prevail."""

HOUR_PRESET, HOUR_DATASET = "tcn-ecg-segmentation-2class", "synthetic-ecg-qrs"
HOUR_HOPS = (1, 25)
EQUALITY_STEPS = 10_000
READINGS, BATCH = 200, 20


@dataclass(frozen=True, eq=False)
class Candidate:
    """A model on the whole window, and what its stream is made of.

    Attributes:
        name: What the table shows.
        window: The window graph, which is run anew for each hop.
        streamed: The window graph that streams: the same, unless that computes its last step only.
    """

    name: str
    window: bytes
    streamed: bytes


def measure(_: Path, pairs: int) -> list[Row]:
    """All rows: each candidate's, then an hour of signal."""
    rows = [row for candidate in _candidates() for row in _measure(candidate, pairs)]
    return [*rows, *(row for hop in HOUR_HOPS for row in _play_an_hour(hop))]


def call_seconds(tflite: bytes, readings: int, batch: int = BATCH) -> float:
    """The median processor time of a call of TensorFlow Lite Micro, without Python's copying in and out."""
    from tflite_micro import runtime

    arena = 2 * measure_arena(tflite).total_bytes
    interpreter = runtime.Interpreter.from_bytes(tflite, arena_size=arena)
    for place, tensor in enumerate(load_graph(tflite).inputs):
        interpreter.set_input(np.zeros(tensor.shape, tensor.dtype), place)
    return median_seconds(interpreter.invoke, readings, batch)


def median_seconds(work: Callable[[], object], readings: int, batch: int = BATCH) -> float:
    """The median processor time of a call, read over some calls at a time, after readings that only warm caches.

    By the clock, long calls would seem slower than they are on a busy machine, where short ones are not interrupted.
    """
    nanoseconds = []
    for _ in range(readings + readings // 10):
        start = time.thread_time_ns()
        for _ in range(batch):
            work()
        nanoseconds.append((time.thread_time_ns() - start) / batch)
    return statistics.median(nanoseconds[readings // 10 :]) / 1e9


def _candidates() -> Iterator[Candidate]:
    """The example, then every preset that sees the past only."""
    yield _example()
    for name in list_models():
        recipe = load_recipe(name)
        if getattr(recipe.model.params, "padding", None) == "causal":
            say(f"{name}: export")
            window = convert_untrained(recipe)
            yield Candidate(name, window, _whole(recipe) or window)


def _example() -> Candidate:
    import keras

    from neuralspot_edge.models import TcnModel, TcnParams

    say("example: export")
    keras.utils.set_random_seed(0)
    model = TcnModel.model_from_params(
        keras.Input((EXAMPLE_WINDOW, 1)), TcnParams.model_validate(EXAMPLE), EXAMPLE_CLASSES
    )
    calibration = np.random.default_rng(0).standard_normal((16, EXAMPLE_WINDOW, 1), np.float32)
    window = convert(model, calibration=[calibration])
    return Candidate("four blocks, 128 steps", window, window)


def _whole(recipe: Recipe) -> bytes | None:
    """The window graph that computes every step, where the preset's computes what its last step needs."""
    if getattr(recipe.model.params, "compute", "all") == "all":
        return None
    return convert_untrained(recipe.override({"model.params.compute": "all"}))


def _measure(candidate: Candidate, pairs: int) -> list[Row]:
    name, window = candidate.name, candidate.window
    try:
        steps: dict[StateForm, bytes] = {form: stream(candidate.streamed, 1, form) for form in get_args(StateForm)}
    except InputError as error:
        return [Row(f"{name}: a step", "", None, None, note=str(error))]
    rows = [exact(f"{name}: MACs", "", _macs(steps["io"]), _macs(window), None)]
    for form, step in steps.items():
        title = f"{name}, {form}"
        rows += [
            _differing(title, candidate.streamed, step),
            exact(f"{title}: RAM", "B", _ram_bytes(step), _ram_bytes(window), None),
            exact(f"{title}: bytes", "B", len(step), len(window), None),
            paired(
                f"{title}: TensorFlow Lite Micro",
                lambda step=step: call_seconds(step, READINGS),
                lambda: call_seconds(window, READINGS, batch=1),
                pairs=pairs,
                target=1,
            ),
        ]
    return rows


def _macs(tflite: bytes) -> int:
    return count_costs(load_graph(tflite)).macs


def _ram_bytes(tflite: bytes) -> int:
    """The arena, and the states that are kept beside it."""
    facts = stream_facts(load_graph(tflite))
    beside = facts.state_bytes if facts is not None and facts.state == "io" else 0
    return measure_arena(tflite).total_bytes + beside


def _differing(title: str, window: bytes, step: bytes) -> Row:
    """Values in which the stream differs from the window graph on the whole signal."""
    spec = TflmInterpreter(window).inputs[0]
    noise = np.random.default_rng(0).integers(-128, 128, (EQUALITY_STEPS, spec.shape[-1]), np.int8)
    comparison = compare_stream(window, step, noise)
    note = f"of {comparison.values:,} in {comparison.steps:,} steps of noise"
    return Row(f"{title}: values that differ", "", comparison.differing, None, target=0, note=note)


def _play_an_hour(hop: int) -> list[Row]:
    """An hour of generated ECG through a session, call by call, as it would come from a sensor."""
    from neuralspot_edge.datasets import load_dataset

    recipe = load_recipe(HOUR_PRESET)
    rate = recipe.input.sampling_rate
    assert rate is not None
    minute, hour = (int(length * rate) // hop for length in (60, 3600))
    signal = np.resize(load_dataset(HOUR_DATASET).test.x.reshape(-1, 1), (hour * hop, 1)).reshape(hour, hop, 1)
    session = StreamingSession(stream(convert_untrained(recipe), hop))
    title = f"{HOUR_PRESET}, an hour of ECG, hop {hop}"
    say(f"{title}: playing")

    def play(calls: np.ndarray) -> float:
        start = time.process_time()
        for frames in calls:
            session.step(frames)
        return time.process_time() - start

    first = play(signal[:minute])
    before = _resident_bytes()
    rest = play(signal[minute:])
    return [
        Row(f"{title}: processor time for a second of signal", "s", (first + rest) / 3600, None, target=1),
        Row(f"{title}: memory added after the first minute", "B", _resident_bytes() - before, None),
    ]


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()
