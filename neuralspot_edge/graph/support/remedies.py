"""What to change in a recipe for an operator that a backend refuses or runs slowly."""

from __future__ import annotations

from collections.abc import Mapping

from neuralspot_edge.graph.operands import is_dilated
from neuralspot_edge.graph.support.verdict import Verdict
from neuralspot_edge.graph.view import Operator

__all__ = ["remedy_for"]

_FUSED_ACTIVATION = "set activation to relu or relu6, which the convolution applies itself"
_OTHER_ACTIVATION = "set activation to one that runs, such as relu6"
_CONDITION = "leave out the condition on values"
_DILATION = (
    "write the layer with keras.layers.Conv1D, Conv2D or their depthwise forms, padding same, causal or valid, and let "
    "nse export convert it"
)
_SQUEEZE = "where it belongs to squeeze-and-excite, set se_ratio to 0"
_INT8_ENDS = "set export.io to int8 and quantize in the firmware"
_NORM = "set norm to batch, which folds into the convolution"

_WHERE_REFUSED: Mapping[str, str] = {
    "SPACE_TO_BATCH_ND": _DILATION,
    "BATCH_TO_SPACE_ND": _DILATION,
    "TILE": "use bilinear interpolation or a transposed convolution in place of nearest up-sampling",
    "SELECT": _CONDITION,
    "SELECT_V2": _CONDITION,
    **dict.fromkeys(("ELU", "GELU", "EXP", "LOG", "POW", "SIGN"), _OTHER_ACTIVATION),
    **dict.fromkeys(("RELU_0_TO_1", "RELU_N1_TO_1", "HARD_SWISH"), _OTHER_ACTIVATION),
    **dict.fromkeys(("NEG", "SQRT", "RSQRT", "SQUARE"), _NORM),
    "RNN": "use an LSTM layer, which becomes one operator",
    "UNIDIRECTIONAL_SEQUENCE_RNN": "use an LSTM layer, which becomes one operator",
}

_WHERE_SLOW: Mapping[str, str] = {
    **dict.fromkeys(("LEAKY_RELU", "LOGISTIC", "TANH", "HARD_SWISH", "ELU", "PRELU", "EXP"), _FUSED_ACTIVATION),
    "MEAN": f"{_SQUEEZE}, or se_context to causal with a short se_window; where it is the head's, set head to last",
    **dict.fromkeys(("SUM", "MUL"), _SQUEEZE),
    "QUANTIZE": _INT8_ENDS,
    "DEQUANTIZE": _INT8_ENDS,
    **dict.fromkeys(("SUB", "RSQRT", "SQUARED_DIFFERENCE", "DIV"), f"where it belongs to a normalization, {_NORM}"),
    "dilated DEPTHWISE_CONV_2D": "set dilation to 1, or block_type to lg: full convolutions are fast at any dilation",
}


def remedy_for(operator: Operator, verdict: Verdict) -> str:
    """What to change, in the words of a recipe.

    Args:
        operator: The operator.
        verdict: What a backend says of it.

    Returns:
        One sentence without a full stop; empty where nothing need be changed, or nothing is known.
    """
    if not verdict.reason:
        return ""
    if verdict.int8_helps:
        return "set export.quantization to int8"
    known = _WHERE_REFUSED if verdict.level == "refused" else _WHERE_SLOW
    return known.get(f"dilated {operator.kind}" if is_dilated(operator) else operator.kind, "")
