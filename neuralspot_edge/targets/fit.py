"""Whether a model fits a target, with the margin."""

from __future__ import annotations

from dataclasses import dataclass

from neuralspot_edge.targets.schema import Target

__all__ = ["Fit", "check_fit"]


@dataclass(frozen=True)
class Fit:
    """A model in a target's memory.

    Attributes:
        target: Name of the target.
        fits: Whether both memories are large enough; None where one is not known and the other does not refuse.
        flash_used_bytes: The model and the reserve for code.
        flash_margin_bytes: What is left of the flash, negative where it is too small; None where it is not known.
        ram_used_bytes: The arena and the reserve for stack, heap and drivers.
        ram_margin_bytes: What is left of the RAM, likewise.
        detail: One line for a person: the margins, or what to do.
    """

    target: str
    fits: bool | None
    flash_used_bytes: int
    flash_margin_bytes: int | None
    ram_used_bytes: int
    ram_margin_bytes: int | None
    detail: str


@dataclass(frozen=True)
class _Demand:
    """What is asked of one memory."""

    memory: str
    used: int
    available: int | None
    parts: str
    remedy: str

    @property
    def margin(self) -> int | None:
        return None if self.available is None else self.available - self.used

    @property
    def line(self) -> str:
        if self.margin is None:
            return f"{self.memory}: {self.used:,} bytes needed, the target's is not known"
        share = f" ({abs(self.margin) / self.available:.1%} of it)" if self.available else ""
        if self.margin < 0:
            return f"{self.memory}: {-self.margin:,} bytes too few{share} for {self.parts}; {self.remedy}"
        return f"{self.memory}: {self.margin:,} bytes left{share}, {self.parts} taken off"


def check_fit(target: Target, model_bytes: int, arena_bytes: int) -> Fit:
    """Compares what a model needs with what a target has.

    Beside the model and its arena a firmware needs memory for code, stack and data, which no `.tflite` tells: the
    target's `reserve` stands for it and is part of the figures.

    Args:
        target: The target.
        model_bytes: Size of the `.tflite`, which stays in flash.
        arena_bytes: Size of TensorFlow Lite Micro's tensor arena, which lies in RAM in one piece.

    Returns:
        The verdict with its margins.
    """
    code, working = target.reserve.flash_bytes, target.reserve.ram_bytes
    flash = _Demand(
        memory="flash",
        used=model_bytes + code,
        available=target.flash_bytes,
        parts=f"the model ({model_bytes:,}) and a reserve for code ({code:,})",
        remedy="use fewer filters or blocks, or int8 weights",
    )
    ram = _Demand(
        memory="RAM",
        used=arena_bytes + working,
        available=target.ram_bytes,
        parts=f"the arena ({arena_bytes:,}) and a reserve for stack and data ({working:,})",
        remedy="shorten the window, take a stride early, or use fewer filters where activations are largest",
    )
    margins = (flash.margin, ram.margin)
    fits: bool | None = all(margin is not None and margin >= 0 for margin in margins)
    if not fits and not any(margin is not None and margin < 0 for margin in margins):
        fits = None
    return Fit(
        target=target.name,
        fits=fits,
        flash_used_bytes=flash.used,
        flash_margin_bytes=flash.margin,
        ram_used_bytes=ram.used,
        ram_margin_bytes=ram.margin,
        detail="; ".join((flash.line, ram.line)),
    )
