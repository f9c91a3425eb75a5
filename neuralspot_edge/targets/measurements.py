"""Published measurements that the estimates are fitted to and tested against."""

from __future__ import annotations

import functools
from collections import Counter
from pathlib import Path
from typing import Annotated

from pydantic import Field

from neuralspot_edge.strict import Count, Number, StrictModel, Text, validate
from neuralspot_edge.targets.files import read_mapping
from neuralspot_edge.targets.kernels import KernelClass, Work

__all__ = ["Layers", "Measurement", "Measurements", "count_measurements", "load_measurements", "works_of"]

_Amount = Annotated[Count, Field(ge=0)]


class Layers(StrictModel):
    """All layers of a workload that are of one class."""

    count: Annotated[Count, Field(ge=1)] = Field(description="How many")
    macs: _Amount = Field(default=0, description="Their multiply-accumulates together")
    outputs: _Amount = Field(default=0, description="The elements that they write, together")
    elementwise: _Amount = Field(default=0, description="Their elementwise operations together")


class Measurement(StrictModel):
    """One published time of one workload."""

    workload: Text
    core: Text
    device: Text = Field(description="Chip or board")
    clock_mhz: Annotated[Number, Field(gt=0)]
    milliseconds: Annotated[Number, Field(gt=0)]
    runtime: Text = Field(description="What ran it")
    reference: bool = Field(default=False, description="Whether it ran on reference kernels")
    fitted: bool = Field(default=True, description="Whether the core's figures are fitted to it")
    note: Text | None = Field(default=None, description="Why it is not fitted to")
    source: Text


class Measurements(StrictModel):
    """The workloads by name, and their times."""

    workloads: dict[str, dict[KernelClass, Layers]]
    measurements: tuple[Measurement, ...]


@functools.cache
def load_measurements() -> Measurements:
    """All workloads and measurements."""
    path = Path(__file__).parent / "data" / "measurements.yaml"
    return validate(Measurements, read_mapping(path), str(path))


@functools.cache
def _counts() -> Counter[str]:
    return Counter(each.core for each in load_measurements().measurements if each.fitted)


def count_measurements(core: str) -> int:
    """How many measurements a core's figures are fitted to."""
    return _counts()[core]


def works_of(measurement: Measurement) -> list[Work]:
    """The operators of a measurement's workload, those of one class with all their work in the first of them."""
    works = []
    for kernel, layers in load_measurements().workloads[measurement.workload].items():
        fast = not measurement.reference
        first = Work(kernel, kernel, layers.macs, layers.outputs, layers.elementwise, may_be_fast=fast)
        works += [first, *[Work(kernel, kernel, 0, 0, 0, may_be_fast=fast)] * (layers.count - 1)]
    return works
