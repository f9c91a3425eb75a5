"""Class labels as people write them, and as a model needs them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from neuralspot_edge.datasets.types import AnyArray, FloatArray, IntArray
from neuralspot_edge.errors import InputError
from neuralspot_edge.suggestions import unknown_name

__all__ = ["class_presence", "encode_labels", "majority", "numeric_targets"]


def encode_labels(parts: Sequence[AnyArray], names: Sequence[str] | None) -> tuple[list[IntArray], tuple[str, ...]]:
    """Numbers the classes of all parts alike.

    Without names the classes are the values that occur, sorted (whole numbers by value, strings by their characters).
    With names, strings are looked up among them, whole numbers within 0..K-1 are their indices, and K other whole
    numbers are taken in ascending order.

    Args:
        parts: Label arrays of any shapes: whole numbers or strings.
        names: The class names given with the data, or None.

    Returns:
        int64 arrays of the shapes of `parts`, and the name of each class.

    Raises:
        InputError: Labels that are neither, or that do not fit the names.
    """
    values = _label_values(np.concatenate([part.reshape(-1) for part in parts]), names)
    present, codes = np.unique(values, return_inverse=True)
    classes = tuple(str(value) for value in present)
    if names is not None:
        codes, classes = _named_codes(present, names)[codes], tuple(names)
    borders = np.cumsum([part.size for part in parts])[:-1]
    encoded = np.split(codes.astype(np.int64), borders)
    return [flat.reshape(part.shape) for flat, part in zip(encoded, parts, strict=True)], classes


def _label_values(values: AnyArray, names: Sequence[str] | None) -> AnyArray:
    """Labels as int64, or as strings where they are no whole numbers."""
    if values.dtype.kind in "US":
        text = np.char.strip(values.astype(str))
        if (text == "").any():
            raise InputError(f"label {int(np.flatnonzero(text == '')[0])} is empty: every step or window needs one")
        if names is not None and set(text) <= set(names):
            return text
        try:
            return text.astype(np.int64)
        except (ValueError, OverflowError):
            return text
    if values.dtype.kind in "biu":
        return values.astype(np.int64)
    if values.dtype.kind == "f" and np.isfinite(values).all() and (values == np.round(values)).all():
        return values.astype(np.int64)
    raise InputError(
        f"class labels must be whole numbers or strings; received {values.dtype} such as {values[:3].tolist()}: "
        "for real-valued targets use labels='target'"
    )


def _named_codes(present: AnyArray, names: Sequence[str]) -> IntArray:
    """The index among the names of each value that occurs."""
    if len(set(names)) != len(names):
        raise InputError(f"class names must differ; received {list(names)}")
    if present.dtype.kind == "U":
        for value in present:
            if value not in names:
                raise InputError(unknown_name("class label", str(value), names))
        return np.array([list(names).index(value) for value in present])
    if present[0] >= 0 and present[-1] < len(names):
        return np.asarray(present)
    if len(present) == len(names):
        return np.arange(len(names))
    raise InputError(
        f"class labels are {present[0]} to {present[-1]} ({len(present)} values) but {len(names)} class names are given"
    )


def numeric_targets(values: AnyArray) -> FloatArray:
    """Targets as float32.

    Raises:
        InputError: They are not numbers, or not finite in float32.
    """
    if values.dtype.kind not in "biuf":
        raise InputError(f"targets must be numbers; received {values.dtype}")
    with np.errstate(over="ignore"):
        targets = values.astype(np.float32)
    if not np.isfinite(targets).all():
        index = tuple(np.argwhere(~np.isfinite(targets))[0].tolist())
        raise InputError(f"targets must be finite; y{list(index)} is {values[index]}: remove or fill it")
    return targets


def majority(steps: IntArray, num_classes: int) -> IntArray:
    """The most frequent class of each window, the lower one of two that are equally frequent.

    Args:
        steps: Class of each step, `(windows, time)`.
        num_classes: Number of classes.

    Returns:
        int64 `(windows,)`.
    """
    counts = np.stack([(steps == label).sum(axis=1) for label in range(num_classes)], axis=1)
    return np.asarray(counts.argmax(axis=1), dtype=np.int64)


def class_presence(y: IntArray, num_classes: int) -> npt.NDArray[np.bool_]:
    """Whether each class is in each window, `(windows, classes)`, from labels of windows or of steps."""
    rows = y.reshape(len(y), -1)
    return np.stack([(rows == label).any(axis=1) for label in range(num_classes)], axis=1)
