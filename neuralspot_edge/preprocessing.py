"""What happens to the samples before the model sees them; it travels with the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast, get_args

import numpy as np
import numpy.typing as npt

from neuralspot_edge.errors import InputError
from neuralspot_edge.suggestions import unknown_name

__all__ = ["Preprocessing", "PreprocessingKind"]

AnyArray: TypeAlias = npt.NDArray[Any]
PreprocessingKind: TypeAlias = Literal["none", "standardize", "window"]

_ROUNDING = 1e-7
"""A spread below this share of the mean is the rounding of float32 samples: the channel is constant."""


@dataclass(frozen=True)
class Preprocessing:
    """A map from samples to the model's input, part of the model's contract.

    Attributes:
        kind: `none` leaves the samples; `standardize` gives each channel mean 0 and deviation 1 over the training
            split; `window` does so within each window by itself.
        mean: Mean of each channel, for `standardize` only.
        std: Deviation of each channel, above 0; 1 for a constant channel. For `standardize` only.
    """

    kind: PreprocessingKind
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        kinds = get_args(PreprocessingKind)
        if self.kind not in kinds:
            raise InputError(unknown_name("preprocessing", self.kind, kinds))
        if self.kind != "standardize" and (self.mean or self.std):
            raise InputError(f"preprocessing {self.kind!r} takes no mean and std: leave them out")
        if self.kind == "standardize" and not (self.mean and len(self.mean) == len(self.std)):
            raise InputError(
                "preprocessing 'standardize' needs one mean and one std for each channel; "
                f"received {len(self.mean)} and {len(self.std)}: use Preprocessing.fit"
            )
        if not all(np.isfinite(self.mean)) or not all(np.isfinite(value) and value > 0 for value in self.std):
            raise InputError(f"preprocessing needs finite means and stds above 0; received {self.mean}, {self.std}")

    @classmethod
    def fit(cls, kind: PreprocessingKind, x_train: AnyArray) -> Preprocessing:
        """Measures what `kind` needs.

        Args:
            kind: Which preprocessing.
            x_train: Samples of the training split, never of another, `(windows, time, channels)`.

        Raises:
            InputError: An unknown kind, or samples of another shape or with NaN.
        """
        if kind != "standardize":
            return cls(kind)
        if x_train.ndim != 3 or 0 in x_train.shape:
            raise InputError(f"x_train must be (windows, time, channels); received shape {x_train.shape}")
        mean = x_train.mean(axis=(0, 1), dtype=np.float64)
        std = _usable(mean, x_train.std(axis=(0, 1), dtype=np.float64))
        return cls(kind, tuple(mean.tolist()), tuple(std.tolist()))

    def apply(self, x: AnyArray) -> npt.NDArray[np.float32]:
        """Maps samples to the model's input.

        Args:
            x: Samples, `(..., time, channels)`.

        Returns:
            float32 of the same shape.

        Raises:
            InputError: `x` has another number of channels than the preprocessing, or fewer than two axes.
        """
        if self.kind == "none":
            return x.astype(np.float32)
        if x.ndim < 2:
            raise InputError(f"x must be (..., time, channels); received shape {x.shape}")
        if self.kind == "window":
            mean = x.mean(axis=-2, keepdims=True, dtype=np.float64)
            std = _usable(mean, x.std(axis=-2, keepdims=True, dtype=np.float64))
        else:
            if x.shape[-1] != len(self.mean):
                raise InputError(f"x has {x.shape[-1]} channels; the preprocessing was fitted on {len(self.mean)}")
            mean, std = np.array(self.mean), np.array(self.std)
        return np.asarray((x - mean) / std, dtype=np.float32)

    def to_dict(self) -> dict[str, Any]:
        """The preprocessing as JSON values, for the metadata of a model."""
        if self.kind != "standardize":
            return {"kind": self.kind}
        return {"kind": self.kind, "mean": list(self.mean), "std": list(self.std)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Preprocessing:
        """Reads what `to_dict` gave.

        Raises:
            InputError: A key is missing or unknown, or a value is not of its kind.
        """
        known = ("kind", "mean", "std")
        for key in values:
            if key not in known:
                raise InputError(unknown_name("key of the preprocessing", key, known))
        if "kind" not in values:
            raise InputError("the preprocessing has no key 'kind'")
        numbers = {}
        for key in ("mean", "std"):
            try:
                numbers[key] = tuple(float(value) for value in values.get(key, ()))
            except (TypeError, ValueError) as error:
                raise InputError(f"preprocessing {key} must be a list of numbers; received {values[key]!r}") from error
        return cls(cast(PreprocessingKind, values["kind"]), **numbers)


def _usable(mean: npt.NDArray[np.float64], std: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Deviations to divide by: 1 where a channel is constant, so that it becomes 0 and not infinite."""
    floor = np.maximum(_ROUNDING * np.abs(mean), np.finfo(np.float32).tiny)
    return np.where(std <= floor, 1.0, std)
