"""What is known of a data set before it is loaded, and what loading it takes and gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from neuralspot_edge.datasets.types import Provenance, Split
from neuralspot_edge.errors import InputError
from neuralspot_edge.strict import StrictModel, validate

__all__ = ["DatasetEntry", "Loaded", "Loader", "Request", "Task", "unchanged"]

Task: TypeAlias = Literal[
    "classification", "segmentation", "regression", "denoising", "forecasting", "anomaly", "language"
]


@dataclass(frozen=True)
class Request:
    """What a data set is asked for.

    Attributes:
        window: Steps in a window.
        hop: Steps from one window to the next.
        seed: Of what is generated, and of what is held out.
        options: An instance of the entry's own options, None where it has none.
    """

    window: int
    hop: int
    seed: int
    options: Any = None


@dataclass(frozen=True, eq=False)
class Loaded:
    """What loading gives.

    Attributes:
        splits: Train, validation and test.
        channels: Name of each channel, where it is known only now.
        classes: Name of each class, where it is known only now.
    """

    splits: tuple[Split, Split, Split]
    channels: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


Loader: TypeAlias = Callable[[Request], Loaded]


def unchanged(load: Callable[[int, int, int], tuple[Split, Split, Split]]) -> Loader:
    """The loader of a data set without options, from a function of window, hop and seed."""
    return lambda request: Loaded(load(request.window, request.hop, request.seed))


@dataclass(frozen=True)
class DatasetEntry:
    """What is known of a data set before it is loaded.

    Attributes:
        name: What `load_dataset` is called with.
        description: One line for people.
        tasks: What it can train.
        channels: Name of each channel; empty where only loading tells.
        sampling_rate: Steps per second in Hz; None where steps are not of time.
        classes: Name of each class; empty for targets, and where only loading tells.
        window: Steps in a window where none are asked for.
        provenance: Where it comes from.
        load: Makes the splits.
        options: The schema of its own options; None where it has none.
    """

    name: str
    description: str
    tasks: tuple[Task, ...]
    channels: tuple[str, ...]
    sampling_rate: float | None
    classes: tuple[str, ...]
    window: int
    provenance: Provenance
    load: Loader
    options: type[StrictModel] | None = None

    def check_options(self, options: Mapping[str, Any] | StrictModel | None) -> StrictModel | None:
        """The options as an instance of the schema, defaults where there are none; None where it has none.

        Raises:
            InputError: The data set takes none, or a key or a value is not legal.
        """
        if self.options is not None:
            return validate(self.options, options or {}, f"options of the data set {self.name!r}")
        if options:
            raise InputError(f"the data set {self.name!r} takes no options: leave them out")
        return None
