"""Operators that compute a frame from several frames: convolutions and pools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from neuralspot_edge.graph.operands import input_of, option_of
from neuralspot_edge.graph.view import Operator
from neuralspot_edge.streaming.draft import Draft
from neuralspot_edge.streaming.passage import PREDICT_IN_TIME, Inputs, Passage, Rule, StreamError, copy, zero_padded
from neuralspot_edge.streaming.timeline import Read

__all__ = ["RULES"]

_SIDES = {1: "h", 2: "w"}
_OTHER = {1: 2, 2: 1}


@dataclass(frozen=True)
class Kernel:
    """What a kernel reaches along one axis of an image.

    Attributes:
        taps: Values that it reads.
        dilation: Steps from one of them to the next.
        stride: Steps from one result to the next.
    """

    taps: int
    dilation: int
    stride: int

    @property
    def span(self) -> int:
        """Steps from its first tap to its last, both counted."""
        return (self.taps - 1) * self.dilation + 1

    def padding(self, size: int) -> tuple[int, int]:
        """Zeros before and after with which padding SAME covers an axis of that size; the odd one is after it."""
        total = max((-(-size // self.stride) - 1) * self.stride + self.span - size, 0)
        return total // 2, total - total // 2


def convolution(inputs: Inputs) -> Passage:
    """Full and depthwise convolutions, dilated or not."""
    if (
        inputs.operator.kind == "CONV_2D"
        and input_of(inputs.operator, 1).shape[3] != input_of(inputs.operator, 0).shape[3]
    ):
        raise StreamError("grouped convolutions are not streamed")
    return _windowed(inputs, tuple(input_of(inputs.operator, 1).shape[1:3]))


def pool(inputs: Inputs) -> Passage:
    """Mean and maximum over some frames."""
    operator = inputs.operator
    taps = (option_of(operator, "filter_height"), option_of(operator, "filter_width"))
    for axis in (1, 2):
        kernel = _kernel(operator, taps, axis)
        if operator.options["padding"] == "SAME" and any(kernel.padding(input_of(operator, 0).shape[axis])):
            raise StreamError(
                "a pool with padding SAME counts no padding, so that its first and last frames are unlike the others",
                "use padding: valid, or a padding layer before it",
            )
    return _windowed(inputs, taps)


def _windowed(inputs: Inputs, taps: tuple[int, ...]) -> Passage:
    operator, signal = inputs.operator, inputs.signal()
    if signal.axis not in _SIDES:
        raise StreamError("it reads the whole window at once, as channels", PREDICT_IN_TIME)
    kernel = _kernel(operator, taps, signal.axis)
    if operator.options["padding"] == "SAME":
        signal = zero_padded(signal, *kernel.padding(signal.frames))
    output = signal.after(kernel.taps, dilation=kernel.dilation, stride=kernel.stride)
    if output.frames < 1:
        raise StreamError(f"its kernel spans {kernel.span} frames, of {signal.frames}")
    sees_one = kernel.span == kernel.stride == 1
    across = _kernel(operator, taps, _OTHER[signal.axis])

    def write(draft: Draft, operator: Operator, tensors: Sequence[int]) -> None:
        _write_valid(draft, operator, tensors, _OTHER[signal.axis], across)

    return Passage(operator, output, {0: Read(signal, kernel.span, kernel.stride)}, copy if sees_one else write)


def _kernel(operator: Operator, taps: Sequence[int], axis: int) -> Kernel:
    side = _SIDES[axis]
    dilation = operator.options.get(f"dilation_{side}_factor", 1)
    return Kernel(taps[axis - 1], max(1, int(dilation)), max(1, option_of(operator, f"stride_{side}")))


def _write_valid(draft: Draft, operator: Operator, tensors: Sequence[int], other: int, across: Kernel) -> None:
    """Writes it without padding in time, where the state is; the other axis keeps its own."""
    before, after = across.padding(draft.shape(tensors[0])[other]) if operator.options["padding"] == "SAME" else (0, 0)
    source = tensors[0]
    if before or after:
        source = draft.pad(source, other, before, after)
    draft.copy(operator, [source, *tensors[1:]], padding="VALID")


RULES: dict[str, Rule] = {
    "CONV_2D": convolution,
    "DEPTHWISE_CONV_2D": convolution,
    "AVERAGE_POOL_2D": pool,
    "MAX_POOL_2D": pool,
}
