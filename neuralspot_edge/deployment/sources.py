"""A `.tflite` as C sources that drop into a TensorFlow Lite Micro project."""

from __future__ import annotations

from neuralspot_edge.deployment.constants import ModelConstants, model_constants
from neuralspot_edge.deployment.rendering import render
from neuralspot_edge.deployment.settings import DeploymentSettings

__all__ = ["GOLDEN_NPZ", "source_files", "sources"]

GOLDEN_NPZ = "golden.npz"
_SOURCES = ("model_data.h", "model_data.cc", "op_resolver.h")


def sources(tflite: bytes, settings: DeploymentSettings) -> dict[str, bytes]:
    """The model as C, the operators to register, and its golden vectors.

    Args:
        tflite: The content of the file, of any make.
        settings: Name, arena, preprocessing and what else is known of it.

    Returns:
        `model_data.h`, `model_data.cc` and `op_resolver.h` with their content, and `golden.npz` where there are golden
        vectors; the same bytes at any time.

    Raises:
        InputError: See `model_constants`.
    """
    files = source_files(model_constants(tflite, settings))
    if settings.golden is not None:
        files[GOLDEN_NPZ] = settings.golden.to_npz()
    return files


def source_files(model: ModelConstants) -> dict[str, bytes]:
    """The three sources of a model whose constants are known."""
    return {name: render(name, model=model).encode() for name in _SOURCES}
