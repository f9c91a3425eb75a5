"""The proof: the file on TensorFlow Lite Micro, beside LiteRT's reference kernels and the float model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import read_model
from neuralspot_edge.interpreters import Interpreter, LiteRtInterpreter, TflmInterpreter
from neuralspot_edge.models.params import validate
from neuralspot_edge.pipeline.card import ModelCard
from neuralspot_edge.recipes import GatesSpec
from neuralspot_edge.training import Metric, metric_of

if TYPE_CHECKING:
    import keras

__all__ = ["Check", "Status", "VerifyResult", "verify"]

Status = Literal["passed", "failed", "not run", "not proven"]
Progress = Callable[[int, int], None]

_FLOAT_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Check:
    """One comparison and its verdict.

    Attributes:
        name: `tflm_vs_litert`, `drop_vs_float` or `metric`.
        status: `not run` where its input is missing, `not proven` where this machine cannot run it.
        figure: What was measured, None where nothing was.
        limit: The gate, None where the figure is for information.
        unit: Of figure and limit.
        detail: One line for a person, with counts.
    """

    name: str
    status: Status
    figure: float | None = None
    limit: float | None = None
    unit: str = ""
    detail: str = ""


@dataclass(frozen=True)
class VerifyResult:
    """All checks of one file.

    Attributes:
        checks: In the order in which they ran.
        samples: Windows that were played.
        differing_values: Output values in which TensorFlow Lite Micro and LiteRT differ, None where not proven.
        output_values: Output values that were compared.
        metric: Name of the task's metric, empty where there were no labels.
        metric_value: The metric of the file's own outputs, None where there were no labels.
        float_metric_value: The metric of the float model, None where it or the labels are missing.
    """

    checks: tuple[Check, ...]
    samples: int
    differing_values: int | None
    output_values: int
    metric: str = ""
    metric_value: float | None = None
    float_metric_value: float | None = None

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
    progress: Progress | None = None,
) -> VerifyResult:
    """Proves a `.tflite` on TensorFlow Lite Micro.

    Args:
        tflite: The file, or its content.
        samples: Real held-out inputs (samples, ...), an array for each input, raw: the preprocessing that the file
            names in its metadata is applied here.
        labels: The samples' labels or targets, for the task's metric. For `denoising` they are clean signals on the
            scale of the raw input.
        model: The float model, for the loss of the task's metric by quantization.
        gates: `max_lsb` and `max_drop`; None takes a recipe's defaults.
        task: What the metric is; None takes what the file says, or classification.
        progress: Called with samples done and all of them.

    Returns:
        The checks. A check whose input is missing is "not run"; where tflite-micro cannot be installed the result
        is "not proven".

    Raises:
        InputError: The file is no `.tflite`, or the samples or labels do not fit it.
    """
    content = read_model(tflite)
    gates = validate(GatesSpec, gates or {}, "gates")
    card = ModelCard.read(content) or ModelCard("")
    task = task or card.task or "classification"
    arrays = [np.asarray(array) for array in ([samples] if isinstance(samples, np.ndarray) else samples)]
    inputs = [card.preprocessing.apply(array) for array in arrays]
    truth = card.preprocessing.apply(labels) if task == "denoising" and labels is not None else labels
    if truth is not None and len(truth) != len(inputs[0]):
        raise InputError(f"labels: {len(truth)} for {len(inputs[0])} samples")

    reference = LiteRtInterpreter(content)
    comparison = _compare(content, reference, inputs, gates, progress)
    scores = _Scores(metric_of(task), inputs[0], truth)
    quantized = scores.of(comparison.outputs)
    floating = scores.of(_first(model.predict(_pack(inputs), verbose=0))) if model is not None else None
    return VerifyResult(
        checks=(comparison.check, _drop_check(scores, quantized, floating, model, gates)),
        samples=len(inputs[0]),
        differing_values=comparison.differing,
        output_values=comparison.total,
        metric=scores.metric.name if truth is not None else "",
        metric_value=quantized,
        float_metric_value=floating,
    )


@dataclass(frozen=True)
class _Comparison:
    """TensorFlow Lite Micro beside LiteRT: the verdict, the counts, and the outputs in real numbers."""

    check: Check
    differing: int | None
    total: int
    outputs: np.ndarray


@dataclass(frozen=True)
class _Scores:
    """The task's metric on one set of samples; no figure without labels."""

    metric: Metric
    inputs: np.ndarray
    truth: np.ndarray | None

    def of(self, outputs: np.ndarray) -> float | None:
        if self.truth is None:
            return None
        try:
            return self.metric.function(self.truth, outputs, self.inputs)
        except ValueError as error:
            raise InputError(
                f"labels: shape {self.truth.shape} does not suit {self.metric.name} of outputs {outputs.shape}"
            ) from error


