import numpy as np
import pytest
from helpers import small

from neuralspot_edge.datasets import Preprocessing
from neuralspot_edge.errors import InputError
from neuralspot_edge.training import load_data, prepare
from neuralspot_edge.training.data import with_fitted

WAVE = np.sin(np.arange(8 * 32 * 2)).reshape(8, 32, 2).astype(np.float32) * 4 + 7


def _parts(y, test=None):
    """The same windows in all parts, with targets of their own for the test part."""
    return [(WAVE, y), (WAVE, y), (WAVE, y if test is None else test)]


def test_a_file_becomes_inputs_labels_and_what_they_were(tmp_path):
    data = prepare(small.recipe(small.write_waves(tmp_path)))
    train = data.dataset.train
    assert [len(part) for part in (data.train, data.validation, data.test)] == [36, 12, 12]
    np.testing.assert_allclose(data.train.x.mean(axis=(0, 1)), 0, atol=1e-5)
    np.testing.assert_allclose(data.train.x.std(axis=(0, 1)), 1, atol=1e-5)
    np.testing.assert_array_equal(data.train.raw, train.x)
    np.testing.assert_array_equal(data.train.y, train.y)
    np.testing.assert_array_equal(data.test.labels, data.dataset.test.y)
    assert data.preprocessing.mean == pytest.approx(train.x.mean(axis=(0, 1)), abs=1e-5)


def test_a_named_data_set_is_loaded_with_the_window_and_seed_of_the_recipe():
    recipe = small.recipe(
        task="segmentation",
        classes=["none", "qrs"],
        data={"dataset": "synthetic-ecg-qrs"},
        input={"window": 64, "hop": 512, "channels": 1},
        model={"family": "tcn", "params": {"blocks": []}},
    )
    data, other = load_data(recipe), load_data(recipe.override({"training.seed": 1}))
    assert data.train.x.shape[1:] == (64, 1)
    assert data.train.y.shape == data.train.x.shape[:2]
    assert not np.array_equal(data.train.x, other.train.x)
    same = load_data(recipe.override({"training.seed": 1, "training.split_seed": 0}))
    np.testing.assert_array_equal(same.train.x, data.train.x)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data": None}, "^data: the recipe names none; add data: "),
        ({"input": {"window": 32, "channels": 3}}, "^input.channels: the recipe says 3, the data 'waves' has 2"),
        ({"classes": ["high", "low", "mid"]}, "^classes: the recipe names high, low, mid; .* has low, mid, high, in"),
        ({"classes": ["low", "mid"]}, "^classes: the recipe names low, mid; the data 'waves' has low, mid, high"),
        ({"classes": [*small.CLASSES, "top"]}, "^classes: the recipe names low, mid, high, top"),
    ],
)
def test_a_recipe_that_does_not_describe_its_data_is_refused_by_the_field(tmp_path, changes, message):
    recipe = small.recipe(**{"data": {"path": str(small.write_waves(tmp_path))}, **changes})
    with pytest.raises(InputError, match=message) as refused:
        prepare(recipe)
    assert "\n" not in str(refused.value)


def test_classes_that_are_numbers_in_the_file_are_named_by_the_recipe(tmp_path):
    x, y = small.waves()
    np.savez(tmp_path / "numbers.npz", x=x, y=y + 1)
    data = prepare(small.recipe(tmp_path / "numbers.npz"))
    assert set(data.train.y) == {0, 1, 2}
    np.savez(tmp_path / "gap.npz", x=x, y=2 * (y > 0))
    with pytest.raises(InputError, match=r"^classes: .* has 0, 2"):
        prepare(small.recipe(tmp_path / "gap.npz"))


@pytest.mark.parametrize("preprocess", ["none", "standardize", "window"])
def test_the_held_out_part_is_not_looked_at(preprocess):
    recipe = small.recipe("unused.npz", {"data.preprocess": preprocess})
    clean, poisoned = (prepare(recipe, small.waves_dataset(poison)) for poison in (None, 1e6))
    assert clean.preprocessing == poisoned.preprocessing
    for part in ("train", "validation"):
        np.testing.assert_array_equal(getattr(clean, part).x, getattr(poisoned, part).x)
        np.testing.assert_array_equal(getattr(clean, part).y, getattr(poisoned, part).y)


