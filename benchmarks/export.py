"""int8 export of the same weights: this package's conversion against two of the peer's modes."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import Row, exact, paired, say, seconds
from benchmarks.peer import Peer
from neuralspot_edge.conversion import ConversionSettings, Worker, convert, trace
from neuralspot_edge.conversion.converter import Job
from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import load_graph
from neuralspot_edge.interpreters import LiteRtInterpreter, TflmInterpreter

__all__ = ["measure"]

WINDOW, CLASSES = 800, 5
CALIBRATION_WINDOWS, TEST_WINDOWS = 64, 64
EPOCHS = 5


@dataclass(frozen=True)
class Targets:
    """What is to be reached at most: ratios, but for `lsb`; None where a figure is for information.

    Attributes:
        bytes: Of the file.
        operators: In the graph.
        lsb: Between TensorFlow Lite Micro and LiteRT, in steps of this package's output.
        seconds: Of the conversion.
    """

    bytes: float | None = None
    operators: float | None = None
    lsb: float | None = None
    seconds: float | None = None


MODES = {"KERAS": Targets(bytes=0.75, operators=0.55, lsb=1, seconds=0.5), "CONCRETE": Targets()}
"""The peer's modes: its default, and the one that its source offers against wrong dilations."""


@dataclass(frozen=True)
class Candidate:
    """A model that both packages build.

    Attributes:
        name: What the table shows.
        params: The dict as a user of 0.2.2 writes it.
    """

    name: str
    params: dict[str, Any] = field(hash=False)


@dataclass(frozen=True, eq=False)
class Played:
    """One file on the test windows.

    Attributes:
        lsb: Largest difference between TensorFlow Lite Micro and LiteRT's reference kernels, in steps of the output.
        error: Deviation of TensorFlow Lite Micro from the float model, root mean square, as a part of the float
            outputs' own deviation.
    """

    lsb: float
    error: float


def measure(peer_python: Path, pairs: int) -> list[Row]:
    """All rows: the start-up once, then those of each candidate."""
    rows = [_start_up(peer_python, pairs)]
    with tempfile.TemporaryDirectory() as folder, Peer(peer_python) as peer:
        for candidate in CANDIDATES:
            rows += _measure(candidate, peer, Path(folder), pairs)
    return rows


def _measure(candidate: Candidate, peer: Peer, folder: Path, pairs: int) -> list[Row]:
    say(f"{candidate.name}: training")
    signal = _signal()
    model = _trained(candidate, *signal["train"])
    calibration, windows = signal["train"][0][:CALIBRATION_WINDOWS], signal["test"][0][:TEST_WINDOWS]
    weights, samples, output = (folder / name for name in ("weights.npz", "calibration.npy", "peer.tflite"))
    np.savez(weights, **{f"{index:04}": value for index, value in enumerate(model.get_weights())})
    np.save(samples, calibration)
    peer.build(candidate.params, (WINDOW, 1), CLASSES, weights)
    results: list[bytes] = []

    def ours() -> float:
        return seconds(lambda: results.append(convert(model, calibration=[calibration])))

    rows = []
    for mode, targets in MODES.items():
        speed = paired(
            f"{candidate.name}, {mode}: conversion, warm",
            ours,
            lambda mode=mode: peer.convert(samples, output, mode),
            pairs=pairs,
            target=targets.seconds,
        )
        rows += [*_compare(candidate.name, model, windows, (results[-1], output.read_bytes()), mode), speed]
    return rows


def _compare(name: str, model: Any, windows: np.ndarray, files: tuple[bytes, bytes], mode: str) -> list[Row]:
    """The rows of two files, ours and the peer's, and of what TensorFlow Lite Micro makes of them."""
    targets, (ours, theirs) = MODES[mode], files
    name = f"{name}, {mode}"
    say(f"{name}: {len(windows)} windows on TensorFlow Lite Micro")
    floats = np.asarray(model(windows, training=False))
    mine = _play(ours, windows, floats)
    try:
        other, note = _play(theirs, windows, floats), ""
    except InputError as error:
        other, note = None, f"0.2.2's file: {error}"
    return [
        exact(f"{name}: bytes", "B", len(ours), len(theirs), targets.bytes),
        exact(f"{name}: operators", "", _operators(ours), _operators(theirs), targets.operators),
        Row(f"{name}: Micro against LiteRT", "LSB", mine.lsb, other and other.lsb, target=targets.lsb, note=note),
        Row(f"{name}: Micro against float", "%", 100 * mine.error, other and 100 * other.error),
    ]


