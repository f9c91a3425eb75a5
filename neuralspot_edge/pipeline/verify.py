"""The proof: the file on TensorFlow Lite Micro, beside LiteRT's reference kernels and the float model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import load_graph, read_model, stream_info
from neuralspot_edge.graph.card import ModelCard
from neuralspot_edge.interpreters import LiteRtInterpreter, TensorSpec
from neuralspot_edge.interpreters.base import Progress
from neuralspot_edge.interpreters.tensors import check_windows
from neuralspot_edge.models.params import validate
from neuralspot_edge.pipeline.agreement import compare_on_device, pack
from neuralspot_edge.pipeline.checks import Check
from neuralspot_edge.pipeline.scores import Counts, Scorer
from neuralspot_edge.pipeline.sequences import Recording
from neuralspot_edge.pipeline.stream_proof import check_stream, signal_of
from neuralspot_edge.recipes import GatesSpec
from neuralspot_edge.training import metric_of

if TYPE_CHECKING:
    import keras

__all__ = ["VerifyResult", "verify"]


@dataclass(frozen=True)
class VerifyResult:
    """All checks of one file.

    Attributes:
        checks: In the order in which they ran.
        samples: Windows that were played; of a step graph calls.
        differing_values: Output values in which TensorFlow Lite Micro and LiteRT differ, None where not proven.
        output_values: Output values that were compared.
        metric: Name of the task's metric, empty where there were no labels.
        metric_value: The metric of the file's own outputs, None where there were no labels.
        float_metric_value: The metric of the float model, None where it or the labels are missing.
        confusion: How often each true class (row) got each answer (column) of the file; None where the task has no
            classes or there were no labels.
        float_confusion: The same of the float model, None also where that is missing.
    """

    checks: tuple[Check, ...]
    samples: int
    differing_values: int | None
    output_values: int
    metric: str = ""
    metric_value: float | None = None
    float_metric_value: float | None = None
    confusion: Counts | None = None
    float_confusion: Counts | None = None

    @property
    def ok(self) -> bool:
        """Whether every gate that could be tried held, TensorFlow Lite Micro's among them."""
        return all(check.status in ("passed", "not run") for check in self.checks)

    @property
    def exit_status(self) -> int:
        """0 where all is well, 1 where a gate failed or nothing is proven."""
        return 0 if self.ok else 1


def verify(
    tflite: bytes | str | Path,
    samples: np.ndarray | Sequence[np.ndarray],
    *,
    labels: np.ndarray | None = None,
    model: keras.Model | None = None,
    gates: GatesSpec | Mapping[str, Any] | None = None,
    task: str | None = None,
    against: bytes | str | Path | None = None,
    progress: Progress | None = None,
) -> VerifyResult:
    """Proves a `.tflite` on TensorFlow Lite Micro.

    A step graph is played on one signal: the samples laid end to end, or `(steps, channels)`.

    Args:
        tflite: The file, or its content.
        samples: Real held-out inputs (samples, ...), an array for each input, raw: the preprocessing that the file
            names in its metadata is applied here.
        labels: The samples' labels or targets, for the task's metric. For `denoising` they are clean signals on the
            scale of the raw input.
        model: The float model, for the loss of the task's metric by quantization.
        gates: `max_lsb` and `max_drop`; None takes a recipe's defaults.
        task: What the metric is; None takes what the file says, or classification.
        against: For a step graph the window graph that it was made of, which it must equal bit for bit.
        progress: Called with samples done and all of them.

    Returns:
        The checks. A check whose input is missing is "not run"; where tflite-micro cannot be installed the result
        is "not proven".

    Raises:
        InputError: The file is no `.tflite`, or the samples, the labels or the model do not fit it.
    """
    content = read_model(tflite)
    gates = validate(GatesSpec, gates or {}, "gates")
    card = ModelCard.read(tflite) or ModelCard("")
    if _takes_a_signal(content, samples):
        return _verify_stream(content, np.asarray(samples), card, gates, against=against, progress=progress)
    if against is not None:
        raise InputError("against: it is for a step graph, this file takes whole windows: leave it out")
    task = task or card.task or "classification"
    metric = metric_of(task)
    reference = LiteRtInterpreter(content)
    inputs = _inputs(samples, reference.inputs, card)
    scorer = Scorer(task, metric, inputs[0], _truth(labels, len(inputs[0]), task, card))
    scorer.check_classes(reference.outputs[0].window_shape[-1])
    # First, so that labels or a model that do not fit are told of before the long part begins.
    floating = scorer.score(_predict(model, inputs, reference.outputs[0])) if model is not None else None
    agreement = compare_on_device(content, reference, inputs, gates, progress)
    quantized = scorer.score(agreement.outputs)
    missing = [name for name, given in (("labels", labels), ("model", model)) if given is None]
    return VerifyResult(
        checks=(agreement.check, scorer.drop_check(quantized, floating, gates, missing)),
        samples=len(inputs[0]),
        differing_values=agreement.differing,
        output_values=agreement.total,
        metric=metric.name if quantized else "",
        metric_value=quantized.figure if quantized else None,
        float_metric_value=floating.figure if floating else None,
        confusion=quantized.confusion if quantized else None,
        float_confusion=floating.confusion if floating else None,
    )


