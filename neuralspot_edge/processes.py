"""Worker processes: what may crash, hang or print runs in one, so that the user's own process and work survive it.

A worker is started from scratch (a fork after TensorFlow is loaded crashes by itself) and is used again, since its
start costs more than most requests. Requests and answers are pickles over its pipes, each behind its length; what it
prints goes to a log that only an error quotes.
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
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any, ClassVar, Self, TypeAlias, TypeVar

__all__ = ["CrashError", "OverdueError", "RefusalError", "Worker", "captured_stderr", "serve", "shared"]

Answer: TypeAlias = Callable[[Any], Any]
AnyWorker = TypeVar("AnyWorker", bound="Worker")

LENGTH = struct.Struct("<Q")
LONGEST_REFUSAL = 600
LONGEST_LAST_WORDS = 300


class RefusalError(Exception):
    """What a worker was asked to do raised an error, whose message this is; the worker goes on."""


class OverdueError(Exception):
    """A worker took longer over a request than it was given, and was stopped."""


class CrashError(Exception):
    """A worker died over a request.

    Attributes:
        cause: The signal (`SIGSEGV`) or the exit status.
        last_words: The last line that it printed; empty where it printed none.
    """

    def __init__(self, cause: str, last_words: str) -> None:
        super().__init__(cause)
        self.cause = cause
        self.last_words = last_words


class Worker:
    """A process that answers requests. Use it as a context manager, or `close` it.

    It starts at once and gets ready while the caller goes on; `request` waits for it. A kind of worker is a subclass.

    Attributes:
        module: What it runs, as in `python -m`: a module whose main function calls `serve`.
        environment: Environment variables for it, beside those of this process.
    """

    module: ClassVar[str]
    environment: ClassVar[Mapping[str, str]] = {}

    def __init__(self) -> None:
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", self.module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, **self.environment},
            # Ctrl-C is the caller's to handle: it ends the worker by closing it.
            start_new_session=True,
        )

    @property
    def is_alive(self) -> bool:
        """Whether the process still takes work."""
        return self._process.poll() is None

    def request(self, value: object, *, seconds: float | None = None) -> Any:
        """Asks and waits for the answer.

        Args:
            value: What the worker's answering function is called with; anything that pickles.
            seconds: The most that the answer may take, if there is a limit; on Windows there is none.

        Returns:
            What that function returned.

        Raises:
            RefusalError: It raised an error.
            CrashError: It crashed. The caller's process goes on.
            OverdueError: It took longer than `seconds`.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            printed_before = os.fstat(self._log.fileno()).st_size
            try:
                _send(self._process.stdin, (value, seconds))
                kind, answer = _receive(self._process.stdout)
            except (EOFError, BrokenPipeError):
                kind, answer = "crash", self._process.wait()
            except BaseException:
                # An interrupt leaves the pipe in the middle of an answer: this process is of no more use.
                self.close()
                raise
            last_line = self._last_line(printed_before) if kind == "crash" else ""
        if kind == "crash" and seconds is not None and answer == -signal.SIGALRM:
            raise OverdueError(f"no answer within {seconds:g} s")
        if kind == "crash":
            raise CrashError(signal.Signals(-answer).name if answer < 0 else f"exit status {answer}", last_line)
        if kind == "refusal":
            raise RefusalError(answer)
        return answer

    def close(self) -> None:
        """Ends the process, whatever it is doing."""
        if self.is_alive:
            # The session is its own: this takes along what it may have forked to answer.
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _last_line(self, start: int) -> str:
        self._log.seek(start)
        lines = [line for line in self._log.read().decode(errors="replace").splitlines() if line.strip()]
        return lines[-1][:LONGEST_LAST_WORDS] if lines else ""


_shared: dict[tuple[int, type[Worker]], Worker] = {}


def shared(kind: type[AnyWorker]) -> AnyWorker:
    """The one worker of a kind that this process uses; calling it early hides its start.

    A worker that has died is replaced; a fork of this process gets its own.
    """
    key = (os.getpid(), kind)
    worker = _shared.get(key)
    if not isinstance(worker, kind) or not worker.is_alive:
        worker = _shared[key] = kind()
        atexit.register(worker.close)
    return worker


def serve(prepare: Callable[[], Answer], *, fork: bool = False) -> None:
    """The worker's side: answers requests until its input ends.

    Args:
        prepare: Called once, with standard output already out of the way; imports what is slow and gives the function
            that answers a request. An error that it raises is the answer.
        fork: Answers each request in a fork, so that a crash costs no new start and no request sees what an earlier
            one did to memory. Only for what holds no threads, and only on Linux; elsewhere it has no effect.
    """
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # Only answers may go to standard output, and libraries print there.
    os.dup2(2, 1)
    answer = prepare()
    while True:
        try:
            value, seconds = _receive(requests)
        except EOFError:
            return
        if fork and sys.platform == "linux":
            _answer_in_fork(answers, answer, value, seconds)
        else:
            _send(answers, _attempt(answer, value, seconds))


@contextlib.contextmanager
def captured_stderr() -> Iterator[list[str]]:
    """Collects the lines that anything in this process, C++ code included, writes to standard error meanwhile.

    Yields:
        A list that holds the lines once the block has ended.
    """
    lines: list[str] = []
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield lines
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
            file.seek(0)
            lines.extend(file.read().decode(errors="replace").splitlines())


def _answer_in_fork(answers: IO[bytes], answer: Answer, value: object, seconds: float | None) -> None:
    child = os.fork()
    if child == 0:
        try:
            _send(answers, _attempt(answer, value, seconds))
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if code := os.waitstatus_to_exitcode(status):
        _send(answers, ("crash", code))


def _attempt(answer: Answer, value: object, seconds: float | None) -> tuple[str, Any]:
    try:
        with _alarm(seconds):
            return "answer", answer(value)
    except Exception as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        return "refusal", " / ".join(lines[:2])[:LONGEST_REFUSAL] or type(error).__name__


@contextlib.contextmanager
def _alarm(seconds: float | None) -> Iterator[None]:
    """Ends this process by SIGALRM after that time, native code and all."""
    if seconds is None or not hasattr(signal, "setitimer"):
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _send(pipe: IO[bytes], value: object) -> None:
    content = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.write(LENGTH.pack(len(content)) + content)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> Any:
    header = pipe.read(LENGTH.size)
    if len(header) < LENGTH.size:
        raise EOFError
    (length,) = LENGTH.unpack(header)
    content = pipe.read(length)
    if len(content) < length:
        raise EOFError
    return pickle.loads(content)
