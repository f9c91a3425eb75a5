"""Params that every family with a top has: what the model predicts, and its name. No Keras here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from neuralspot_edge.models.params import Flag, OutputActivation, StrictModel

__all__ = ["ModelName", "OutputParams", "WindowParams"]

ModelName = Annotated[str, Field(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]*$", max_length=64)]
"""Name of a model and prefix of its layers."""


class OutputParams(StrictModel):
    """What follows the last hidden layer.

    Attributes:
        include_top: Whether there is a layer to the classes, or to the numbers predicted.
        use_logits: Whether the output is left as logits; otherwise a softmax follows.
        output_activation: An activation in place of logits or softmax.
    """

    include_top: Flag = Field(default=True, description="Whether there is a layer to the classes")
    use_logits: Flag = Field(default=True, description="Logits out; false adds a softmax")
    output_activation: OutputActivation | None = Field(default=None, description="In place of logits or softmax")

    def _output_oddities(self) -> Iterator[str]:
        """Texts of warnings, for the families' own validators."""
        if not self.include_top and self.output_activation:
            yield "output_activation: ignored without include_top"


class WindowParams(OutputParams):
    """The output of a model that flattens its input.

    Attributes:
        head: `window` predicts once for the window, `per_step` at every step; each prediction sees the whole window.
    """

    head: Literal["window", "per_step"] = Field(
        default="window", description="window: one prediction; per_step: one for each step"
    )

    @property
    def sees_whole_window(self) -> tuple[str, ...]:
        """The part, by field name, whose output depends on the whole window."""
        return (f"head: {self.head}",)