def _takes_a_signal(content: bytes, samples: np.ndarray | Sequence[np.ndarray]) -> bool:
    """Whether the file is a step graph, and the samples are its signal: not a window for each input and state."""
    return stream_info(load_graph(content)) is not None and hasattr(samples, "__array__")


def _verify_stream(
    content: bytes,
    samples: np.ndarray,
    card: ModelCard,
    gates: GatesSpec,
    *,
    against: bytes | str | Path | None,
    progress: Progress | None,
) -> VerifyResult:
    spec, _ = signal_of(content)
    recording = Recording(_preprocess(samples, spec, card), "held-out")
    window = None if against is None else read_model(against)
    checks = check_stream(content, recording, gates, against=window, progress=progress)
    on_device = checks.on_device
    return VerifyResult(checks.all, checks.calls, on_device.differing, on_device.total)


def _inputs(
    samples: np.ndarray | Sequence[np.ndarray], specs: Sequence[TensorSpec], card: ModelCard
) -> list[np.ndarray]:
    """What the model takes for the samples, seen to fit it."""
    arrays = [samples] if hasattr(samples, "__array__") else list(samples)
    if len(arrays) != len(specs):
        raise InputError(f"samples: the model needs {len(specs)} array(s), one for each input; received {len(arrays)}")
    inputs = [_preprocess(np.asarray(array), spec, card) for array, spec in zip(arrays, specs, strict=True)]
    count, _ = check_windows(inputs, specs)
    if not count:
        raise InputError("samples: there are none; a proof needs real inputs")
    return inputs


def _preprocess(array: np.ndarray, spec: TensorSpec, card: ModelCard) -> np.ndarray:
    # Integers that stand for no real number, such as the indices of an embedding, are no signal.
    is_signal = spec.quantization is not None or spec.dtype == "float32"
    return card.preprocessing.apply(array) if is_signal else array.astype(spec.dtype)


def _truth(labels: np.ndarray | None, count: int, task: str, card: ModelCard) -> np.ndarray | None:
    if labels is None:
        return None
    labels = np.asarray(labels)
    if len(labels) != count:
        raise InputError(f"labels: {len(labels)} for {count} samples")
    return card.preprocessing.apply(labels) if task == "denoising" else labels


def _predict(model: keras.Model, inputs: list[np.ndarray], output: TensorSpec) -> np.ndarray:
    """The float model's first output, seen to be of the file's shape."""
    try:
        outputs = model.predict(pack(inputs), verbose=0)
    except ValueError as error:
        raise InputError(f"model: it does not take the samples: {str(error).strip().splitlines()[0]}") from error
    first = np.asarray(outputs[0] if isinstance(outputs, list | tuple) else outputs)
    if first.shape[1:] != output.window_shape:
        raise InputError(f"model: its output is {first.shape[1:]} a sample, the file's {output.window_shape}")
    return first
