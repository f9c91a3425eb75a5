import io
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from helpers.runs import finished_run, streamed_run  # noqa: F401

from neuralspot_edge.cli.app import main


@dataclass(frozen=True)
class Outcome:
    """What a command did: its exit status, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def said(self) -> list[str]:
        """Its own lines on stderr; TensorFlow's are left out."""
        return [line for line in self.err.splitlines() if line.startswith("nse: ")]


Nse = Callable[..., Outcome]


@pytest.fixture
def nse(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path) -> Nse:
    """The console script, in this process and in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)  # put back what `main` replaces

    def call(*arguments: object, stdin: bytes = b"") -> Outcome:
        monkeypatch.setattr(sys, "argv", ["nse", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capfd.readouterr()
        return Outcome(int(ended.value.code or 0), printed.out, printed.err)

    return call


@pytest.fixture
def refusal(nse: Nse) -> Callable[..., str]:
    """What is said of an input that must be refused: one line, exit status 2, nothing on stdout."""

    def call(*arguments: object, stdin: bytes = b"") -> str:
        outcome = nse(*arguments, stdin=stdin)
        assert outcome.status == 2
        assert outcome.out == ""
        assert "Traceback" not in outcome.err
        assert len(outcome.said) == 1
        return outcome.said[0].removeprefix("nse: ")

    return call
