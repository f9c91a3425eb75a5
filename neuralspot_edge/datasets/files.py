"""A user's own data, `.npz` or CSV, as windows in three splits.

What the files hold is in `npz_file` and `csv_file`. How they are split:

- Where the file gives `x_train` and `x_test`, that is the test split. Validation is a fifth of the training windows:
  whole groups where there are groups, otherwise the last windows of each class.
- With groups, whole groups go to a split, about 60/20/20 by windows, chosen by the seed.
- Without, the splits follow one another in time, 60/20/20 of the windows. Windows that share steps with an earlier
  split are dropped, also where series were cut from one signal before they came here and each repeats two steps or
  more of the one before it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import numpy as np

from neuralspot_edge.datasets.content import FileContent
from neuralspot_edge.datasets.csv_file import read_csv
from neuralspot_edge.datasets.labels import class_presence, encode_labels, majority, numeric_targets
from neuralspot_edge.datasets.npz_file import read_npz
from neuralspot_edge.datasets.recordings import Recordings, Windows, cut_windows
from neuralspot_edge.datasets.splits import hold_out_tail, split_by_group, split_contiguous
from neuralspot_edge.datasets.types import AnyArray, Dataset, IntArray, LabelKind, Provenance, Split
from neuralspot_edge.datasets.windows import check_seed, check_window
from neuralspot_edge.errors import InputError
from neuralspot_edge.files import read_bytes
from neuralspot_edge.suggestions import unknown_name

__all__ = ["load_file"]

_RATE_TOLERANCE = 0.01


@dataclass(frozen=True, eq=False)
class _Labelled:
    """Windows with labels as the model needs them.

    Attributes:
        windows: The windows.
        y: As `Split.y`.
        classes: Names of the classes; empty where there are none.
    """

    windows: Windows
    y: AnyArray | None
    classes: tuple[str, ...]

    @property
    def presence(self) -> AnyArray | None:
        """Whether each class is in each window, `(windows, classes)`; None where there are no classes."""
        return class_presence(self.y, len(self.classes)) if self.y is not None and self.classes else None

    def take(self, indices: IntArray) -> Split:
        """The split of these windows."""
        groups = self.windows.groups
        return Split(
            x=self.windows.x[indices],
            y=None if self.y is None else self.y[indices],
            groups=None if groups is None else groups[indices],
        )


def load_file(
    path: str | Path,
    *,
    window: int,
    hop: int | None = None,
    labels: LabelKind = "window",
    seed: int = 0,
    channels: Sequence[str] | None = None,
    sampling_rate: float | None = None,
) -> Dataset:
    """Loads a user's data.

    Args:
        path: A `.npz` or `.csv` file; see `npz_file` and `csv_file` for what it holds.
        window: Steps in a window. Windows never cross from one series or group to the next.
        hop: Steps from one window to the next; None is `window`.
        labels: What `y` becomes: `window` one class for each window (the most frequent one of its steps where the file
            has them for each step), `step` one class for each step, `target` real numbers, `none` nothing.
        seed: Which groups go where. Splits in time do not depend on it.
        channels: Names of the channels to use, in this order. Where the file has no names, the names to give.
        sampling_rate: In Hz, where the file does not say.

    Returns:
        The data in three splits that share no step and no group.

    Raises:
        InputError: The file cannot be read, its content does not fit, there are too few windows, or a class is missing
            from a split; the message begins with the file.
    """
    path = Path(path)
    window, hop = check_window(window, hop)
    seed = check_seed(seed)
    if labels not in get_args(LabelKind):
        raise InputError(unknown_name("labels", labels, get_args(LabelKind)))
    reader = _reader(path)
    raw = read_bytes(path, "data")
    try:
        content = reader(raw, window, labels)
        content = _with_channels(content, channels)
        splits, classes = _splits(content, window, hop, labels, seed)
        rate = _agreed_rate(content.sampling_rate, sampling_rate)
        names = content.channels or tuple(f"channel-{index}" for index in range(content.num_channels))
        return Dataset(path.stem, *splits, names, rate, classes, Provenance(source=path.name))
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _reader(path: Path) -> Callable[[bytes, int, LabelKind], FileContent]:
    readers = {".npz": read_npz, ".csv": lambda raw, _window, labels: read_csv(raw, labels)}
    if path.suffix.lower() not in readers:
        raise InputError(f"data must be a .npz or .csv file; received {path}")
    return readers[path.suffix.lower()]


def _with_channels(content: FileContent, wanted: Sequence[str] | None) -> FileContent:
    """The content with the channels that are wanted, or with these names."""
    found = content.channels
    if found is not None and len(found) != content.num_channels:
        raise InputError(f"channels has {len(found)} names; x has {content.num_channels} channels")
    if wanted is None:
        return content
    if isinstance(wanted, str) or not wanted:
        raise InputError(f"channels must be a list of names; received {wanted!r}")
    if found is None:
        if len(wanted) != content.num_channels:
            raise InputError(f"channels has {len(wanted)} names; the file has {content.num_channels} unnamed channels")
        return replace(content, channels=tuple(wanted))
    for name in wanted:
        if name not in found:
            raise InputError(unknown_name("channel", name, found))
    columns = [found.index(name) for name in wanted]
    chosen = {part: replace(rec, steps=rec.steps[:, columns]) for part, rec in content.recordings.items()}
    return replace(content, recordings=chosen, num_channels=len(columns), channels=tuple(wanted))


def _agreed_rate(found: float | None, given: float | None) -> float | None:
    if found is None or given is None:
        return found if given is None else given
    if abs(found - given) > _RATE_TOLERANCE * found:
        raise InputError(
            f"sampling_rate is {given:g} Hz but the file says {found:g} Hz: correct one (a column 'time' is in seconds)"
        )
    return given


def _splits(
    content: FileContent, window: int, hop: int, labels: LabelKind, seed: int
) -> tuple[tuple[Split, Split, Split], tuple[str, ...]]:
    parts, classes = _labelled(content, window, hop, labels)
    if "all" in parts:
        return _split_three(parts["all"], window, seed), classes
    train, validation = _split_two(parts["train"], window, seed)
    test = parts["test"].take(np.arange(len(parts["test"].windows.x)))
    if problem := _missing_class(train, "train", classes):
        # The split is the user's, and a model of what is normal wants it so.
        warnings.warn(problem, stacklevel=3)
    return (train, validation, test), classes


def _labelled(
    content: FileContent, window: int, hop: int, labels: LabelKind
) -> tuple[dict[str, _Labelled], tuple[str, ...]]:
    """Windows of each part of the file, with their labels."""
    recordings = dict(content.recordings)
    classes: tuple[str, ...] = ()
    raw = [rec.labels for rec in recordings.values() if rec.labels is not None]
    if raw:
        if labels == "target":
            encoded: Sequence[AnyArray] = [numeric_targets(values) for values in raw]
        else:
            encoded, classes = encode_labels(raw, content.classes)
        recordings = {
            part: replace(rec, labels=values) for (part, rec), values in zip(recordings.items(), encoded, strict=True)
        }
    labelled = {}
    for part, rec in recordings.items():
        windows = cut_windows(rec, window, hop)
        labelled[part] = _Labelled(windows, _window_labels(rec, windows, labels, len(classes)), classes)
    return labelled, classes


def _window_labels(recordings: Recordings, windows: Windows, labels: LabelKind, num_classes: int) -> AnyArray | None:
    if windows.labels is not None and labels == "window" and recordings.per_step:
        return majority(windows.labels, num_classes)
    return windows.labels


def _split_three(data: _Labelled, window: int, seed: int) -> tuple[Split, Split, Split]:
    if data.windows.groups is None:
        parts = split_contiguous(data.windows.starts, window)
        remedy = "the data is split in order of time: say by 'group' what belongs together"
    else:
        parts = split_by_group(data.windows.groups, seed=seed, presence=data.presence)
        remedy = "each class needs at least two groups"
    if not all(map(len, parts)):
        raise InputError(
            f"{len(data.windows.x)} windows of {window} steps are too few for three splits without overlap "
            f"(train {len(parts[0])}, validation {len(parts[1])}, test {len(parts[2])}): give more data, or a shorter "
            "window"
        )
    if data.presence is not None and not data.presence.any(axis=0).all():
        never = data.classes[int(data.presence.any(axis=0).argmin())]
        raise InputError(
            f"no window of {window} steps is of class {never}: leave its name out; or, where it lasts for less than "
            "half a window, choose a shorter one or labels='step'"
        )
    train, validation, test = (data.take(part) for part in parts)
    for name, split in {"train": train, "test": test}.items():
        if problem := _missing_class(split, name, data.classes):
            raise InputError(f"{problem}; {remedy}, or give x_train, y_train, x_test, y_test")
    return train, validation, test


def _missing_class(split: Split, part: str, classes: tuple[str, ...]) -> str:
    """What is wrong where a class is in no window of the split, or an empty string."""
    if split.y is None or not classes:
        return ""
    present = np.unique(split.y)
    missing = [name for label, name in enumerate(classes) if label not in present]
    return f"no window of the {part} split is of class {', '.join(missing)}" if missing else ""


def _split_two(data: _Labelled, window: int, seed: int) -> tuple[Split, Split]:
    """Training windows with a fifth held out for validation."""
    if data.windows.groups is not None:
        parts = split_by_group(data.windows.groups, (0.8, 0.2), seed, data.presence)
    else:
        by_class = data.y is not None and data.y.dtype == np.int64 and data.y.ndim == 1
        strata = data.y if by_class and data.y is not None else np.zeros(len(data.windows.x), dtype=np.int64)
        parts = hold_out_tail(data.windows.starts, window, strata)
    if not len(parts[1]):
        raise InputError(
            f"{len(data.windows.x)} training windows of {window} steps leave none for validation that shares no step "
            "with them: give more training data, or a shorter window"
        )
    return data.take(parts[0]), data.take(parts[1])
