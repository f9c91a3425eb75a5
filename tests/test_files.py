import errno
import os
from pathlib import Path

import pytest

from neuralspot_edge.errors import InputError
from neuralspot_edge.files import read_bytes, replacing, write_bytes, write_text


def _content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def earlier(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(b"earlier")
    return path


def test_a_file_is_written_and_replaced(tmp_path):
    assert write_bytes(tmp_path / "a.bin", b"one") == tmp_path / "a.bin"
    write_bytes(str(tmp_path / "a.bin"), b"two")
    write_text(tmp_path / "b.txt", "läuft\n")
    assert _content(tmp_path) == {"a.bin": b"two", "b.txt": "läuft\n".encode()}


def test_the_draft_is_beside_the_file_and_of_its_kind(earlier):
    """Another disk could not be renamed from, and Keras goes by the suffix."""
    with replacing(earlier) as draft:
        assert draft.parent == earlier.parent
        assert draft.suffix == ".tflite"
        assert draft.name.startswith(".")
        draft.write_bytes(b"new")
        assert earlier.read_bytes() == b"earlier"
    assert _content(earlier.parent) == {"model.tflite": b"new"}


def test_two_writers_do_not_share_a_draft(earlier):
    with replacing(earlier) as one, replacing(earlier) as other:
        assert one != other
        one.touch()
        other.touch()


def _write_half(path, failure):
    with replacing(path) as draft:
        draft.write_bytes(b"half")
        raise failure


@pytest.mark.parametrize("failure", [KeyboardInterrupt, ValueError, SystemExit])
def test_what_ends_the_block_leaves_the_earlier_file_alone(earlier, failure):
    with pytest.raises(failure):
        _write_half(earlier, failure)
    assert _content(earlier.parent) == {"model.tflite": b"earlier"}


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_disk_that_fails_is_one_line(earlier, code):
    with pytest.raises(InputError) as refused:
        _write_half(earlier, OSError(code, os.strerror(code)))
    assert str(refused.value) == f"cannot write {earlier}: {os.strerror(code)}; nothing there was changed"
    assert _content(earlier.parent) == {"model.tflite": b"earlier"}


def test_a_rename_that_fails_is_one_line(earlier, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(InputError, match="Permission denied; nothing there was changed"):
        write_bytes(earlier, b"new")
    assert _content(earlier.parent) == {"model.tflite": b"earlier"}


def test_a_block_that_writes_nothing_is_told(tmp_path):
    with pytest.raises(InputError, match="No such file"), replacing(tmp_path / "a"):
        pass


@pytest.mark.parametrize(
    ("place", "reason"), [("missing/a.txt", "No such file or directory"), ("file/a.txt", "Not a directory")]
)
def test_a_folder_that_is_not_there_is_one_line(tmp_path, place, reason):
    (tmp_path / "file").touch()
    with pytest.raises(InputError) as refused:
        write_text(tmp_path / place, "text")
    assert str(refused.value) == f"cannot write {tmp_path / place}: {reason}; nothing there was changed"


def test_a_folder_in_its_place_is_one_line(tmp_path):
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(InputError, match=r"cannot write .*a.txt: Is a directory"):
        write_text(tmp_path / "a.txt", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_file_is_read_by_its_purpose(earlier, tmp_path):
    assert read_bytes(str(earlier)) == b"earlier"
    for path, reason in ((tmp_path / "missing", "No such file or directory"), (tmp_path, "Is a directory")):
        with pytest.raises(InputError) as refused:
            read_bytes(path, "recipe")
        assert str(refused.value) == f"cannot read the recipe {path}: {reason}"
