"""A user's `.npz`.

| array | shape | meaning |
|---|---|---|
| `x` | `(series, time, channels)` | series of one length |
|  | `(time, channels)` or `(time,)` | one recording |
| `y` | `(series,)`, `(series, time)` | class of each series or step of a 3-D `x` |
|  | `(series,)`, `(series, outputs)`, `(series, time, outputs)` | targets of a 3-D `x` |
|  | `(time,)`, as targets also `(time, outputs)` | of each step of one recording |
| `group` | `(series,)` or `(time,)` | subject, machine or session: whole groups go to one part |
| `channels`, `classes` or `labels` | names | of the channels, of the classes |
| `sampling_rate` | one number | Hz |

Instead of `x`, `y`, `group` the file may give the split: `x_train`, `y_train`, `x_test`, `y_test`, `group_train`,
`group_test`. One channel in series is `(series, time, 1)`: two axes are always one recording.
"""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from collections.abc import Mapping

import numpy as np

from neuralspot_edge.datasets.content import FileContent, to_samples
from neuralspot_edge.datasets.recordings import Recordings, from_recording, from_series
from neuralspot_edge.datasets.types import AnyArray, LabelKind
from neuralspot_edge.errors import InputError
from neuralspot_edge.suggestions import did_you_mean

__all__ = ["read_npz"]

_NAMES = ("channels", "classes", "labels", "sampling_rate")
_OF_SPLIT = tuple(f"{name}_{part}" for part in ("train", "test") for name in ("x", "y", "group"))
_KNOWN = ("x", "y", "group", *_OF_SPLIT, *_NAMES)


def read_npz(content: bytes, window: int, labels: LabelKind) -> FileContent:
    """Reads a `.npz` as the table of this module says.

    Args:
        content: The bytes of the file.
        window: Steps in a window, to recognise series that lack their channel axis.
        labels: What `y` is to become.

    Raises:
        InputError: The file is no whole `.npz`, holds Python objects, or its arrays do not fit one another.
    """
    arrays = _load(content)
    suffixes = _suffixes(arrays)
    recordings = {part: _recordings(arrays, suffix, window, labels) for part, suffix in suffixes.items()}
    counts = {recording.steps.shape[1] for recording in recordings.values()}
    if len(counts) > 1:
        raise InputError(f"x_train and x_test must have the same channels; received {sorted(counts)}")
    classes = _strings(arrays, "classes")
    return FileContent(
        recordings=recordings,
        num_channels=counts.pop(),
        channels=_strings(arrays, "channels"),
        classes=_strings(arrays, "labels") if classes is None else classes,
        sampling_rate=_sampling_rate(arrays),
    )


def _load(content: bytes) -> dict[str, AnyArray]:
    stream = io.BytesIO(content)
    if not zipfile.is_zipfile(stream):
        raise InputError("is not a .npz file, or is cut short: write it with numpy.savez")
    stream.seek(0)
    try:
        with np.load(stream, allow_pickle=False) as archive:
            unknown = [name for name in archive.files if name not in _KNOWN]
            arrays = {name: archive[name] for name in archive.files if name in _KNOWN}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"is damaged: {error}") from error
    except ValueError as error:
        raise InputError(f"holds what is no plain array ({error}): store numbers and strings only") from error
    if unknown:
        hints = [f"{name} {did_you_mean(name, _KNOWN)}".strip() for name in unknown]
        warnings.warn(f"arrays of the data file that are not used: {', '.join(hints)}", stacklevel=2)
    # An archive member that is no .npy comes as bytes.
    return {name: np.asarray(array) for name, array in arrays.items()}


def _suffixes(arrays: Mapping[str, AnyArray]) -> dict[str, str]:
    """Ending of the names of each part's arrays."""
    given = [name for name in _OF_SPLIT if name in arrays]
    whole = [name for name in ("x", "y", "group") if name in arrays]
    if given and whole:
        raise InputError(f"has both {whole[0]} and {given[0]}: give x, y or x_train, y_train, x_test, y_test")
    return {"train": "_train", "test": "_test"} if given else {"all": ""}


