"""Which interpreters this machine has."""

from __future__ import annotations

import importlib.util

__all__ = ["available"]

PACKAGES = {
    "TflmInterpreter": "tflite_micro",
    "LiteRtInterpreter": "ai_edge_litert",
    "TfliteRuntimeInterpreter": "tflite_runtime",
}
"""The package that each interpreter stands on."""


def available() -> tuple[str, ...]:
    """The names of the interpreters whose package is installed, the oracle first; nothing is imported."""
    return tuple(name for name, package in PACKAGES.items() if importlib.util.find_spec(package) is not None)
