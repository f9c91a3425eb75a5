import gc
import os
import sys

import pytest

from neuralspot_edge.cli.quiet import load_tensorflow


class _Noisy:
    """Finds `keras`, says something on stderr as TensorFlow's C++ does, and perhaps fails."""

    def __init__(self, fails):
        self._fails = fails

    def find_spec(self, name, *_):
        if name == "keras":
            os.write(2, b"noise of the import\n")
            if self._fails:
                raise ImportError("no module named keras")


@pytest.fixture
def without_keras(monkeypatch):
    """As in a process that has not imported it."""
    monkeypatch.delitem(sys.modules, "keras", raising=False)

    def finder(fails):
        monkeypatch.setattr(sys, "meta_path", [_Noisy(fails), *sys.meta_path])

    return finder


def test_what_a_failing_import_said_is_shown(without_keras, capfd):
    without_keras(fails=True)
    with pytest.raises(ImportError, match="no module named keras"):
        load_tensorflow()
    assert capfd.readouterr().err == "noise of the import\n"


def test_stderr_is_there_again_afterwards(capfd):
    load_tensorflow()
    capfd.readouterr()
    os.write(2, b"mine")
    assert capfd.readouterr().err == "mine"


def test_garbage_is_collected_again_once_tensorflow_is_there():
    gc.disable()
    try:
        load_tensorflow()
        assert gc.isenabled()
    finally:
        gc.enable()
