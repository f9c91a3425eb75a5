"""Operators for which Arm's CMSIS-NN has kernels of its own, and where those are the fast ones.

Facts from `kernels/cmsis_nn/` of https://github.com/tensorflow/tflite-micro and from the wrappers of
https://github.com/ARM-software/CMSIS-NN (`arm_depthwise_conv_wrapper_s8.c`), October 2026. What has no kernel there
is run by TFLite Micro's reference kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from neuralspot_edge.graph.operands import input_of, is_dilated
from neuralspot_edge.graph.support.tflm import judge_tflm
from neuralspot_edge.graph.support.verdict import FAST, Verdict
from neuralspot_edge.graph.view import Operator

__all__ = ["judge_cmsis_nn"]


def judge_cmsis_nn(operator: Operator) -> Verdict:
    """Whether CMSIS-NN speeds an operator up.

    Args:
        operator: Any operator.

    Returns:
        `fast`; `runs` where the reference kernel or a plain loop of CMSIS-NN does; `refused` where TFLite Micro does.

    Raises:
        InputError: The operator lacks an input or output that it cannot do without.
    """
    verdict = judge_tflm(operator)
    if verdict.level == "refused":
        return verdict
    if operator.kind in _FREE:
        return FAST
    kernel = _KERNELS.get(operator.kind)
    if kernel is None:
        return Verdict("runs", f"CMSIS-NN has no {operator.kind}; TFLite Micro's reference kernel runs it")
    dtype = input_of(operator, kernel.place).dtype
    if dtype not in kernel.types:
        reason = f"CMSIS-NN has no {operator.kind} in {dtype}; TFLite Micro's reference kernel runs it"
        return Verdict("runs", reason, int8_helps=True)
    return kernel.judge(operator)


def _always(_: Operator) -> Verdict:
    return FAST


def _with_equal_shapes(operator: Operator) -> Verdict:
    if input_of(operator, 0).shape == input_of(operator, 1).shape:
        return FAST
    reason = f"{operator.kind} of two shapes is run by TFLite Micro's reference kernel; CMSIS-NN's takes equal shapes"
    return Verdict("runs", reason)


def _depthwise(operator: Operator) -> Verdict:
    image, multiplier = input_of(operator, 0), operator.options.get("depth_multiplier", 1)
    if is_dilated(operator):
        return Verdict("runs", "CMSIS-NN runs a dilated depthwise convolution in a plain loop")
    if image.shape[:1] != (1,):
        return Verdict("runs", "CMSIS-NN runs a depthwise convolution of several images in a plain loop")
    if multiplier % 4 == 0 or (multiplier == 1 and image.dtype == "int8"):
        return FAST
    reason = f"CMSIS-NN runs a depthwise convolution in {image.dtype} with multiplier {multiplier} in a plain loop"
    return Verdict("runs", reason, int8_helps=multiplier == 1)


def _up_to_four_dimensions(operator: Operator) -> Verdict:
    rank = len(input_of(operator, 0).shape)
    return FAST if rank <= 4 else Verdict("runs", f"CMSIS-NN has no {operator.kind} of {rank} dimensions")


class Kernel(NamedTuple):
    """Types of the input at `place` that CMSIS-NN takes, and which operators of these its fast kernel takes."""

    types: frozenset[str]
    judge: Callable[[Operator], Verdict] = _always
    place: int = 0


_INT8 = frozenset({"int8"})
_BOTH = frozenset({"int8", "int16"})

_KERNELS: Mapping[str, Kernel] = {
    "CONV_2D": Kernel(_BOTH),
    "DEPTHWISE_CONV_2D": Kernel(_BOTH, _depthwise),
    "TRANSPOSE_CONV": Kernel(_INT8, place=2),
    "FULLY_CONNECTED": Kernel(_BOTH),
    "BATCH_MATMUL": Kernel(_BOTH),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": Kernel(_BOTH),
    "SVDF": Kernel(_INT8),
    "ADD": Kernel(_BOTH, _with_equal_shapes),
    "MUL": Kernel(_BOTH, _with_equal_shapes),
    "MAXIMUM": Kernel(_INT8),
    "MINIMUM": Kernel(_INT8),
    "AVERAGE_POOL_2D": Kernel(_BOTH),
    "MAX_POOL_2D": Kernel(_BOTH),
    "SOFTMAX": Kernel(_BOTH),
    "PAD": Kernel(_INT8, _up_to_four_dimensions),
    "PADV2": Kernel(_INT8, _up_to_four_dimensions),
    "TRANSPOSE": Kernel(_INT8, _up_to_four_dimensions),
}

_FREE = frozenset({"RESHAPE", "SQUEEZE", "EXPAND_DIMS", "SHAPE", "IF", "WHILE", "CALL_ONCE", "VAR_HANDLE", "CUSTOM"})
"""What is a copy at most, control flow whose bodies are judged by themselves, and kernels that are their own."""