def test_preprocessing_that_an_earlier_run_fitted_is_not_fitted_again():
    recipe = small.recipe("unused.npz", {"data.mean": [1.0, 2.0], "data.std": [4.0, 0.5]})
    data = prepare(recipe, small.waves_dataset())
    assert data.preprocessing == Preprocessing("standardize", (1.0, 2.0), (4.0, 0.5))
    np.testing.assert_allclose(data.test.x, (data.test.raw - [1, 2]) / [4, 0.5], rtol=1e-6)


def test_a_recipe_without_data_prepares_what_it_is_given_as_it_is():
    data = prepare(small.recipe(), small.waves_dataset())
    assert data.preprocessing.kind == "none"
    np.testing.assert_array_equal(data.train.x, data.train.raw)


def test_what_was_fitted_is_written_down():
    recipe = small.recipe("unused.npz")
    data = prepare(recipe, small.waves_dataset())
    fitted = with_fitted(recipe, data.preprocessing)
    assert fitted.data.mean == data.preprocessing.mean
    assert fitted.data.std == data.preprocessing.std
    assert prepare(fitted, small.waves_dataset(7.0)).preprocessing == data.preprocessing
    assert with_fitted(fitted, data.preprocessing) == fitted
    plain = small.recipe("unused.npz", {"data.preprocess": "window"})
    assert with_fitted(plain, Preprocessing("window")) is plain


def _other_task(task: str, **changes):
    model = {"family": "tcn", "params": {"blocks": [], "head": changes.pop("head", "per_step")}}
    return small.recipe("unused.npz", task=task, classes=None, model=model, **changes)


def test_a_clean_signal_is_learnt_on_the_scale_of_the_input():
    clean = WAVE + 1
    data = prepare(_other_task("denoising"), small.dataset(*_parts(clean)))
    mean, std = (np.array(values) for values in (data.preprocessing.mean, data.preprocessing.std))
    np.testing.assert_allclose(data.train.y, (clean - mean) / std, rtol=1e-5)
    np.testing.assert_array_equal(data.train.labels, clean)


def test_other_targets_are_left_as_they_are():
    targets = np.arange(8, dtype=np.float32)[:, None] * 100
    data = prepare(_other_task("regression", head="pooled"), small.dataset(*_parts(targets)))
    np.testing.assert_array_equal(data.train.y, targets)


@pytest.mark.parametrize(
    ("task", "y", "message"),
    [
        ("regression", np.zeros(8, np.int64), "^task: regression does not suit targets of type int64"),
        ("regression", None, "^task: regression needs targets, the data has none"),
        ("forecasting", np.zeros((8, 32), np.int64), "^task: forecasting does not suit"),
    ],
)
def test_targets_of_another_kind_are_refused(task, y, message):
    classes = ("a",) if y is not None else ()
    with pytest.raises(InputError, match=message):
        prepare(_other_task(task), small.dataset(*_parts(y), classes=classes))


def test_numbers_are_no_classes():
    numbers = small.dataset(*_parts(np.zeros((8, 1), np.float32)))
    with pytest.raises(InputError, match=r"^task: classification does not suit targets of type float32"):
        prepare(small.recipe("unused.npz"), numbers)


@pytest.mark.parametrize("normal", [0, 1])
def test_an_anomaly_is_whatever_training_did_not_see(normal):
    """Names sort as they like: `faulty` comes before `normal`."""
    seen, held_out = np.full(8, normal), np.arange(8) % 2
    names = ("normal", "faulty") if normal == 0 else ("faulty", "normal")
    data = prepare(_other_task("anomaly"), small.dataset(*_parts(seen, held_out), classes=names))
    assert data.train.y is data.train.x
    assert not data.train.labels.any()
    np.testing.assert_array_equal(data.test.labels, held_out != normal)


def test_anomalies_without_labels_are_all_taken_as_normal():
    data = prepare(_other_task("anomaly"), small.dataset(*_parts(None)))
    assert not data.test.labels.any()


def test_anomalies_among_the_training_windows_are_refused():
    mixed = small.dataset(*_parts(np.arange(8) % 2), classes=("normal", "faulty"))
    with pytest.raises(InputError, match=r"^task: anomaly learns from normal windows alone, .* classes normal, faulty"):
        prepare(_other_task("anomaly"), mixed)
