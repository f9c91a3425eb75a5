"""Loading TensorFlow without the lines that it writes to stderr whatever the log level is."""

from __future__ import annotations

import gc
import sys

from neuralspot_edge.processes import captured_stderr

__all__ = ["load_tensorflow"]


def load_tensorflow() -> None:
    """Imports TensorFlow and Keras; what they say meanwhile is shown only where the import fails."""
    gc.enable()  # `main` turned it off, and a training is long
    said: list[str] = []
    try:
        with captured_stderr() as said:
            import keras  # noqa: F401
    except BaseException:
        sys.stderr.writelines(f"{line}\n" for line in said)
        raise
