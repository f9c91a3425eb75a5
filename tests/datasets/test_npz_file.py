import io
import zipfile

import numpy as np
import pytest

from neuralspot_edge.datasets.npz_file import read_npz
from neuralspot_edge.errors import InputError

SERIES = np.arange(10 * 8 * 2, dtype=np.float32).reshape(10, 8, 2)
RECORDING = SERIES.reshape(80, 2)


def npz(**arrays):
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def test_series():
    content = read_npz(npz(x=SERIES, y=np.arange(10), group=np.arange(10)), 8, "window")
    recordings = content.recordings["all"]
    np.testing.assert_array_equal(recordings.steps, RECORDING)
    assert recordings.lengths.tolist() == [8] * 10
    assert not recordings.per_step
    assert content.num_channels == 2


def test_recording_of_one_channel_and_of_more():
    assert read_npz(npz(x=RECORDING), 4, "none").recordings["all"].steps.shape == (80, 2)
    assert read_npz(npz(x=RECORDING[:, 0]), 4, "none").recordings["all"].steps.shape == (80, 1)


def test_recording_is_cut_where_the_group_changes():
    group = np.repeat(["a", "b", "a"], [30, 20, 30])
    recordings = read_npz(npz(x=RECORDING, y=np.zeros(80, int), group=group), 4, "window").recordings["all"]
    assert recordings.lengths.tolist() == [30, 20, 30]
    assert recordings.groups.tolist() == ["a", "b", "a"]
    assert recordings.per_step


@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.uint8, np.int16, np.int64, bool])
def test_numbers_become_float32(dtype):
    steps = read_npz(npz(x=np.ones((9, 3), dtype)), 4, "none").recordings["all"].steps
    assert steps.dtype == np.float32
    np.testing.assert_array_equal(steps, 1)


def test_names_and_rate():
    arrays = {"x": SERIES, "channels": np.array(["u", "v"]), "sampling_rate": np.float64(12.5)}
    content = read_npz(npz(labels=np.array(["a", "b"]), **arrays), 8, "none")
    assert (content.channels, content.classes, content.sampling_rate) == (("u", "v"), ("a", "b"), 12.5)
    content = read_npz(npz(classes=np.array(["c"]), labels=np.array(["a", "b"]), **arrays), 8, "none")
    assert content.classes == ("c",)


def test_given_split():
    content = read_npz(npz(x_train=SERIES, y_train=np.zeros(10, int), x_test=SERIES[:3], y_test=[0, 1, 2]), 8, "window")
    assert {part: len(rec.lengths) for part, rec in content.recordings.items()} == {"train": 10, "test": 3}


@pytest.mark.parametrize(
    ("x", "y", "labels", "per_step"),
    [
        (SERIES, np.zeros(10, int), "window", False),
        (SERIES, np.zeros((10, 8), int), "window", True),
        (SERIES, np.zeros((10, 8), int), "step", True),
        (SERIES, np.zeros(10), "target", False),
        (SERIES, np.zeros((10, 3)), "target", False),
        (SERIES, np.zeros((10, 8)), "target", False),
        (SERIES, np.zeros((10, 8, 1)), "target", True),
        (RECORDING, np.zeros(80, int), "window", True),
        (RECORDING, np.zeros(80, int), "step", True),
        (RECORDING, np.zeros(80), "target", True),
        (RECORDING, np.zeros((80, 3)), "target", True),
    ],
)
def test_forms_of_y(x, y, labels, per_step):
    recordings = read_npz(npz(x=x, y=y), 4, labels).recordings["all"]
    assert recordings.per_step == per_step
    assert len(recordings.labels) == (80 if per_step else 10)
    assert recordings.labels.ndim == (2 if labels == "target" else 1)


