"""The table of TFLite Micro against its own interpreter: one operator a file, in every type."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from graph import tiny_models
from graph.one_operator import CASES, DESKTOP_CASES, one_operator
from helpers.step_graphs import circular_delay_line
from tflite_micro import runtime

from neuralspot_edge.graph import check_support, load_graph

TYPES = ("float32", "int8", "int16", "uint8", "int32", "int64", "bool")
RUNS_WRONG = ("SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND")
ARENA_BYTES = 1 << 16
LOAD = f"""
import sys
from tflite_micro import runtime
runtime.Interpreter.from_bytes(sys.stdin.buffer.read(), arena_size={ARENA_BYTES})
"""


def _verdict(tflite: bytes) -> str:
    (support,) = check_support(load_graph(tflite), "tflm")
    return support.level


def _runs(tflite: bytes) -> bool:
    """Whether the interpreter prepares and invokes the file; on ones, since there is no quotient of zeros."""
    try:
        interpreter = runtime.Interpreter.from_bytes(tflite, arena_size=ARENA_BYTES)
        for index, tensor in enumerate(load_graph(tflite).inputs):
            interpreter.set_input(np.ones(tensor.shape, tensor.dtype), index)
        interpreter.invoke()
    except (RuntimeError, ValueError):
        return False
    return True


@pytest.mark.parametrize("kind", [kind for kind in CASES | DESKTOP_CASES if kind not in RUNS_WRONG])
def test_each_operator_runs_in_the_types_of_the_table_and_in_no_other(kind):
    files = {dtype: one_operator(kind, dtype) for dtype in TYPES}
    verdicts = {dtype: _verdict(tflite) for dtype, tflite in files.items()}
    assert verdicts == {dtype: "runs" if _runs(tflite) else "refused" for dtype, tflite in files.items()}


@pytest.mark.parametrize("kind", ["QUANTIZE", "DEQUANTIZE", "CAST"])
@pytest.mark.parametrize("given", TYPES)
def test_each_conversion_runs_between_the_types_of_the_table_and_no_others(kind, given):
    files = {wanted: one_operator(kind, given, output=wanted) for wanted in TYPES}
    verdicts = {wanted: _verdict(tflite) for wanted, tflite in files.items()}
    assert verdicts == {wanted: "runs" if _runs(tflite) else "refused" for wanted, tflite in files.items()}


@pytest.mark.parametrize("kind", ["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"])
@pytest.mark.parametrize(("activation", "weights"), [("int8", "int4"), ("float32", "int8")])
def test_weights_of_another_type_run_where_the_table_says_so(kind, activation, weights):
    tflite = one_operator(kind, activation, weights)
    assert _verdict(tflite) == ("runs" if _runs(tflite) else "refused")


@pytest.mark.parametrize("code", ["SignalWindow", "CIRCULAR_BUFFER", "TFLite_Detection_PostProcess", "Mine", ""])
def test_custom_operators_are_those_that_the_interpreter_finds(code):
    """In a process of its own: an operator that is found may crash on the options that this file lacks."""
    ends = [tiny_models.tensor("x", (1, 4), "INT8"), tiny_models.tensor("y", (1, 4), "INT8")]
    tflite = tiny_models.pack("CUSTOM", ends, inputs=[0], outputs=[1], custom_code=code)
    messages = subprocess.run([sys.executable, "-c", LOAD], input=tflite, capture_output=True, check=False).stderr
    is_found = b"Failed to get registration" not in messages
    assert _verdict(tflite) == ("runs" if is_found else "refused")


@pytest.mark.parametrize("dtype", ["INT8", "INT16", "FLOAT32"])
def test_a_circular_buffer_takes_the_type_that_runs(dtype):
    tflite = circular_delay_line(dtype=dtype)
    found = check_support(load_graph(tflite), "tflm")[0]
    assert found.level == ("runs" if _runs(tflite) else "refused") == ("runs" if dtype == "INT8" else "refused")
    assert found.reason == ("" if dtype == "INT8" else f"TFLite Micro has no CIRCULAR_BUFFER for {dtype.lower()}")


@pytest.mark.parametrize("kind", RUNS_WRONG)
def test_a_dilation_in_batches_is_refused_although_it_runs(kind):
    """It runs by itself; around a convolution the answers are wrong, see `tests/conversion/test_rules.py`."""
    tflite = one_operator(kind)
    assert _runs(tflite)
    (support,) = check_support(load_graph(tflite), "tflm")
    assert support.level == "refused"
    assert f"a dilation was left as {kind}, which TFLite Micro runs wrong" in support.reason
    assert "keras.layers.Conv1D" in support.remedy