def _play(tflite: bytes, windows: np.ndarray, floats: np.ndarray) -> Played:
    device, reference = TflmInterpreter(tflite), LiteRtInterpreter(tflite)
    integers = device.inputs[0].to_raw(windows)
    here, there = device.predict(integers), reference.predict(integers)
    error = device.outputs[0].to_real(here) - floats
    return Played(
        lsb=float(np.abs(here.astype(int) - there.astype(int)).max()),
        error=float(np.sqrt(np.mean(error**2)) / floats.std()),
    )


def _operators(tflite: bytes) -> int:
    return len(load_graph(tflite).operators)


def _start_up(peer_python: Path, pairs: int) -> Row:
    """Until the converter is ready: a worker's first answer without the conversion in it, and the peer's import."""
    import keras

    inputs = keras.Input((8, 1))
    job = Job(trace(keras.Model(inputs, keras.layers.Dense(2)(inputs))), ConversionSettings("float32"))

    def ours() -> float:
        first = 0.0
        with Worker() as worker:
            first = seconds(lambda: worker.convert(job))
            return first - seconds(lambda: worker.convert(job))

    def theirs() -> float:
        def start() -> None:
            with Peer(peer_python):
                pass

        return seconds(start)

    return paired(
        "converter start-up, once a process",
        ours,
        theirs,
        pairs=pairs,
        target=None,
        note="for information",
    )


def _trained(candidate: Candidate, x: np.ndarray, y: np.ndarray) -> Any:
    import keras

    from neuralspot_edge.models import TcnModel, TcnParams

    keras.utils.set_random_seed(0)
    params = TcnParams.from_neuralspot_edge(candidate.params)
    model = TcnModel.model_from_params(keras.Input((WINDOW, 1)), params, CLASSES)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(x, y, batch_size=16, epochs=EPOCHS, verbose=0)
    return model


def _signal() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Generated ECG with its waves as labels, windows joined to the length of the documentation's example."""
    from neuralspot_edge.datasets import load_dataset

    dataset = load_dataset("synthetic-ecg-segmentation")
    joined = -(-WINDOW // dataset.window)
    return {
        part: tuple(
            array[: len(array) // joined * joined].reshape(-1, joined * dataset.window, *array.shape[2:])[:, :WINDOW]
            for array in (split.x, split.y)
        )
        for part, split in dataset.splits.items()
    }


_BLOCK = {"kernel": (1, 3), "dropout": 0.1, "norm": "batch"}
_ENDS = {"input_kernel": (1, 3), "input_norm": "batch", "output_kernel": (1, 3)}
_DILATED = ((8, 1, 0), (16, 2, 0), (24, 4, 4), (32, 8, 4))


def _params(block_type: str, *blocks: dict[str, Any]) -> dict[str, Any]:
    return {**_ENDS, "block_type": block_type, "blocks": [{**_BLOCK, **block} for block in blocks]}


CANDIDATES = (
    Candidate(
        "documentation example",
        _params("mb", *({"filters": f, "dilation": (1, d), "se_ratio": se} for f, d, se in _DILATED)),
    ),
    Candidate("mb, branch 2", _params("mb", *({"filters": 16, "branch": 2, "dilation": (1, d)} for d in (1, 2, 4)))),
    Candidate("lg", _params("lg", *({"filters": 12, "dilation": (1, d)} for d in (1, 2, 4)))),
    Candidate(
        "sm, depth 2",
        _params("sm", *({"filters": 16, "depth": 2, "dilation": (1, d), "se_ratio": 4} for d in (1, 2, 4))),
    ),
    Candidate("mb, not dilated", _params("mb", *({"filters": f, "ex_ratio": 2} for f in (8, 16, 24)))),
)
