"""A `.tflite` with settings for its deployment, and what generated text says, read back."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuralspot_edge.datasets import Preprocessing
from neuralspot_edge.deployment import DeploymentSettings, Golden, make_golden
from neuralspot_edge.graph import load_graph
from neuralspot_edge.graph.memory import plan_memory
from neuralspot_edge.interpreters.arena import measure_arena


@dataclass(frozen=True)
class Deployed:
    """A model and how it is to be deployed."""

    content: bytes
    settings: DeploymentSettings

    def with_settings(self, **changes: Any) -> Deployed:
        return dataclasses.replace(self, settings=dataclasses.replace(self.settings, **changes))


def deploy(content: bytes, samples: Any, *, name: str, **settings: Any) -> Deployed:
    """Settings as an export makes them: an arena in which the model loads, golden vectors from samples."""
    golden = make_golden(content, samples, preprocessing=settings.get("preprocessing", Preprocessing("none")))
    arena_bytes = max(measure_arena(content).total_bytes, plan_memory(load_graph(content)).loading_bytes)
    return Deployed(content, DeploymentSettings(name, arena_bytes, golden=golden, **settings))


def deploy_untouched(content: bytes, name: str = "foreign", count: int = 3, seed: int = 0) -> Deployed:
    """A model of any make, fed random numbers of each input's own type."""
    rng = np.random.default_rng(seed)
    samples = [_random(rng, (count, *tensor.shape[1:]), tensor.dtype) for tensor in load_graph(content).inputs]
    return deploy(content, samples if len(samples) > 1 else samples[0], name=name)


def _random(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    if dtype == "float32":
        return rng.standard_normal(shape).astype(np.float32)
    limits = np.iinfo(np.dtype(dtype))
    return rng.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)


def with_first_output_moved(golden: Golden, by: float) -> Golden:
    """The golden vectors with the first value of the first output another."""
    moved = golden.outputs[0].copy()
    first = moved.reshape(-1)[:1]
    first += np.asarray(by if first[0] < 0 else -by, moved.dtype)
    return Golden(golden.inputs, (moved, *golden.outputs[1:]))


def macro(header: str, name: str) -> str:
    """What a macro stands for."""
    found = re.search(rf"^#define \w*_{name} +(.*?)(?: +//.*)?$", header, re.MULTILINE)
    assert found, name
    return found[1].strip("()")


def added_operators(resolver: str) -> list[tuple[str, int, str]]:
    """The method, the count and the kind in each call of a generated op_resolver.h."""
    calls = re.findall(r"resolver\.(Add\w+)\(\) != kTfLiteOk\) return false;  // (\d+) (.+)$", resolver, re.MULTILINE)
    return [(method, int(count), kind) for method, count, kind in calls]


def text(files: dict[str, bytes], names: Sequence[str] = ()) -> str:
    return "".join(files[name].decode() for name in names or files)
