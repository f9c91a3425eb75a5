"""What the generated code must be told beside the `.tflite`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from neuralspot_edge.preprocessing import Preprocessing

if TYPE_CHECKING:
    from neuralspot_edge.deployment.golden import Golden

__all__ = ["ARENA_ALIGNMENT", "ARENA_MARGIN", "LEAST_ARENA_MARGIN_BYTES", "DeploymentSettings"]

ARENA_MARGIN = 0.1
"""Share of the reading that the arena gets on top: optimized kernels ask for scratch that the reference ones do not."""

LEAST_ARENA_MARGIN_BYTES = 1024
ARENA_ALIGNMENT = 16

_NO_PREPROCESSING = Preprocessing("none")


@dataclass(frozen=True)
class DeploymentSettings:
    """What a model is called, what it is fed and how much memory it takes.

    Attributes:
        name: The model's name; all symbols begin with it, as an identifier.
        arena_bytes: The tensor arena that TensorFlow Lite Micro was seen to need, without a margin.
        preprocessing: What happens to the samples before they are quantized.
        classes: Names of the classes, in the order of the outputs; empty where there are none.
        channels: Names of the input channels, in order; empty where they are not known.
        sampling_rate: In Hz; None where it is not known.
        golden: Vectors for the self-test, which is left out where it is None: TensorFlow Lite Micro does not run here.
    """

    name: str
    arena_bytes: int
    preprocessing: Preprocessing = _NO_PREPROCESSING
    classes: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    sampling_rate: float | None = None
    golden: Golden | None = None

    @property
    def arena_with_margin_bytes(self) -> int:
        """The arena that the firmware sets aside: the reading and its margin, rounded up to `ARENA_ALIGNMENT`."""
        margin = max(LEAST_ARENA_MARGIN_BYTES, round(self.arena_bytes * ARENA_MARGIN))
        return -(-(self.arena_bytes + margin) // ARENA_ALIGNMENT) * ARENA_ALIGNMENT
