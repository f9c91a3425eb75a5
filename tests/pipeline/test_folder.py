import errno
from pathlib import Path

import pytest

from neuralspot_edge.errors import InputError
from neuralspot_edge.pipeline.folder import CHECKPOINT, RESULTS, TFLITE, claim_folder


def test_a_folder_is_made_with_its_parents(tmp_path):
    folder = claim_folder(str(tmp_path / "a" / "b"))
    assert folder == tmp_path / "a" / "b"
    assert list(folder.iterdir()) == []


def test_a_folder_with_other_files_is_taken(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    claim_folder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("name", RESULTS)
def test_an_earlier_run_is_refused_unless_it_may_be_replaced(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(InputError, match=rf"holds an earlier run \({name}\); choose another folder, or overwrite it"):
        claim_folder(tmp_path)
    assert claim_folder(tmp_path, overwrite=True) == tmp_path
    assert (tmp_path / name).exists()


def test_only_the_files_that_would_be_written_count(tmp_path):
    (tmp_path / "model.keras").touch()
    assert claim_folder(tmp_path, results=(TFLITE,)) == tmp_path


def test_an_interrupted_run_can_be_resumed_and_a_finished_one_is_left_alone(tmp_path):
    assert claim_folder(tmp_path, resume=True) == tmp_path
    (tmp_path / "model.keras").touch()
    with pytest.raises(InputError, match=r"holds a run with nothing left to resume \(model.keras\)"):
        claim_folder(tmp_path, resume=True)
    (tmp_path / CHECKPOINT).touch()
    assert claim_folder(tmp_path, resume=True) == tmp_path


@pytest.mark.parametrize("name", ["checkpoint.npz", "recipe.json"])
def test_a_run_that_was_interrupted_at_its_teacher_can_be_resumed(tmp_path, name):
    (tmp_path / "teacher").mkdir()
    (tmp_path / "teacher" / "notes.txt").touch()
    assert claim_folder(tmp_path) == tmp_path
    (tmp_path / "teacher" / name).touch()
    with pytest.raises(InputError, match=rf"holds an earlier run \(teacher/{name}\); choose another folder"):
        claim_folder(tmp_path)
    assert claim_folder(tmp_path, resume=True) == tmp_path
    (tmp_path / "model.keras").touch()
    with pytest.raises(InputError, match="nothing left to resume"):
        claim_folder(tmp_path, resume=True)


def test_a_folder_that_cannot_be_is_refused(tmp_path):
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InputError, match=f"^cannot write to the folder {path}: "):
            claim_folder(path)


@pytest.mark.parametrize(("code", "text"), [(errno.EACCES, "Permission denied"), (errno.EROFS, "Read-only file")])
def test_a_folder_that_cannot_be_written_is_refused(tmp_path, monkeypatch, code, text):
    def refuse(*_, **__):
        raise OSError(code, text)

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(InputError, match=f"^cannot write to the folder .*: {text}"):
        claim_folder(tmp_path)
