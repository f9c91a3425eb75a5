"""The range of every activation, measured: the converter's own calibration cannot be relied on.

Its kernels write some results in place and share memory between tensors, and it reads what it finds there: gates came
out with the range of the product after them, and a kernel of 2 over 2 steps with 1e34, another value at each run. Here
every tensor has memory of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from neuralspot_edge.conversion.lstm import SMALLEST_CELL_RANGE, find_lstms, two_sided
from neuralspot_edge.conversion.ties import Range, unite_ranges
from neuralspot_edge.graph import parse, serialize

__all__ = ["measure_ranges", "missing_reach", "with_measured_ranges"]

_FINEST_SUM = 2.0**-16
"""Of the span of what is added: far below the step in which 8 bits know it."""


def with_measured_ranges(
    tflite: bytes, calibration: Sequence[np.ndarray], states: Sequence[tuple[int, int]] = ()
) -> bytes:
    """A float model with the range of each activation written to its tensor, as the quantizer reads it.

    Args:
        tflite: The content of a float `.tflite` with one subgraph that computes.
        calibration: For each input an array (samples, ...).
        states: Places of inputs and outputs that share their range, see `states.py`.
    """
    from ai_edge_litert import schema_py_generated as schema

    model = parse(tflite)
    if not model.subgraphs[0].operators:
        return tflite  # A model that gives its input back: interpreters take none without operators.
    main, lstms = model.subgraphs[0], find_lstms(model)
    ranges = measure_ranges(tflite, calibration)
    _widen_sums(model, ranges)
    pairs = [(int(main.inputs[place_in]), int(main.outputs[place_out])) for place_in, place_out in states]
    ranges = unite_ranges(model, ranges, [*pairs, *(lstm.hidden for lstm in lstms)])
    for index, (low, high) in ranges.items():
        quantization = main.tensors[index].quantization or schema.QuantizationParametersT()
        quantization.min, quantization.max = np.array([low], np.float32), np.array([high], np.float32)
        main.tensors[index].quantization = quantization
    return serialize(model)


def measure_ranges(tflite: bytes, calibration: Sequence[np.ndarray]) -> dict[int, Range]:
    """The least and the largest value of each float activation over all samples, by tensor index.

    An LSTM's states and intermediates are among them: no interpreter keeps those of the steps before the last.
    """
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    runner = Interpreter(
        model_content=tflite,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        experimental_preserve_all_tensors=True,
    )
    runner.allocate_tensors()
    inputs = [detail["index"] for detail in runner.get_input_details()]
    watched = _activations(tflite)
    lstms = find_lstms(parse(tflite))
    ranges = dict.fromkeys(watched, (np.inf, -np.inf))
    ranges |= dict.fromkeys((lstm.cell for lstm in lstms), SMALLEST_CELL_RANGE)
    for sample in zip(*calibration, strict=True):
        runner.reset_all_variables()
        for index, values in zip(inputs, sample, strict=True):
            runner.set_tensor(index, values[None])
        runner.invoke()
        for index in watched:
            ranges[index] = _widened(ranges[index], runner.get_tensor(index))
        for lstm in lstms:
            ranges[lstm.cell] = _widened(ranges[lstm.cell], lstm.cell_states(runner))
    for lstm in lstms:
        ranges.update(dict.fromkeys(lstm.hidden, two_sided(ranges[lstm.hidden[0]])))
    return ranges


def _widened(known: Range, values: np.ndarray) -> Range:
    return min(known[0], float(values.min())), max(known[1], float(values.max()))


def missing_reach(span: float, spans: Sequence[float]) -> float:
    """How much further the range of a sum must reach on either side to be no finer than its kernel computes.

    Args:
        span: Of the sum.
        spans: Of what is added.
    """
    return max(0.0, max(spans) * _FINEST_SUM - span) / 2


def _widen_sums(model: Any, ranges: dict[int, Range]) -> None:
    """Gives a sum or difference that is next to nothing beside what it is made of a range that can be computed.

    Kernels of ADD and SUB shift left by 20 bits, and TensorFlow Lite Micro aborts the process where a result is finer.
    """
    from ai_edge_litert.schema_py_generated import BuiltinOperator

    for operator in model.subgraphs[0].operators:
        code = model.operatorCodes[operator.opcodeIndex]
        if max(code.builtinCode, code.deprecatedBuiltinCode) not in (BuiltinOperator.ADD, BuiltinOperator.SUB):
            continue
        spans = [ranges[index][1] - ranges[index][0] for index in operator.inputs if index in ranges]
        (result,) = operator.outputs
        if spans and result in ranges:
            low, high = ranges[result]
            missing = missing_reach(high - low, spans)
            ranges[result] = (low - missing, high + missing)


def _activations(tflite: bytes) -> list[int]:
    """Float tensors that are computed or fed: a constant's range is its own."""
    from ai_edge_litert.schema_py_generated import TensorType

    subgraph = parse(tflite).subgraphs[0]
    computed = [index for operator in subgraph.operators for index in operator.outputs]
    return [int(i) for i in (*subgraph.inputs, *computed) if subgraph.tensors[i].type == TensorType.FLOAT32]
