"""What an export leaves beside the `.tflite`: C sources, the operators to register, golden vectors, and the bundle."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuralspot_edge.deployment import DeploymentSettings, Golden, make_golden, write_bundle, write_sources
from neuralspot_edge.deployment.sources import GOLDEN_NPZ
from neuralspot_edge.deployment.writing import FIRMWARE
from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import load_graph
from neuralspot_edge.graph.card import ModelCard
from neuralspot_edge.graph.memory import plan_memory
from neuralspot_edge.interpreters import available
from neuralspot_edge.interpreters.arena import measure_arena
from neuralspot_edge.pipeline.folder import SOURCES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

__all__ = ["remove_firmware", "write_firmware"]


def write_firmware(
    content: bytes, folder: Path, card: ModelCard, samples: Sequence[np.ndarray], *, bundle: bool = False
) -> tuple[Path, ...]:
    """Writes what a TensorFlow Lite Micro project needs of a `.tflite`.

    Args:
        content: The `.tflite`.
        folder: Where it is; sources of an earlier file there are replaced or removed.
        card: Its name, preprocessing, classes and channels.
        samples: An array for each input, as the model takes it: the golden vectors are what the device makes of some.
            For a step graph its signal, or windows of it, which are laid end to end; see `make_golden`.
        bundle: Whether a CMake project with a runner and a self-test is written too. One that is there is written
            anew in any case: none may stand beside a model that is not its own.

    Returns:
        What was written; nothing for a float16 file, which TensorFlow Lite Micro does not run.

    Raises:
        InputError: An operator cannot be registered, or the folder cannot be written.
    """
    bundle = bundle or _is_bundle(folder / FIRMWARE)
    if any(tensor.dtype == "float16" for tensor in load_graph(content).tensors):
        remove_firmware(folder)
        return ()
    settings = _settings(content, card, samples)
    written = write_sources(content, folder, settings)
    if settings.golden is None:
        (folder / GOLDEN_NPZ).unlink(missing_ok=True)
    if bundle:
        written += write_bundle(content, folder, settings)
    return tuple(written)


def remove_firmware(folder: Path) -> None:
    """Removes what an earlier export left beside its `.tflite`."""
    for name in SOURCES:
        (folder / name).unlink(missing_ok=True)
    if _is_bundle(folder / FIRMWARE):
        shutil.rmtree(folder / FIRMWARE)


def _settings(content: bytes, card: ModelCard, samples: Sequence[np.ndarray]) -> DeploymentSettings:
    planned = plan_memory(load_graph(content)).loading_bytes
    runs_here = "TflmInterpreter" in available()
    inputs: Any = samples[0] if len(samples) == 1 else list(samples)
    return DeploymentSettings(
        name=card.name,
        # The interpreter tells what is in use, the plan also what loading takes for a while.
        arena_bytes=max(planned, measure_arena(content).total_bytes) if runs_here else planned,
        preprocessing=card.preprocessing,
        classes=card.classes,
        channels=card.channels,
        sampling_rate=card.sampling_rate,
        golden=_golden(content, inputs) if runs_here else None,
    )


def _golden(content: bytes, inputs: Any) -> Golden | None:
    try:
        return make_golden(content, inputs)
    except InputError as error:
        warnings.warn(f"no golden vectors are written: {error}", stacklevel=2)
        return None


def _is_bundle(folder: Path) -> bool:
    """Whether it is a folder of ours: a user may have one of that name."""
    return (folder / "model_data.h").is_file()
