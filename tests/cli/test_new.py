import errno
import os

import pytest

from neuralspot_edge.recipes import list_models, load_recipe, preset_path


@pytest.mark.parametrize("preset", list_models())
def test_a_copy_is_a_recipe_of_its_own_with_the_comments_kept(nse, tmp_path, preset):
    outcome = nse("new", "my_net-2.yaml", "--from", preset)
    assert outcome.status == 0
    assert outcome.out == ""
    assert "nse run my_net-2.yaml" in outcome.err
    copy, original = load_recipe(tmp_path / "my_net-2.yaml"), load_recipe(preset)
    assert copy.name == "my_net-2"
    assert copy.model == original.model
    comments = [line for line in preset_path(preset).read_text().splitlines() if line.lstrip().startswith("# ")]
    text = (tmp_path / "my_net-2.yaml").read_text()
    assert all(line in text for line in comments if "yaml-language-server" not in line)
    assert "$schema" not in text, "the schema is not beside the copy"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["My Net.yaml"], "name: "),
        (["a\\1.yaml"], "name: "),
        (["net.txt"], "FILE: a recipe ends in .yaml, received net.txt"),
        (["net.json"], "FILE: a recipe ends in .yaml"),
        (["net.yaml", "--from", "tcn-tinny"], "unknown preset 'tcn-tinny': did you mean 'tcn-tiny'?"),
        (["missing/net.yaml"], "cannot write missing/net.yaml: No such file or directory; nothing there was changed"),
    ],
)
def test_what_is_refused_leaves_no_file(refusal, tmp_path, arguments, message):
    assert message in refusal("new", *arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_not_replaced_unasked(nse, refusal, tmp_path):
    (tmp_path / "net.yaml").write_text("mine")
    assert refusal("new", "net.yaml") == "net.yaml exists; choose another name, or pass --overwrite"
    assert (tmp_path / "net.yaml").read_text() == "mine"
    assert nse("new", "net.yaml", "--overwrite").status == 0
    assert load_recipe(tmp_path / "net.yaml").name == "net"


def test_a_full_disk_is_one_line(refusal, tmp_path, monkeypatch):
    def fill(path, content):
        with path.open("wb") as file:
            file.write(content[:10])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("pathlib.Path.write_bytes", fill)
    message = "cannot write net.yaml: No space left on device; nothing there was changed"
    assert refusal("new", "net.yaml") == message
    assert list(tmp_path.iterdir()) == []
