import pytest

from neuralspot_edge.errors import InputError
from neuralspot_edge.targets.files import read_mapping

LAUGHS = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "a target is a mapping"),
        (b"- 1\n", "a target is a mapping"),
        (b"just words", "a target is a mapping"),
        (b"name: [", "is not YAML"),
        (b"name: a\nname: b\n", ":2: key 'name' is there already"),
        (b"npu: {clock: 1, clock: 2}\n", ":1: key 'clock' is there already"),
        (b"? [a, b]\n: c\n", ":1: a key is a word"),
        (b"a: 2026-99-99\n", "is not YAML"),
        (b"name: !!python/name:os.system\n", "is not YAML"),
        (b"name: \xff\xfe\n", "byte 6 is no UTF-8"),
        (b"name: a\n---\nname: b\n", "is not YAML"),
        (b"a: " + b"[" * 5000, "more than 12 levels"),
        (LAUGHS.encode(), ":2: an alias; a target needs none"),
        (b"a: " + b"x" * 70_000, "is more than 64 KiB"),
    ],
)
def test_what_is_no_target_file_is_one_line_with_the_file(tmp_path, content, text):
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        read_mapping(path)
    assert str(path) in str(error.value)
    assert text in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["missing.yaml", "folder", "null\0.yaml"])
def test_what_cannot_be_read(tmp_path, name):
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="cannot read the target"):
        read_mapping(tmp_path / name)
