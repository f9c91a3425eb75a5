"""The converter in a process of its own: TensorFlow's converter can segfault, and that must be an error here."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from neuralspot_edge import processes
from neuralspot_edge.errors import ConversionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from neuralspot_edge.conversion.converter import Job

__all__ = ["Worker", "shared_worker"]


class Worker(processes.Worker):
    """A process that converts. Use it as a context manager, or `close` it."""

    module = "neuralspot_edge.conversion.worker"
    environment: ClassVar[Mapping[str, str]] = {"TF_CPP_MIN_LOG_LEVEL": "2", "CUDA_VISIBLE_DEVICES": "-1"}

    def convert(self, job: Job) -> bytes:
        """Converts and waits for the result.

        Args:
            job: The frozen graph, the settings and the calibration samples.

        Returns:
            The content of a `.tflite` file.

        Raises:
            ConversionError: The converter refused the model, or crashed. The caller's process goes on.
        """
        try:
            return bytes(self.request(job))
        except processes.RefusalError as error:
            raise ConversionError(f"the converter refused the model: {error}") from None
        except processes.CrashError as error:
            last = f"; it last said: {error.last_words}" if error.last_words else ""
            message = f"the converter crashed ({error.cause}); this process and all files are unharmed{last}"
            raise ConversionError(message) from None


def shared_worker() -> Worker:
    """The worker that this process's conversions share; calling it early hides its start.

    A worker that has died is replaced.
    """
    return processes.shared(Worker)


def _prepare() -> Callable[[Job], bytes]:
    import tensorflow  # noqa: F401 - the slow part, done while the caller still prepares

    from neuralspot_edge.conversion.converter import run_converter

    return run_converter


if __name__ == "__main__":
    processes.serve(_prepare)
