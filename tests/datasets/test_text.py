import codecs

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralspot_edge.datasets import load_dataset
from neuralspot_edge.errors import InputError

VERSE = "Der Löwe springt,\r\nder Hase singt.\n"


@pytest.fixture
def write(tmp_path):
    def text(content):
        path = tmp_path / "book.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return text


def characters(path, window=8, hop=None, **options):
    return load_dataset("text-characters", window=window, hop=hop, options={"path": str(path), **options})


def words(path, window=4, **options):
    return load_dataset("text-words", window=window, options={"path": str(path), **options})


def decoded(data, numbers):
    return [data.classes[number] for number in numbers]


def test_the_target_of_each_character_is_the_next_one(write):
    text = "the quick brown fox jumps over the lazy dog. " * 20
    data = characters(write(text), window=10, hop=3)
    for begin in (0, 17):
        window = "".join(decoded(data, data.train.x[begin].argmax(axis=-1)))
        assert window == text[3 * begin : 3 * begin + 10]
        assert "".join(decoded(data, data.train.y[begin])) == text[3 * begin + 1 : 3 * begin + 11]
    assert set(np.unique(data.train.x)) == {0, 1}
    assert (data.train.x.sum(axis=-1) == 1).all()
    assert data.channels == data.classes


@settings(deadline=None, derandomize=True)
@given(window=st.integers(1, 20), hop=st.integers(1, 30), length=st.integers(230, 600), seed=st.integers(0, 9))
def test_every_window_is_a_piece_of_its_part_of_the_text(tmp_path_factory, window, hop, length, seed):
    text = "".join(np.random.default_rng(seed).choice(list("abcd \n"), length))
    path = tmp_path_factory.mktemp("text") / "book.txt"
    path.write_text(text)
    data = characters(path, window, hop, encoding="index")
    borders = [0, round(0.8 * length), round(0.9 * length), length]
    for split, begin, end in zip(data.splits.values(), borders, borders[1:], strict=False):
        part = text[begin:end]
        starts = range(0, len(part) - window, hop)
        assert len(split) == len(starts)
        for row, start in enumerate(starts):
            assert "".join(decoded(data, split.x[row, :, 0].astype(int))) == part[start : start + window]
            assert "".join(decoded(data, split.y[row])) == part[start + 1 : start + window + 1]


def test_parts_follow_one_another_and_share_no_character(write):
    text = "".join(chr(0x4E00 + number) for number in range(1000))
    data = characters(write(text), window=9, encoding="index")
    # Each character is there once: what validation and test hold is not in the vocabulary of the training part.
    assert len(data.classes) == 801
    assert decoded(data, data.train.y.ravel())[:3] == list(text[1:4])
    assert not data.validation.x.any()
    assert not data.test.y.any()


def test_words_are_what_white_space_separates_and_lines_have_an_end(write):
    data = words(write("to be, or  not\n\nto be\n" * 40))
    first = [*decoded(data, data.train.x[0].argmax(axis=-1)), *decoded(data, data.train.x[1].argmax(axis=-1))]
    assert first == ["to", "be,", "or", "not", "<eos>", "<eos>", "to", "be"]
    assert set(data.classes) == {"<unk>", "<eos>", "to", "be,", "or", "not", "be"}


def test_the_vocabulary_is_limited_to_the_most_frequent_tokens_of_the_training_part(write):
    text = "aaaabbbccd" * 80 + "e" * 200
    data = characters(write(text), vocabulary=3)
    assert data.classes == ("<unk>", "a", "b")
    assert data.train.x.shape[-1] == 3
    unknown = (data.train.y == 0).mean()
    assert unknown == pytest.approx(0.3, abs=0.01)
    assert (data.test.y == 0).all()


def test_a_text_that_writes_unknown_words_itself_means_the_same(write):
    data = words(write("a <unk> b\n" * 60))
    assert data.classes == ("<unk>", "a", "b", "<eos>")
    assert decoded(data, data.train.y[0])[:2] == ["<unk>", "b"]


def test_an_index_is_one_channel(write):
    data = characters(write("abcd" * 100), encoding="index")
    assert data.channels == ("token",)
    assert data.train.x.shape[1:] == (8, 1)
    np.testing.assert_array_equal(data.train.x[:, 1:, 0], data.train.y[:, :-1])


@pytest.mark.parametrize(
    ("encode", "options"),
    [
        (lambda text: text.encode("utf-8"), {}),
        (lambda text: text.encode("utf-8-sig"), {}),
        (lambda text: text.encode("utf-16"), {}),
        (lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"), {}),
        (lambda text: text.encode("latin-1"), {"charset": "latin-1"}),
        (lambda text: text.encode("utf-32"), {}),
        (lambda text: text.encode("utf-16-le"), {"charset": "utf-16-le"}),
    ],
)
def test_a_text_is_the_same_in_any_encoding(write, encode, options):
    data = characters(write(encode(VERSE * 30)), **options)
    assert set(data.classes) == {"<unk>", *VERSE} - {"\r"}


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (VERSE.encode("latin-1"), {}, "byte 5 is not utf-8: name its encoding, such as latin-1, in charset$"),
        (codecs.BOM_UTF16_LE + b"abc", {}, "byte 4 is not utf-16"),
        (b"abc", {"charset": "utf-9"}, "charset: 'utf-9' is no encoding that Python knows"),
        (b"abc", {"charset": "a\0b"}, "is no encoding that Python knows"),
        (b"abc", {"charset": "hex"}, "charset: 'hex' is no encoding"),
        (b"", {}, "0 tokens are too few for three parts with a window of 8 steps: about 91 are needed"),
        (b"abc", {}, "3 tokens are too few"),
        (b"a" * 60, {}, "60 tokens are too few"),
        (b"a" * 100, {"vocabulary": 1}, "vocabulary: 1 is out of range, allowed is at least 2"),
        (b"a" * 100, {"encoding": "onehot"}, "encoding: 'onehot' is not known, did you mean 'one-hot'"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(write, content, options, message):
    with pytest.raises(InputError, match=message) as refused:
        characters(write(content), **options)
    assert "\n" not in str(refused.value)


def test_the_length_that_is_asked_for_is_enough(write):
    assert len(characters(write("ab" * 46), window=8).test) == 1


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"^cannot read the text .*absent.txt: No such file"):
        words(tmp_path / "absent.txt")


def test_one_hot_windows_that_do_not_fit_into_memory_are_refused(write):
    text = "".join(chr(0x4E00 + number % 20_000) for number in range(100_000))
    with pytest.raises(InputError, match=r"GiB, allowed are 8: ask for fewer or for shorter ones"):
        characters(write(text), window=100, hop=10)
