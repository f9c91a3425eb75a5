"""Which operators of TensorFlow Lite Micro a model needs, as calls of its `MicroMutableOpResolver`.

A resolver that lists all operators links all their kernels, hundreds of kilobytes of flash; one that lists exactly
those of the model links no other.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.view import Graph, Operator

__all__ = ["BUILTIN_METHODS", "CUSTOM_METHODS", "OperatorRegistration", "operator_registrations"]

_NAMED_ALIKE = """
    ABS ADD ADD_N ARG_MAX ARG_MIN ASSIGN_VARIABLE AVERAGE_POOL_2D BATCH_TO_SPACE_ND BROADCAST_ARGS BROADCAST_TO
    CALL_ONCE CAST CEIL CONCATENATION CONV_2D COS DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE DIV
    DYNAMIC_UPDATE_SLICE ELU EMBEDDING_LOOKUP EQUAL EXP EXPAND_DIMS FILL FLOOR FLOOR_DIV FLOOR_MOD FULLY_CONNECTED
    GATHER GATHER_ND GREATER GREATER_EQUAL HARD_SWISH IF L2_NORMALIZATION L2_POOL_2D LEAKY_RELU LESS LESS_EQUAL LOG
    LOGICAL_AND LOGICAL_NOT LOGICAL_OR LOGISTIC LOG_SOFTMAX MAXIMUM MAX_POOL_2D MEAN MINIMUM MIRROR_PAD MUL NEG
    NOT_EQUAL PACK PAD PRELU QUANTIZE READ_VARIABLE REDUCE_ALL REDUCE_MAX REDUCE_MIN RELU RELU6 RESHAPE
    RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR REVERSE_V2 ROUND RSQRT SELECT_V2 SHAPE SIN SLICE SOFTMAX
    SPACE_TO_BATCH_ND SPACE_TO_DEPTH SPLIT SPLIT_V SQRT SQUARE SQUARED_DIFFERENCE SQUEEZE STRIDED_SLICE SUB SUM SVDF
    TANH TRANSPOSE TRANSPOSE_CONV UNPACK VAR_HANDLE WHILE ZEROS_LIKE
"""


def _method(kind: str) -> str:
    """`DEPTHWISE_CONV_2D` becomes `AddDepthwiseConv2D`."""
    return "Add" + "".join("2D" if word == "2D" else word.capitalize() for word in kind.split("_"))


BUILTIN_METHODS = {
    **{kind: _method(kind) for kind in _NAMED_ALIKE.split()},
    "BATCH_MATMUL": "AddBatchMatMul",
    "CUMSUM": "AddCumSum",
    "PADV2": "AddPadV2",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "AddUnidirectionalSequenceLSTM",
}
"""The method that adds each builtin operator, by its name in the schema.

Source: `tensorflow/lite/micro/micro_mutable_op_resolver.h` of tflite-micro. An older one lacks the latest of them.
"""

CUSTOM_METHODS = {
    "CIRCULAR_BUFFER": "AddCircularBuffer",
    "SignalDelay": "AddDelay",
    "SignalEnergy": "AddEnergy",
    "SignalFftAutoScale": "AddFftAutoScale",
    "SignalFilterBank": "AddFilterBank",
    "SignalFilterBankLog": "AddFilterBankLog",
    "SignalFilterBankSpectralSubtraction": "AddFilterBankSpectralSubtraction",
    "SignalFilterBankSquareRoot": "AddFilterBankSquareRoot",
    "SignalFramer": "AddFramer",
    "SignalIrfft": "AddIrfft",
    "SignalOverlapAdd": "AddOverlapAdd",
    "SignalPCAN": "AddPCAN",
    "SignalRfft": "AddRfft",
    "SignalStacker": "AddStacker",
    "SignalWindow": "AddWindow",
    "TFLite_Detection_PostProcess": "AddDetectionPostprocess",
    "ethos-u": "AddEthosU",
}
"""The method that adds each custom operator that TensorFlow Lite Micro comes with, by its custom code."""


@dataclass(frozen=True)
class OperatorRegistration:
    """One kind of operator and how it is registered.

    Attributes:
        kind: Its name in the schema, for a custom operator its custom code.
        method: The method of `MicroMutableOpResolver`.
        count: How many operators of the model are of that kind, in all subgraphs.
    """

    kind: str
    method: str
    count: int


def operator_registrations(graph: Graph) -> tuple[OperatorRegistration, ...]:
    """What a resolver for a model must list: each kind of operator in any subgraph once, in alphabetical order.

    Args:
        graph: The model.

    Returns:
        One registration for each kind.

    Raises:
        InputError: TensorFlow Lite Micro has no such operator; the message names it, where it is, and a remedy.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for subgraph in graph.subgraphs:
        for operator in subgraph.operators:
            place = f"operator {operator.index} of subgraph {subgraph.index}"
            counts[_registration(operator, place)] += 1
    return tuple(OperatorRegistration(kind, method, count) for (kind, method), count in sorted(counts.items()))


def _registration(operator: Operator, place: str) -> tuple[str, str]:
    if operator.kind == "CUSTOM":
        method = CUSTOM_METHODS.get(operator.custom_code)
        if method is None:
            raise InputError(
                f"{place} is the custom operator {operator.custom_code!r}, which TensorFlow Lite Micro does not have: "
                "write the model with builtin operators, or register your own kernel with AddCustom by hand"
            )
        return operator.custom_code, method
    method = BUILTIN_METHODS.get(operator.kind)
    if method is None:
        raise InputError(
            f"{place} is {operator.kind}, which TensorFlow Lite Micro does not have: "
            "replace the layer that it comes from by one of builtin operators that it has"
        )
    return operator.kind, method
