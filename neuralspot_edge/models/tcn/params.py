"""The schema of the TCN family: what a user writes. Pydantic only, so that checking params loads no Keras."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, Field, field_validator, model_validator

from neuralspot_edge.models.params import (
    Activation,
    Count,
    DilationRate,
    Flag,
    KernelSize,
    Number,
    OutputActivation,
    ParamsWarning,
    Rate,
    StrictModel,
    time_of,
)

__all__ = ["BlockType", "Head", "Norm", "Padding", "SeContext", "Skip", "TcnBlockParams", "TcnParams"]

BlockType = Literal["lg", "mb", "sm"]
Norm = Literal["batch", "layer", "channel"]
Padding = Literal["same", "causal"]
Head = Literal["per_step", "pooled", "last"]
Skip = Literal["identity", "project"]
SeContext = Literal["window", "causal", "frame"]

_IGNORED = {"lg": ("branch", "ex_ratio"), "mb": (), "sm": ("ex_ratio",)}
_CONVOLUTIONS_A_STEP = {"lg": 2, "mb": 1, "sm": 1}


class TcnBlockParams(StrictModel):
    """One block of a TCN: `depth` dilated convolutions (or pairs of them) with the same settings.

    Attributes:
        depth: How often the block's body is repeated.
        branch: Parallel depthwise and pointwise convolutions that are summed (`mb`, `sm`).
        filters: Output channels.
        kernel: Kernel size; an int means time on a 1-D input and a square on a 2-D one, a pair is (height, time).
        dilation: Dilation rate, an int or a pair like `kernel`.
        ex_ratio: Expansion of the channels before the depthwise convolution, `int(filters * ex_ratio)` (`mb`).
        se_ratio: Squeeze-and-excite divides the channels by it; 0 leaves it out. It is left out, with a warning,
            where too few channels remain.
        se_window: Frames that a causal squeeze averages; None takes the span of the block's own kernel.
        dropout: Rate of spatial dropout, None or 0 for none.
        norm: `batch` folds into the convolution on export, `layer` spans the whole window for each channel,
            `channel` spans the channels of each step, None is none.
        activation: A Keras activation by name. Which of them run in int8 is checked at export.
        skip: `identity` adds the input where the widths agree, `project` also where they differ, through a 1x1
            convolution; None takes the model's.
        se_context: What the squeeze looks at, the whole `window`, the past only (`causal`) or this `frame` alone;
            None takes the model's.
    """

    depth: Count = Field(default=1, ge=1, le=64, description="Repetitions of the block's body")
    branch: Count = Field(default=1, ge=1, le=16, description="Parallel convolutions that are summed (mb, sm)")
    filters: Count = Field(ge=1, le=4096, description="Output channels")
    kernel: KernelSize = Field(default=3, description="Kernel size, an int or (height, time)")
    dilation: DilationRate = Field(default=1, description="Dilation rate, an int or (height, time)")
    ex_ratio: Number = Field(default=1.0, gt=0, le=64, description="Channel expansion (mb)")
    se_ratio: Number = Field(default=0.0, ge=0, le=4096, description="Squeeze-and-excite divisor, 0 for none")
    se_window: Annotated[Count, Field(ge=1, le=65536)] | None = Field(
        default=None, description="Frames that a causal squeeze averages"
    )
    dropout: Rate | None = Field(default=None, description="Spatial dropout rate")
    norm: Norm | None = Field(default="batch", description="Normalization after each convolution")
    activation: Activation = Field(default="relu6", description="Activation by its Keras name")
    skip: Skip | None = Field(default=None, description="Skip connection; null takes the model's")
    se_context: SeContext | None = Field(default=None, description="What the squeeze sees; null takes the model's")

    @model_validator(mode="after")
    def _check_expansion(self) -> Self:
        if int(self.filters * self.ex_ratio) < 1:
            raise ValueError(
                f"ex_ratio: {self.ex_ratio:g} leaves no channel of {self.filters} filters, "
                f"allowed is at least {1 / self.filters:g}"
            )
        return self

    @property
    def squeeze_frames(self) -> int:
        """Frames that a causal squeeze averages."""
        return self.se_window or (time_of(self.kernel) - 1) * time_of(self.dilation) + 1


class TcnParams(StrictModel):
    """A temporal convolutional network for the edge (after Lea et al. 2016, https://arxiv.org/abs/1608.08242).

    Input is (time, channels) or (height, time, channels); the output keeps the rank with one prediction a step,
    unless `head` says otherwise.

    Attributes:
        input_kernel: Kernel of the depthwise encoder, None for no encoder.
        input_norm: Normalization after the encoder.
        block_type: `lg` pairs of full convolutions, `mb` inverted bottlenecks, `sm` depthwise-separable ones.
        blocks: The blocks, in order.
        output_kernel: Kernel of the convolution to the classes.
        include_top: Whether there is that convolution.
        use_logits: Whether the output is left as logits; otherwise a softmax follows.
        output_activation: An activation in place of logits or softmax.
        name: Name of the model and prefix of its layers; `model_name` is accepted for it.
        padding: `same` looks at both sides of a step, `causal` only at the past.
        head: `per_step` predicts at every step, `pooled` averages the predictions over the window, `last` keeps
            that of the last step.
        skip: The blocks' skip connection unless a block says otherwise.
        se_context: The blocks' squeeze context unless a block says otherwise.
    """

    input_kernel: KernelSize | None = Field(default=None, description="Encoder kernel, null for no encoder")
    input_norm: Norm | None = Field(default="batch", description="Normalization after the encoder")
    block_type: BlockType = Field(default="mb", description="lg, mb or sm")
    blocks: Annotated[tuple[TcnBlockParams, ...], Field(max_length=256)] = Field(
        default=(), description="The blocks, in order"
    )
    output_kernel: KernelSize = Field(default=3, description="Kernel of the convolution to the classes")
    include_top: Flag = Field(default=True, description="Whether there is a convolution to the classes")
    use_logits: Flag = Field(default=True, description="Logits out; false adds a softmax")
    output_activation: OutputActivation | None = Field(default=None, description="In place of logits or softmax")
    name: Annotated[str, Field(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]*$", max_length=64)] = Field(
        default="tcn",
        validation_alias=AliasChoices("name", "model_name"),
        description="Name of the model and prefix of its layers",
    )
    padding: Padding = Field(default="same", description="same, or causal: only the past")
    head: Head = Field(default="per_step", description="per_step, pooled or last")
    skip: Skip = Field(default="identity", description="The blocks' skip connection")
    se_context: SeContext = Field(default="window", description="What the blocks' squeeze sees")

    @field_validator("blocks", mode="before")
    @classmethod
    def _blocks_are_a_list(cls, blocks: Any) -> Any:
        if isinstance(blocks, (str, Mapping)) or not hasattr(blocks, "__iter__"):
            raise ValueError(f"is a list of blocks, received {blocks!r:.80}")
        return blocks

    @model_validator(mode="after")
    def _warn_of_what_is_hardly_meant(self) -> Self:
        for text in self._oddities():
            warnings.warn(text, ParamsWarning, stacklevel=4)
        return self

    @classmethod
    def from_neuralspot_edge(cls, params: Mapping[str, Any]) -> Self:
        """Params from a dict written for `neuralspot-edge` 0.2.2, with that package's defaults and meaning.

        There an unset norm is `layer`, the model is named `TCN` and an int kernel or dilation is square, on a 1-D
        input too; a weight file made with such params only fits if all of it is kept.

        Args:
            params: The dict. Keys unknown there were dropped in silence; here a warning names them.

        Returns:
            The params, every difference written out.

        Raises:
            pydantic.ValidationError: A value is out of range.
        """
        from neuralspot_edge.models.tcn.neuralspot import translate

        return cls.model_validate(translate(params))

    @property
    def sees_whole_window(self) -> tuple[str, ...]:
        """The parts, by field name, whose output at each step depends on the whole window."""
        parts = [f"head: {self.head}"] if self.head == "pooled" else []
        if self.input_kernel and self.input_norm == "layer":
            parts.append("input_norm: layer")
        for index, block in enumerate(self.blocks):
            if block.norm == "layer":
                parts.append(f"blocks.{index}.norm: layer")
            if self.squeeze_context(block) == "window":
                parts.append(f"blocks.{index}.se_context: window")
        return tuple(parts)

    @property
    def receptive_field(self) -> int | None:
        """Steps of the input that one output step depends on; None where a part sees the whole window.

        1 + (k_in - 1) + sum(n * depth * (k - 1) * d) + (k_out - 1) with n = 2 for `lg`, 1 otherwise, and
        (frames - 1) more for each causal squeeze. Exact, but where the first `mb` block has a causal squeeze on
        the input's own channels and those are too few for it: the squeeze is then left out and less is seen.
        """
        if self.sees_whole_window:
            return None
        reach = time_of(self.input_kernel) - 1 if self.input_kernel else 0
        reach += time_of(self.output_kernel) - 1 if self.include_top else 0
        for block, squeezes in self._squeezes():
            convolutions = _CONVOLUTIONS_A_STEP[self.block_type] * block.depth
            reach += convolutions * (time_of(block.kernel) - 1) * time_of(block.dilation)
            if self.squeeze_context(block) == "causal":
                reach += squeezes * (block.squeeze_frames - 1)
        return 1 + reach

    @property
    def is_causal(self) -> bool:
        """Whether no output step depends on a later input step."""
        field = self.receptive_field
        return field is not None and (self.padding == "causal" or field == 1)

    def squeeze_context(self, block: TcnBlockParams) -> SeContext | None:
        """What the squeeze of `block` sees, None where it has none."""
        has_squeeze = any(squeezes for other, squeezes in self._squeezes() if other is block)
        return (block.se_context or self.se_context) if has_squeeze else None

    def _squeezes(self) -> Iterator[tuple[TcnBlockParams, int]]:
        """Each block with its number of squeezes; those that too few channels forbid are not counted."""
        channels = sys.maxsize  # of the input: known only to the builder
        for block in self.blocks:
            yield block, self._squeezes_of(block, channels)
            channels = block.filters

    def _squeezes_of(self, block: TcnBlockParams, channels_in: int) -> int:
        if not block.se_ratio:
            return 0
        if self.block_type == "sm":
            return int(block.filters // block.se_ratio >= 2)
        if self.block_type == "lg":
            return block.depth * (block.filters // block.se_ratio >= 1)
        widths = [int(block.filters * block.ex_ratio)] * block.depth
        if block.ex_ratio == 1:
            widths[0] = channels_in
        return sum(width // block.se_ratio >= 1 for width in widths)

    def _oddities(self) -> Iterator[str]:
        for index, block in enumerate(self.blocks):
            place = f"blocks.{index}"
            for field in _IGNORED[self.block_type]:
                if field in block.model_fields_set and getattr(block, field) != 1:
                    yield f"{place}.{field}: block type {self.block_type!r} ignores it"
            if block.se_window and (block.se_context or self.se_context) != "causal":
                yield f"{place}.se_window: only se_context 'causal' reads it"
            if 0 < block.se_ratio < 1:
                yield f"{place}.se_ratio: channels are divided by it, {block.se_ratio:g} widens; write 4 for a quarter"
        if self.padding == "causal" and self.sees_whole_window:
            yield f"padding is causal but the model is not: {', '.join(self.sees_whole_window)} sees the whole window"
        if not self.include_top:
            for field in ("output_kernel", "output_activation"):
                if getattr(self, field) != type(self).model_fields[field].default:
                    yield f"{field}: ignored without include_top"
