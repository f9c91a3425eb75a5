"""The converter in a process of its own, so that its crash is an error and not the end of the user's work.

TensorFlow's converter can segfault. The worker is started from scratch (a fork after TensorFlow is loaded crashes by
itself), early, and used again: its start costs as much as several conversions. Requests and answers are pickles
over its pipes, each behind its length; whatever it prints goes to a log that only an error quotes.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import signal
import struct
import subprocess
import sys
import tempfile
import threading
from typing import IO, TYPE_CHECKING, Any

from neuralspot_edge.errors import ConversionError

if TYPE_CHECKING:
    from neuralspot_edge.conversion.converter import Job

__all__ = ["Worker", "shared_worker"]

_LENGTH = struct.Struct("<Q")


class Worker:
    """A process that converts. Use it as a context manager, or `close` it.

    It starts at once and gets ready while the caller goes on; `convert` waits for it.
    """

    def __init__(self) -> None:
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", "CUDA_VISIBLE_DEVICES": "-1"},
            # Ctrl-C is the caller's to handle: it ends the worker by closing it.
            start_new_session=True,
        )

    @property
    def is_alive(self) -> bool:
        """Whether the process still takes work."""
        return self._process.poll() is None

    def convert(self, job: Job) -> bytes:
        """Converts and waits for the result.

        Args:
            job: The frozen graph, the settings and the calibration samples.

        Returns:
            The content of a `.tflite` file.

        Raises:
            ConversionError: The converter refused the model, or crashed. The caller's process goes on.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            try:
                _send(self._process.stdin, job)
                done, answer = _receive(self._process.stdout)
            except (EOFError, BrokenPipeError):
                raise ConversionError(self._obituary()) from None
            except BaseException:
                # An interrupt leaves the pipe in the middle of an answer: this process is of no more use.
                self.close()
                raise
        if not done:
            raise ConversionError(f"the converter refused the model: {answer!s}")
        return bytes(answer)

    def close(self) -> None:
        """Ends the process, whatever it is doing."""
        if self.is_alive:
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _obituary(self) -> str:
        code = self._process.wait()
        cause = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        self._log.seek(0)
        lines = [line for line in self._log.read().decode(errors="replace").splitlines() if line.strip()]
        last = f"; it last said: {lines[-1][:300]}" if lines else ""
        return f"the converter crashed ({cause}); this process and all files are unharmed{last}"


_shared: list[Worker] = []


def shared_worker() -> Worker:
    """The worker that this process's conversions share; calling it early hides its start.

    A worker that has died is replaced.
    """
    if not _shared or not _shared[0].is_alive:
        _shared[:] = [Worker()]
        atexit.register(_shared[0].close)
    return _shared[0]


def _send(pipe: IO[bytes], value: object) -> None:
    content = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.write(_LENGTH.pack(len(content)) + content)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> Any:
    header = pipe.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(header)
    content = pipe.read(length)
    if len(content) < length:
        raise EOFError
    return pickle.loads(content)


def _first_lines(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " / ".join(lines[:2])[:600] or type(error).__name__


def main() -> None:
    """The worker process: answers requests until its input ends."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # TensorFlow prints to standard output; only answers may go there.
    os.dup2(2, 1)
    import tensorflow  # noqa: F401 - the slow part, done while the caller still prepares

    from neuralspot_edge.conversion.converter import run_converter

    while True:
        try:
            job = _receive(requests)
        except EOFError:
            return
        try:
            answer: tuple[bool, Any] = (True, run_converter(job))
        except Exception as error:
            answer = (False, _first_lines(error))
        _send(answers, answer)


if __name__ == "__main__":
    main()
