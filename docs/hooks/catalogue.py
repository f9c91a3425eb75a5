"""Tables of what the package has: presets, data sets, tasks, quantizations, activations."""

from __future__ import annotations

import importlib
import inspect
import re
from typing import get_args

from tables import code, table

from neuralspot_edge.conversion.rules import REFUSED_ACTIVATIONS, RUNNING_ACTIVATIONS
from neuralspot_edge.datasets import DatasetEntry, dataset_entry, list_datasets
from neuralspot_edge.models.params import OutputActivation
from neuralspot_edge.recipes import list_models
from neuralspot_edge.recipes.facts import describe_preset
from neuralspot_edge.recipes.quantizations import IO_TYPES
from neuralspot_edge.recipes.specs import Task
from neuralspot_edge.training.metrics import METRICS

__all__ = ["activations", "datasets", "file_format", "presets", "quantizations", "tasks"]

_WIDTHS = ("int8", "int16x8", "float32")
_RUNS, _REFUSED, _TRIED = "runs", "**refused**", "tried"


def presets() -> str:
    """The presets: what `nse list` shows, then each with its description and source."""
    found = [describe_preset(name) for name in list_models()]
    overview = table(
        ("preset", "task", "parameters", "int8 bytes"),
        [(f"[`{it.name}`](#{it.name})", it.task, f"{it.parameters:,}", f"{it.int8_bytes:,}") for it in found],
    )
    details = [f"## {it.name}\n\n{it.description}.\n\n{_linked(it.source or '')}" for it in found]
    return "\n\n".join([overview, *details])


def datasets() -> str:
    """The data sets by name."""
    entries = [dataset_entry(name) for name in list_datasets()]
    header = ("name", "what it is", "task", "window and channels", "classes")
    rows = [
        (
            code(entry.name),
            entry.description,
            ", ".join(entry.tasks),
            _shape(entry),
            ", ".join(entry.classes),
        )
        for entry in entries
    ]
    provenance = [
        (code(it.name), it.provenance.source, it.provenance.citation, it.provenance.licence, it.provenance.note)
        for it in entries
    ]
    sources = table(("name", "source", "citation", "licence", "note"), provenance)
    return f'{table(header, rows)}\n\n??? info "Where they come from"\n\n{_indented(sources)}'


def _shape(entry: DatasetEntry) -> str:
    channels = f"{len(entry.channels)}" if entry.channels else "the vocabulary"
    rate = "" if entry.sampling_rate is None else f", {entry.sampling_rate:g} Hz"
    return f"{entry.window} steps of {channels}{rate}"


def file_format(module: str) -> str:
    """What a reader of data files says of its format: the table in its module's docstring."""
    docstring = inspect.getdoc(importlib.import_module(f"neuralspot_edge.datasets.{module}")) or ""
    return docstring.partition("\n\n")[2]


def tasks() -> str:
    """The tasks with their metrics."""
    rows = [(code(task), code(METRICS[task].name), METRICS[task].title, _drop(task)) for task in get_args(Task)]
    return table(("task", "metric", "what it is", "`max_drop` is"), rows)


def quantizations() -> str:
    """The types that inputs and outputs may have under each quantization."""
    rows = [(code(kind), f"{code(types[0])}", ", ".join(map(code, types))) for kind, types in IO_TYPES.items()]
    return table(("quantization", "`io` by default", "`io` allowed"), rows)


def activations() -> str:
    """Which activations run on TensorFlow Lite Micro, by quantization."""
    rows = [(code(name), *(_verdict(name, width) for width in _WIDTHS)) for name in get_args_flat(OutputActivation)]
    return table(("activation", *_WIDTHS), rows)


def get_args_flat(union: object) -> list[str]:
    """The names in a union of literals, in order."""
    return [name for part in get_args(union) for name in (get_args(part) or (part,))]


def _verdict(name: str, quantization: str) -> str:
    # Keras has two names for some functions; the rules know one of them.
    names = {name, {"swish": "silu", "silu": "swish", "hard_swish": "hard_silu", "hard_silu": "hard_swish"}.get(name)}
    if names & REFUSED_ACTIVATIONS[quantization]:
        return _REFUSED
    return _RUNS if names & set(RUNNING_ACTIVATIONS) else _TRIED


def _drop(task: str) -> str:
    return "a difference" if METRICS[task].higher_is_better else "relative to the float model"


def _linked(text: str) -> str:
    return re.sub(r"https?://[^\s,)]+[^\s,).:;]", r"<\g<0>>", text)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