def _compare(
    content: bytes,
    reference: Interpreter,
    inputs: list[np.ndarray],
    gates: GatesSpec,
    progress: Progress | None,
) -> _Comparison:
    integers = [spec.to_raw(array) for spec, array in zip(reference.inputs, inputs, strict=True)]
    expected = _tuple(reference.predict(_pack(integers)))
    outputs = reference.outputs[0].to_real(expected[0])
    total = sum(array.size for array in expected)
    reason = _why_not_on_device(content)
    if reason:
        return _Comparison(Check("tflm_vs_litert", "not proven", detail=reason), None, total, outputs)
    device = TflmInterpreter(content)
    received = _tuple(device.predict(_pack(integers), progress=progress))
    differing = sum(int((one != other).sum()) for one, other in zip(received, expected, strict=True))
    check = _lsb_check(received, expected, differing, total, gates)
    return _Comparison(check, differing, total, device.outputs[0].to_real(received[0]))


def _why_not_on_device(content: bytes) -> str:
    if not TflmInterpreter.is_available():
        return "tflite-micro can be installed on linux x86-64 only"
    from neuralspot_edge.graph import load_graph

    if any(tensor.dtype == "float16" for tensor in load_graph(content).tensors):
        return "a float16 file is for LiteRT: TensorFlow Lite Micro has no float16 kernels"
    return ""


def _lsb_check(
    received: Sequence[np.ndarray], expected: Sequence[np.ndarray], differing: int, total: int, gates: GatesSpec
) -> Check:
    pairs = list(zip(received, expected, strict=True))
    apart = max(float(np.abs(one.astype(np.float64) - other).max()) for one, other in pairs)
    integral = expected[0].dtype.kind in "iu"
    # Float files have no steps to count; their kernels may add up in another order.
    limit = float(gates.max_lsb) if integral else _FLOAT_TOLERANCE * max(float(np.abs(one).max()) for one, _ in pairs)
    return Check(
        name="tflm_vs_litert",
        status="passed" if apart <= limit else "failed",
        figure=apart,
        limit=limit,
        unit="LSB" if integral else "",
        detail=f"{len(expected[0])} windows, {differing} of {total} output values differ",
    )


def _drop_check(
    scores: _Scores, quantized: float | None, floating: float | None, model: Any, gates: GatesSpec
) -> Check:
    if quantized is None or floating is None:
        missing = " and ".join(name for name, gone in (("labels", quantized is None), ("model", model is None)) if gone)
        return Check("drop_vs_float", "not run", limit=gates.max_drop, detail=f"no {missing} given")
    drop = scores.metric.drop(floating, quantized)
    return Check(
        name="drop_vs_float",
        status="passed" if drop <= gates.max_drop else "failed",
        figure=drop,
        limit=gates.max_drop,
        unit=scores.metric.name if scores.metric.higher_is_better else f"{scores.metric.name}, relative",
        detail=f"{scores.metric.name} {quantized:.4g} on the device, {floating:.4g} in float",
    )


def _tuple(outputs: Any) -> tuple[np.ndarray, ...]:
    return outputs if isinstance(outputs, tuple) else (outputs,)


def _pack(arrays: Sequence[np.ndarray]) -> Any:
    return arrays[0] if len(arrays) == 1 else list(arrays)


def _first(outputs: Any) -> np.ndarray:
    return np.asarray(outputs[0] if isinstance(outputs, list | tuple) else outputs)
