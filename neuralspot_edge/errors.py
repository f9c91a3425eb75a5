"""The errors that a user meets, each one sentence that says what is wrong and how to mend it.

Every error that this package raises on purpose derives from `NseError`, so that the command line can turn it into
one line and an exit status, and a caller can catch one class.
"""

from __future__ import annotations

__all__ = ["ConversionError", "InputError", "NseError", "ProofError"]


class NseError(Exception):
    """Base of all errors raised on purpose; the message is one line meant for a person."""

    exit_status = 2


class InputError(NseError, ValueError):
    """What the user gave (a recipe, a file, an argument) is wrong: exit status 2."""


class ConversionError(NseError, RuntimeError):
    """A model could not become a `.tflite` that keeps the graph rules: exit status 2."""


class ProofError(NseError, RuntimeError):
    """A gate failed, or could not be proven on this machine: exit status 1."""

    exit_status = 1
