"""What every data source gives: a train, a validation and a test split of windows, with what they mean."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from neuralspot_edge.errors import InputError

__all__ = ["AnyArray", "Dataset", "FloatArray", "IntArray", "LabelKind", "Provenance", "Split"]

AnyArray: TypeAlias = npt.NDArray[Any]
FloatArray: TypeAlias = npt.NDArray[np.float32]
IntArray: TypeAlias = npt.NDArray[np.int64]

LabelKind: TypeAlias = Literal["window", "step", "target", "none"]
"""What `y` is: a class per window, a class per time step, real-valued targets, or nothing."""


@dataclass(frozen=True)
class Provenance:
    """Where data comes from and what was done to it.

    Attributes:
        source: Package, address or file it was loaded from.
        citation: The paper or the people to cite.
        licence: Terms of use as far as they are stated by the source.
        note: What differs from the source: padding, reduction, a split of our own.
    """

    source: str
    citation: str = ""
    licence: str = ""
    note: str = ""


@dataclass(frozen=True, eq=False)
class Split:
    """One part of a data set.

    Attributes:
        x: Windows, float32 `(windows, time, channels)`.
        y: int64 `(windows,)` class of each window; int64 `(windows, time)` class of each step; float32
            `(windows, time, outputs)` or `(windows, outputs)` targets; or None.
        groups: Whom or what each window comes from (subject, machine, session), `(windows,)`; or None.
    """

    x: FloatArray
    y: AnyArray | None = None
    groups: AnyArray | None = None

    def __post_init__(self) -> None:
        if self.x.ndim != 3 or 0 in self.x.shape:
            raise InputError(f"x must be (windows, time, channels), none of them 0; received shape {self.x.shape}")
        if self.x.dtype != np.float32:
            raise InputError(f"x must be float32; received {self.x.dtype}: use x.astype('float32')")
        if self.y is not None:
            self._check_y(self.y)
        if self.groups is not None and self.groups.shape != (len(self),):
            raise InputError(f"groups must have shape ({len(self)},) as x has windows; received {self.groups.shape}")

    def _check_y(self, y: AnyArray) -> None:
        per_window, per_step = self.x.shape[:1], self.x.shape[:2]
        if y.dtype == np.int64:
            fits = y.shape in (per_window, per_step)
            expected = f"{per_window} or {per_step} as class labels"
        elif y.dtype == np.float32:
            fits = (y.ndim == 2 and y.shape[:1] == per_window) or (y.ndim == 3 and y.shape[:2] == per_step)
            expected = f"({len(self)}, outputs) or ({len(self)}, {self.window}, outputs) as targets"
        else:
            raise InputError(f"y must be int64 class labels or float32 targets; received {y.dtype}: use y.astype")
        if not fits:
            raise InputError(f"y must have shape {expected} for x of shape {self.x.shape}; received {y.shape}")

    def __len__(self) -> int:
        return int(self.x.shape[0])

    @property
    def window(self) -> int:
        """Steps in a window."""
        return int(self.x.shape[1])

    @property
    def label_kind(self) -> LabelKind:
        """What `y` holds."""
        if self.y is None:
            return "none"
        if self.y.dtype == np.float32:
            return "target"
        return "window" if self.y.ndim == 1 else "step"


@dataclass(frozen=True, eq=False)
class Dataset:
    """Three splits of one kind of window, and what the numbers in them mean.

    The test split is for the last measurement only: never for calibration, nor for early stopping.

    Attributes:
        name: Name in the registry, or the stem of the file.
        train: What the model learns from; preprocessing and calibration are fitted on it too.
        validation: What early stopping looks at.
        test: What nothing but the final measurement looks at.
        channels: Name of each channel.
        sampling_rate: Steps per second in Hz, or None where it is not known.
        classes: Name of each class in the order of the labels; empty for targets and for no labels.
        provenance: Where the data comes from.
    """

    name: str
    train: Split
    validation: Split
    test: Split
    channels: tuple[str, ...]
    sampling_rate: float | None
    classes: tuple[str, ...]
    provenance: Provenance

    def __post_init__(self) -> None:
        rate = self.sampling_rate
        if rate is not None and not (math.isfinite(rate) and rate > 0):
            raise InputError(f"data set {self.name!r}: sampling_rate must be a positive number of Hz; received {rate}")
        for part, split in self.splits.items():
            self._check_shape(part, split)
            self._check_values(part, split)

    @property
    def splits(self) -> dict[str, Split]:
        """The three splits by name, in the order train, validation, test."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    @property
    def window(self) -> int:
        """Steps in a window."""
        return self.train.window

    @property
    def num_channels(self) -> int:
        """Channels of the input."""
        return len(self.channels)

    @property
    def num_classes(self) -> int:
        """Number of classes, 0 where there are none."""
        return len(self.classes)

    @property
    def label_kind(self) -> LabelKind:
        """What `y` holds, the same in every split."""
        return self.train.label_kind

    def _error(self, part: str, problem: str) -> InputError:
        return InputError(f"data set {self.name!r}: the {part} split {problem}")

    def _check_shape(self, part: str, split: Split) -> None:
        expected = (self.window, self.num_channels)
        if split.x.shape[1:] != expected:
            raise self._error(part, f"has windows of (time, channels) {split.x.shape[1:]}; expected {expected}")
        if split.label_kind != self.label_kind:
            raise self._error(part, f"has labels of kind {split.label_kind!r}, the train split {self.label_kind!r}")
        if split.y is not None and self.train.y is not None and split.y.shape[1:] != self.train.y.shape[1:]:
            raise self._error(part, f"has y of shape {split.y.shape}, the train split {self.train.y.shape}")

    def _check_values(self, part: str, split: Split) -> None:
        bad = np.argwhere(~np.isfinite(split.x))
        if len(bad):
            window, step, channel = bad[0]
            raise self._error(
                part,
                f"has {split.x[window, step, channel]} in window {window}, step {step}, channel "
                f"{self.channels[channel]!r}: remove or fill what is not a finite number",
            )
        if split.y is None:
            return
        if split.label_kind == "target":
            if not np.isfinite(split.y).all():
                window = int(np.argwhere(~np.isfinite(split.y))[0][0])
                raise self._error(part, f"has a target that is not a finite number in window {window}")
        elif split.y.min() < 0 or split.y.max() >= self.num_classes:
            raise self._error(
                part, f"has class labels {split.y.min()} to {split.y.max()}; {self.num_classes} classes are named"
            )