@pytest.mark.parametrize(
    ("x", "y", "labels"),
    [
        (SERIES, np.zeros(9, int), "window"),
        (SERIES, np.zeros((10, 7), int), "window"),
        (SERIES, np.zeros((10, 1), int), "window"),
        (SERIES, np.zeros((10, 8, 1), int), "window"),
        (SERIES, np.zeros(10, int), "step"),
        (SERIES, np.zeros((10, 8, 3), int), "step"),
        (SERIES, np.zeros((9, 3)), "target"),
        (SERIES, np.zeros((10, 7, 1)), "target"),
        (SERIES, np.zeros((10, 8, 1, 1)), "target"),
        (SERIES, np.int64(1), "window"),
        (RECORDING, np.zeros(79, int), "window"),
        (RECORDING, np.zeros((80, 2), int), "step"),
        (RECORDING, np.zeros((80, 2, 1)), "target"),
        (RECORDING, np.float64(1), "target"),
    ],
)
def test_other_forms_of_y_are_refused_with_the_shape(x, y, labels):
    with pytest.raises(InputError, match=r"y has shape .*it must be") as caught:
        read_npz(npz(x=x, y=y), 4, labels)
    assert str(y.shape) in str(caught.value)
    assert str(x.shape) in str(caught.value)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"y": [0]}, "has no array 'x'; it has y"),
        ({"x": SERIES}, "has no array 'y'; it has x"),
        ({"x_train": SERIES, "y_train": np.zeros(10, int)}, "has no array 'x_test'; it has x_train, y_train"),
        ({"x": SERIES, "x_train": SERIES}, "has both x and x_train"),
        ({"x": np.zeros((2, 2, 2, 2))}, r"x must be \(series, time, channels\).*\(2, 2, 2, 2\)"),
        ({"x": np.zeros((0, 5, 2))}, "not empty"),
        ({"x": np.array(["a", "b"])}, "x must be real numbers; received <U1"),
        ({"x": np.zeros((5, 2), complex)}, "x must be real numbers; received complex128"),
        ({"x": SERIES, "y": np.zeros(10, int), "group": np.zeros(9)}, r"group must have shape \(10,\).*\(9,\)"),
        (
            {"x": RECORDING, "y": np.zeros(80, int), "group": np.full(80, np.nan)},
            "group must be whole numbers or strings",
        ),
        (
            {"x": SERIES, "y": np.zeros(10, int), "channels": np.arange(2)},
            "channels must be a one-dimensional array of str",
        ),
        ({"x": SERIES, "y": np.zeros(10, int), "labels": np.array([["a"]])}, "labels must be a one-dimensional array"),
        ({"x": SERIES, "y": np.zeros(10, int), "sampling_rate": [1, 2]}, "sampling_rate must be one number of Hz"),
        (
            {"x_train": SERIES, "y_train": np.zeros(10, int), "x_test": SERIES[..., :1], "y_test": np.zeros(10, int)},
            r"x_train and x_test must have the same channels; received \[1, 2\]",
        ),
    ],
)
def test_wrong_arrays_are_refused(arrays, message):
    with pytest.raises(InputError, match=message):
        read_npz(npz(**arrays), 4, "window")


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e300])
def test_samples_that_are_not_finite_are_named(bad):
    x = SERIES.astype(np.float64)
    x[3, 5, 1] = bad
    with pytest.raises(InputError, match=r"x has .* in series 3, step 5, channel 1"):
        read_npz(npz(x=x), 8, "none")
    with pytest.raises(InputError, match=r"x has .* in step 29, channel 1"):
        read_npz(npz(x=x.reshape(80, 2)), 8, "none")


def test_series_without_a_channel_axis_are_not_guessed_at():
    with pytest.raises(InputError, match=r"as many as window 8.*\(10, 8, 1\).*\(1, 10, 8\)"):
        read_npz(npz(x=SERIES[..., 0]), 8, "none")


def test_arrays_that_are_not_used_are_named():
    with pytest.warns(UserWarning, match="not used: groups did you mean 'group'"):
        read_npz(npz(x=SERIES, groups=np.zeros(10)), 8, "none")


@pytest.mark.parametrize("name", ["x", "y", "group"])
def test_pickled_objects_are_refused_and_never_loaded(name):
    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("the pickle was loaded",))

    arrays = {"x": SERIES, "y": np.zeros(10, int)} | {name: np.array([Bomb()], dtype=object)}
    with pytest.raises(InputError, match="holds what is no plain array"):
        read_npz(npz(**arrays), 8, "window")


@pytest.mark.parametrize("content", [b"", b"x,y\n1,2\n", b"\x93NUMPY junk", bytes(1000)])
def test_what_is_no_npz_is_refused(content):
    with pytest.raises(InputError, match=r"is not a .npz file"):
        read_npz(content, 8, "window")


def test_an_array_outside_an_archive_is_refused():
    stream = io.BytesIO()
    np.save(stream, SERIES)
    with pytest.raises(InputError, match=r"is not a .npz file"):
        read_npz(stream.getvalue(), 8, "window")


def test_every_truncation_is_refused():
    content = npz(x=SERIES, y=np.zeros(10, int))
    for length in range(0, len(content), 37):
        with pytest.raises(InputError, match=r"is not a .npz file, or is cut short|is damaged"):
            read_npz(content[:length], 8, "window")


def test_damaged_bytes_are_refused():
    content = bytearray(npz(x=SERIES, y=np.zeros(10, int)))
    content[120:140] = bytes(20)
    with pytest.raises(InputError, match=r"is damaged|no plain array"):
        read_npz(bytes(content), 8, "window")


def test_an_archive_of_other_things_is_refused():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("x", "no array")
    with pytest.raises(InputError, match="x must be"):
        read_npz(stream.getvalue(), 8, "none")
