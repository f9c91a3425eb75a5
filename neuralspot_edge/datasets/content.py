"""What the readers of files give to `load_file`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from neuralspot_edge.datasets.recordings import Recordings
from neuralspot_edge.datasets.types import AnyArray, FloatArray
from neuralspot_edge.errors import InputError

__all__ = ["FileContent", "to_samples"]


@dataclass(frozen=True)
class FileContent:
    """A file as it was read, before windows and splits.

    Attributes:
        recordings: Under `all`, or under `train` and `test` where the file gives the split.
        num_channels: Channels of every recording.
        channels: Their names, or None where the file has none.
        classes: Names of the classes, or None where the file has none.
        sampling_rate: Steps per second in Hz, or None where the file does not say.
    """

    recordings: Mapping[str, Recordings]
    num_channels: int
    channels: tuple[str, ...] | None
    classes: tuple[str, ...] | None
    sampling_rate: float | None


def to_samples(name: str, x: AnyArray) -> FloatArray:
    """Samples as finite float32.

    Args:
        name: What the file calls them, for the message.
        x: Samples, `(..., time, channels)`.

    Raises:
        InputError: They are not real numbers, or not finite in float32.
    """
    if x.dtype.kind not in "biuf":
        raise InputError(f"{name} must be real numbers; received {x.dtype}")
    with np.errstate(over="ignore"):
        samples = x.astype(np.float32)
    if not np.isfinite(samples).all():
        index = tuple(np.argwhere(~np.isfinite(samples))[0].tolist())
        series = f"series {index[0]}, " if len(index) == 3 else ""
        raise InputError(
            f"{name} has {x[index]} in {series}step {index[-2]}, channel {index[-1]}: remove or fill what is not a "
            "finite float32"
        )
    return samples
