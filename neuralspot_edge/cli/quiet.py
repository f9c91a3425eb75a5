"""Loading TensorFlow without the lines that it writes to stderr whatever the log level is."""

from __future__ import annotations

import os
import sys
import tempfile

__all__ = ["load_tensorflow"]


def load_tensorflow() -> None:
    """Imports TensorFlow and Keras; what they say meanwhile is shown only where the import fails."""
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        try:
            import keras  # noqa: F401
        except BaseException:
            log.seek(0)
            os.write(terminal, log.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
