"""The proof: the file on TensorFlow Lite Micro, beside LiteRT's reference kernels and the float model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import load_graph, read_model
from neuralspot_edge.interpreters import Interpreter, LiteRtInterpreter, TensorSpec, TflmInterpreter, available
from neuralspot_edge.interpreters.tensors import check_windows
from neuralspot_edge.models.params import validate
from neuralspot_edge.pipeline.card import ModelCard
from neuralspot_edge.recipes import GatesSpec
from neuralspot_edge.recipes.consistency import CLASS_TASKS
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
        name: `tflm_vs_litert` or `drop_vs_float`.
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
        InputError: The file is no `.tflite`, or the samples, the labels or the model do not fit it.
    """
    content = read_model(tflite)
    gates = validate(GatesSpec, gates or {}, "gates")
    card = ModelCard.read(tflite) or ModelCard("")
    task = task or card.task or "classification"
    reference = LiteRtInterpreter(content)
    inputs = _inputs(samples, reference.inputs, card)
    truth = _truth(labels, len(inputs[0]), task, card)
    if truth is not None and task in CLASS_TASKS:
        _check_classes(truth, reference.outputs[0].window_shape[-1])
    scores = _Scores(metric_of(task), inputs[0], truth)
    # First, so that labels or a model that do not fit are told of before the long part begins.
    floating = scores.of(_predict(model, inputs, reference.outputs[0])) if model is not None else None
    comparison = _compare(content, reference, inputs, gates, progress)
    quantized = scores.of(comparison.outputs)
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


def _check_classes(labels: np.ndarray, count: int) -> None:
    """Labels that no output stands for would make the metric of both models 0, and their difference too."""
    if labels.dtype.kind not in "iu":
        raise InputError(f"labels: whole numbers from 0 to {count - 1} are needed, received {labels.dtype}")
    if labels.min() < 0 or labels.max() >= count:
        raise InputError(
            f"labels: {labels.min()} to {labels.max()}; the model's {count} outputs stand for 0 to {count - 1}"
        )


def _predict(model: keras.Model, inputs: list[np.ndarray], output: TensorSpec) -> np.ndarray:
    """The float model's first output, seen to be of the file's shape."""
    try:
        outputs = model.predict(_pack(inputs), verbose=0)
    except ValueError as error:
        raise InputError(f"model: it does not take the samples: {str(error).strip().splitlines()[0]}") from error
    first = np.asarray(outputs[0] if isinstance(outputs, list | tuple) else outputs)
    if first.shape[1:] != output.window_shape:
        raise InputError(f"model: its output is {first.shape[1:]} a sample, the file's {output.window_shape}")
    return first


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
    check = _lsb_check(received, expected, _output_steps(content), gates)
    check = replace(check, detail=f"{len(expected[0])} windows, {differing} of {total} values differ")
    return _Comparison(check, differing, total, device.outputs[0].to_real(received[0]))


def _why_not_on_device(content: bytes) -> str:
    if "TflmInterpreter" not in available():
        return "tflite-micro can be installed on linux x86-64 only"
    if any(tensor.dtype == "float16" for tensor in load_graph(content).tensors):
        return "a float16 file is for LiteRT: TensorFlow Lite Micro has no float16 kernels"
    return ""


def _lsb_check(
    received: Sequence[np.ndarray], expected: Sequence[np.ndarray], steps: Sequence[float | None], gates: GatesSpec
) -> Check:
    apart = [np.abs(one.astype(np.float64) - other).max() for one, other in zip(received, expected, strict=True)]
    if None in steps:
        # A float file has no steps to count; its kernels may add up in another order.
        figure, unit = float(np.max(apart)), ""
        limit = _FLOAT_TOLERANCE * float(np.max([np.abs(one).max() for one in expected]))
    else:
        figure, unit = float(np.max([np.round(gap / step) for gap, step in zip(apart, steps, strict=True)])), "LSB"
        limit = float(gates.max_lsb)
    return Check("tflm_vs_litert", "passed" if figure <= limit else "failed", figure, limit, unit)


def _output_steps(content: bytes) -> list[float | None]:
    """The size of one integer step of each output as an interpreter gives it; None where it is computed in float.

    Of a quantized file with float outputs it is the scale of what is dequantized last.
    """
    graph = load_graph(content)
    makers = {tensor.index: operator for operator in graph.operators for tensor in operator.outputs}
    steps: list[float | None] = []
    for tensor in graph.outputs:
        maker = makers.get(tensor.index)
        source = maker.inputs[0] if maker is not None and maker.kind == "DEQUANTIZE" else None
        if source is not None and source.quantization is not None:
            steps.append(source.quantization.scale[0])
        else:
            steps.append(None if tensor.dtype.startswith("float") else 1.0)
    return steps


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
