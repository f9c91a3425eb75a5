import sys

import numpy as np
import pytest

from neuralspot_edge.datasets import load_dataset
from neuralspot_edge.errors import InputError


@pytest.fixture
def mnist(tmp_path):
    """A file in the layout of Keras's mnist.npz, each image of one value; and a writer of others."""

    def write(**arrays):
        generator = np.random.default_rng(0)
        content = {
            "x_train": generator.integers(0, 256, (200, 28, 28), np.uint8),
            "y_train": (np.arange(200) % 10).astype(np.uint8),
            "x_test": generator.integers(0, 256, (50, 28, 28), np.uint8),
            "y_test": (np.arange(50) % 10).astype(np.uint8),
            **arrays,
        }
        path = tmp_path / "mnist.npz"
        np.savez(path, **{name: array for name, array in content.items() if array is not None})
        return path, content

    return write


def load(path, **options):
    return load_dataset("sequential-mnist", options={"path": str(path), **options})


def test_digits_of_scikit_learn_are_read_in_rows():
    from sklearn.datasets import load_digits

    data = load_dataset("sequential-digits")
    assert [len(split) for split in data.splits.values()] == [1295, 143, 359]
    known = {
        (image / 16).astype(np.float32).tobytes(): label
        for image, label in zip(*load_digits(return_X_y=True), strict=True)
    }
    windows = {
        window.tobytes(): label
        for split in data.splits.values()
        for window, label in zip(split.x, split.y, strict=True)
    }
    assert windows == known
    assert all(set(split.y) == set(range(10)) for split in data.splits.values())


def test_the_test_split_of_digits_is_the_same_for_all_seeds():
    first, second = (load_dataset("sequential-digits", seed=seed) for seed in (0, 1))
    np.testing.assert_array_equal(first.test.x, second.test.x)
    assert not np.array_equal(first.validation.x, second.validation.x)


def test_missing_scikit_learn_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(
        InputError, match=r'scikit-learn, which is not installed: pip install "neuralspot-edge\[data\]"'
    ):
        load_dataset("sequential-digits")


def test_one_permutation_of_the_pixels_for_all_images_and_seeds():
    rows = load_dataset("sequential-digits")
    permuted = load_dataset("sequential-digits", options={"permutation_seed": 7})
    order = np.random.default_rng(7).permutation(64)
    for part, split in permuted.splits.items():
        np.testing.assert_array_equal(split.x, rows.splits[part].x[:, order])
    other = load_dataset("sequential-digits", seed=3, options={"permutation_seed": 7})
    np.testing.assert_array_equal(other.test.x, permuted.test.x)


def test_mnist_from_a_file_keeps_the_official_test_split(mnist):
    path, content = mnist()
    data = load(path)
    assert [len(split) for split in data.splits.values()] == [180, 20, 50]
    np.testing.assert_allclose(data.test.x[:, :, 0] * 255, content["x_test"].reshape(50, 784), rtol=1e-6)
    np.testing.assert_array_equal(data.test.y, content["y_test"])
    assert np.bincount(data.validation.y).tolist() == [2] * 10
    train, held = ({window.tobytes() for window in split.x} for split in (data.train, data.validation))
    assert not train & held


def test_a_quick_run_takes_fewer_images(mnist):
    path, content = mnist()
    data = load(path, train=100, test=10)
    assert [len(split) for split in data.splits.values()] == [90, 10, 10]
    np.testing.assert_array_equal(data.test.y, content["y_test"][:10])


def test_a_file_without_a_split_has_its_last_fifth_held_out(mnist):
    _, content = mnist()
    path, _ = mnist(x_train=None, y_train=None, x_test=None, y_test=None, x=content["x_train"], y=content["y_train"])
    data = load(path)
    assert [len(split) for split in data.splits.values()] == [140, 20, 40]
    np.testing.assert_array_equal(data.test.y, content["y_train"][160:])


def test_keras_fetches_mnist_where_there_is_no_file(mnist, monkeypatch):
    from keras.datasets import mnist as loader

    _, content = mnist()
    monkeypatch.setattr(
        loader,
        "load_data",
        lambda: ((content["x_train"], content["y_train"]), (content["x_test"], content["y_test"])),
    )
    assert len(load_dataset("sequential-mnist").test) == 50


def test_what_keras_cannot_fetch_is_told_in_one_line_off_the_standard_output(monkeypatch, capsys):
    from keras.datasets import mnist as loader

    def fail():
        print("Downloading data")
        raise OSError("URL fetch failure:\nno network")

    monkeypatch.setattr(loader, "load_data", fail)
    with pytest.raises(InputError) as refused:
        load_dataset("sequential-mnist")
    assert str(refused.value) == (
        "Keras cannot fetch MNIST (URL fetch failure:): give your own mnist.npz as the option path"
    )
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"y_test": None}, "has no y_test: it needs x_train, y_train, x_test, y_test; or x and y"),
        (
            {"x_test": np.zeros((50, 784), np.uint8)},
            r"images must be uint8 \(images, 28, 28\); received uint8 \(50, 784",
        ),
        ({"x_test": np.zeros((50, 28, 28))}, "received float64"),
        ({"y_test": np.full(50, 10)}, "labels must be a whole number of 0 to 9 for each of 50 images"),
        ({"y_test": np.zeros((50, 10))}, "labels must be a whole number"),
    ],
)
def test_a_file_of_another_layout_is_refused(mnist, arrays, message):
    path, _ = mnist(**arrays)
    with pytest.raises(InputError, match=message) as refused:
        load(path)
    assert str(path) in str(refused.value)


def test_what_is_no_file_of_arrays_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"^cannot read .*absent.npz"):
        load(tmp_path / "absent.npz")


@pytest.mark.parametrize("window", [63, 128])
def test_another_window_than_the_image_is_refused(window):
    with pytest.raises(InputError, match=f"window {window} is not the 64 pixels of an image: write 64"):
        load_dataset("sequential-digits", window=window)