def _required(arrays: Mapping[str, AnyArray], name: str) -> AnyArray:
    if name not in arrays:
        raise InputError(f"has no array {name!r}; it has {', '.join(sorted(arrays)) or 'none that is known'}")
    return arrays[name]


def _recordings(arrays: Mapping[str, AnyArray], suffix: str, window: int, labels: LabelKind) -> Recordings:
    name = f"x{suffix}"
    x = _required(arrays, name)
    if x.ndim == 1:
        x = x[:, None]
    if x.ndim not in (2, 3) or 0 in x.shape:
        raise InputError(
            f"{name} must be (series, time, channels) or one recording (time, channels), and not empty; received shape "
            f"{x.shape}"
        )
    if x.ndim == 2 and x.shape[1] == window > 1:
        raise InputError(
            f"{name} of shape {x.shape} would be one recording of {x.shape[1]} channels, as many as window {window}: "
            f"give series of one channel the shape ({len(x)}, {window}, 1), one recording (1, {len(x)}, {window})"
        )
    samples = to_samples(name, x)
    group = arrays.get(f"group{suffix}")
    if group is not None:
        _check_group(f"group{suffix}", group, x.shape)
    y = None if labels == "none" else _required(arrays, f"y{suffix}")
    per_step = y is not None and _is_per_step(f"y{suffix}", y, x.shape, labels)
    if y is not None and labels == "target" and y.ndim == 1:
        y = y[:, None]
    if x.ndim == 2:
        return from_recording(samples, y, group)
    return from_series(samples, y, per_step, group)


def _check_group(name: str, group: AnyArray, shape: tuple[int, ...]) -> None:
    if group.shape != shape[:1]:
        raise InputError(f"{name} must have shape ({shape[0]},) as x has shape {shape}; received {group.shape}")
    if group.dtype.kind not in "biufUS" or (group.dtype.kind == "f" and not np.isfinite(group).all()):
        raise InputError(f"{name} must be whole numbers or strings; received {group.dtype} or NaN")


def _is_per_step(name: str, y: AnyArray, shape: tuple[int, ...], labels: LabelKind) -> bool:
    """Whether `y` is of each step rather than of each series; an error where its shape is none of the table's."""
    step_axes = len(shape) - 1
    forms = {"window": {1, step_axes}, "step": {step_axes}, "target": set(range(1, step_axes + 2))}[labels]
    per_step = y.ndim == step_axes + (labels == "target") or step_axes == 1
    axes = shape[: step_axes if per_step else 1]
    if y.ndim not in forms or y.shape[: len(axes)] != axes:
        series, steps = f"({shape[0]},)", str(shape[:-1])
        expected = {
            "window": f"{series} or {steps}",
            "step": steps,
            "target": f"{series}, or that and an axis of outputs, or {steps} and an axis of outputs",
        }[labels]
        raise InputError(
            f"{name} has shape {y.shape}; with x of shape {shape} and labels={labels!r} it must be {expected}"
        )
    return per_step


def _strings(arrays: Mapping[str, AnyArray], name: str) -> tuple[str, ...] | None:
    if name not in arrays:
        return None
    names = arrays[name]
    if names.ndim != 1 or names.dtype.kind != "U":
        raise InputError(f"{name} must be a one-dimensional array of strings; received {names.dtype} {names.shape}")
    return tuple(str(value) for value in names)


def _sampling_rate(arrays: Mapping[str, AnyArray]) -> float | None:
    if "sampling_rate" not in arrays:
        return None
    rate = arrays["sampling_rate"]
    if rate.size != 1 or rate.dtype.kind not in "iuf":
        raise InputError(f"sampling_rate must be one number of Hz; received {rate.dtype} {rate.shape}")
    return float(rate.reshape(()))
