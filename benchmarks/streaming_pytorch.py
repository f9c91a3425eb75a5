"""The same causal TCN with the same weights as a stream: this package's step graph against pytorch-tcn's buffers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import Row, exact, paired, say
from benchmarks.side import Side
from benchmarks.streaming import call_seconds, median_seconds
from neuralspot_edge.conversion import ConversionSettings, convert
from neuralspot_edge.interpreters import StreamingSession
from neuralspot_edge.streaming import compare_stream, stream

__all__ = ["measure"]

SIDE = Path(__file__).with_name("streaming_pytorch_side.py")
CHANNELS, CLASSES, WINDOW, STEPS = 1, 5, 128, 9_600
FILTERS, KERNEL, DILATIONS = 16, 3, (1, 2, 4, 8)
PARAMS: dict[str, Any] = {
    "filters": FILTERS,
    "kernel_size": KERNEL,
    "dilations": DILATIONS,
    "use_skip_connections": False,
    "head": "per_step",
}
THEIR_ARGUMENTS: dict[str, Any] = {
    "num_inputs": CHANNELS,
    "num_channels": [FILTERS] * len(DILATIONS),
    "kernel_size": KERNEL,
    "dilations": DILATIONS,
    "output_projection": CLASSES,
}
HOPS = (1, 16)
READINGS, BATCH = 200, 10


def measure(python: Path, pairs: int) -> list[Row]:
    """Weights, values and times of both, for each hop."""
    with tempfile.TemporaryDirectory() as folder, Side(python, SIDE) as side:
        weights, signal, output = (Path(folder) / name for name in ("weights.npz", "signal.npy", "output.npy"))
        x = _signal()
        np.save(signal, x)
        built = side.ask(command="build", arguments=THEIR_ARGUMENTS, weights=str(weights))
        say("pytorch-tcn: our model of its weights")
        model = _model(weights)
        windows = {
            "float32": convert(model, ConversionSettings("float32")),
            "int8": convert(model, calibration=[x.reshape(-1, WINDOW, CHANNELS)]),
        }
        rows = [exact("pytorch-tcn: weights", "", model.count_params(), built["weights"], None)]
        for hop in HOPS:
            played = side.ask(command="play", signal=str(signal), output=str(output), hop=hop)

            def theirs(hop: int = hop) -> float:
                return float(
                    side.ask(command="time", signal=str(signal), hop=hop, readings=READINGS, batch=BATCH)["seconds"]
                )

            for quantization, window in windows.items():
                title = f"pytorch-tcn, hop {hop}, ours in {quantization}"
                step = stream(window, hop)
                rows += _compare_values(title, window, step, x, np.load(output), played)
                rows += _race(title, step, x, theirs, pairs)
    return rows


def _compare_values(
    title: str, window: bytes, step: bytes, x: np.ndarray, whole: np.ndarray, played: dict[str, Any]
) -> list[Row]:
    """Each stream against its own whole sequence, and ours against theirs."""
    session = StreamingSession(step)
    comparison = compare_stream(window, step, session.input.to_raw(x))
    quantization = session.outputs[0].quantization
    unit = 1.0 if quantization is None else quantization.scale[0]
    note = f"{comparison.differing:,} and {played['differing']:,} of {comparison.values:,} values differ"
    deviation = np.abs(np.asarray(session.play(x)) - whole).max() / np.abs(whole).max()
    return [
        Row(f"{title}: stream against whole sequence", "", comparison.largest * unit, played["largest"], note=note),
        Row(f"{title}: largest distance from theirs", "%", 100 * float(deviation), None, note="of their largest value"),
    ]


def _race(title: str, step: bytes, x: np.ndarray, theirs: Callable[[], float], pairs: int) -> list[Row]:
    """A call from floats to floats through a session, and one of TensorFlow Lite Micro alone."""
    session = StreamingSession(step)
    frames = cycle(x.reshape(-1, session.hop, CHANNELS))
    return [
        paired(
            f"{title}: StreamingSession",
            lambda: median_seconds(lambda: session.step(next(frames)), READINGS, BATCH),
            theirs,
            pairs=pairs,
            target=1,
        ),
        paired(
            f"{title}: TensorFlow Lite Micro alone",
            lambda: call_seconds(step, READINGS, BATCH),
            theirs,
            pairs=pairs,
            target=1,
        ),
    ]


def _signal() -> np.ndarray:
    """Generated ECG, standardized, (steps, channels)."""
    from neuralspot_edge.datasets import load_dataset

    x = load_dataset("synthetic-ecg-qrs").test.x.reshape(-1, CHANNELS)[:STEPS]
    return ((x - x.mean()) / x.std()).astype(np.float32)


def _model(weights: Path) -> Any:
    """Our residual TCN with their weights."""
    import keras

    from neuralspot_edge.models import residual_tcn_model

    model = residual_tcn_model(keras.Input((WINDOW, CHANNELS)), PARAMS, CLASSES)
    with np.load(weights) as arrays:
        theirs = [arrays[name] for name in sorted(arrays)]
    # A kernel is (filters, channels, taps) there, (1, taps, channels, filters) here.
    ours = [array.transpose(2, 1, 0) if array.ndim == 3 else array for array in theirs]
    model.set_weights([array.reshape(kept.shape) for array, kept in zip(ours, model.get_weights(), strict=True)])
    return model
