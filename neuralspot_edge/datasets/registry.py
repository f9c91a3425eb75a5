"""The data sets that have a name."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from typing import Any

from neuralspot_edge.datasets.entries import generated, recorded, sequences
from neuralspot_edge.datasets.entry import DatasetEntry, Request, Task
from neuralspot_edge.datasets.types import Dataset
from neuralspot_edge.datasets.windows import check_seed, check_window
from neuralspot_edge.errors import InputError
from neuralspot_edge.strict import StrictModel
from neuralspot_edge.suggestions import unknown_name

__all__ = ["DatasetEntry", "Task", "dataset_entry", "list_datasets", "load_dataset"]

_BY_NAME = {entry.name: entry for entry in (*recorded.ENTRIES, *generated.ENTRIES, *sequences.ENTRIES)}


def list_datasets(pattern: str = "*") -> list[str]:
    """Names of the data sets that match a pattern with wildcards, such as `synthetic-*`."""
    return sorted(fnmatch.filter(_BY_NAME, pattern))


def dataset_entry(name: str) -> DatasetEntry:
    """What is known of a data set without loading it.

    Raises:
        InputError: There is none of that name.
    """
    if name not in _BY_NAME:
        raise InputError(unknown_name("data set", name, _BY_NAME))
    return _BY_NAME[name]


def load_dataset(
    name: str,
    *,
    window: int | None = None,
    hop: int | None = None,
    seed: int = 0,
    options: Mapping[str, Any] | StrictModel | None = None,
) -> Dataset:
    """Loads a data set by name.

    Args:
        name: One of `list_datasets()`.
        window: Steps in a window; None is the length that is usual for the data set.
        hop: Steps from one window to the next; None is `window`.
        seed: Of what is generated, and of which series are held out for validation. The same arguments give the same
            arrays.
        options: What the data set lets one choose: fields of `dataset_entry(name).options`.

    Raises:
        InputError: There is none of that name, an argument or an option is not legal, or its package is not installed.
    """
    entry = dataset_entry(name)
    window, hop = check_window(entry.window if window is None else window, hop)
    loaded = entry.load(Request(window, hop, check_seed(seed), entry.check_options(options)))
    channels, classes = loaded.channels or entry.channels, loaded.classes or entry.classes
    return Dataset(name, *loaded.splits, channels, entry.sampling_rate, classes, entry.provenance)
