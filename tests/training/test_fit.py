import csv
import shutil

import keras
import numpy as np
import pytest
from helpers import small

from neuralspot_edge.errors import InputError
from neuralspot_edge.training import build_model, load_model, prepare, train

# So fast that the last epoch is not the best: else nothing is seen of what is kept.
JUMPY = {"training.learning_rate": 0.2, "training.epochs": 6}


def _recipe(overrides=None, **changes):
    return small.recipe("unused.npz", overrides, **changes)


def _data(recipe, poison=None):
    return prepare(recipe, small.waves_dataset(poison))


def _interrupt_at(epoch):
    def on_epoch(done):
        if done.number == epoch:
            raise KeyboardInterrupt

    return on_epoch


def _equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A training that went its whole way, its folder with the checkpoint still in it, and the epochs it told of."""
    folder, recipe = tmp_path_factory.mktemp("trained"), _recipe(JUMPY)
    epochs = []
    result = train(recipe, out_dir=folder, keep_checkpoint=True, data=_data(recipe), on_epoch=epochs.append)
    return result, folder, epochs


def test_the_model_has_the_weights_of_its_best_epoch(trained):
    result, _, _ = trained
    losses = [epoch.val_loss for epoch in result.history]
    assert result.best.number == 1 + int(np.argmin(losses))
    assert result.best.number < len(losses), "the test shows nothing where the last epoch is the best"
    validation = result.data.validation
    assert result.model.evaluate(validation.x, validation.y, verbose=0) == pytest.approx(min(losses), rel=1e-5)


def test_it_learns(trained):
    result, _, _ = trained
    right = result.model.predict(result.data.test.x, verbose=0).argmax(axis=-1) == result.data.test.labels
    assert right.mean() > 0.6


def test_what_is_left_in_the_folder(trained):
    result, folder, epochs = trained
    assert sorted(path.name for path in folder.iterdir()) == ["checkpoint.npz", "history.csv", "model.keras"]
    assert _equal(load_model(folder / "model.keras"), result.model)
    rows = list(csv.DictReader((folder / "history.csv").open()))
    assert [int(row["number"]) for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [float(row["val_loss"]) for row in rows] == [epoch.val_loss for epoch in result.history]
    assert [float(row["loss"]) for row in rows] == [epoch.loss for epoch in result.history]
    assert [row["is_best"] for row in rows] == [str(int(epoch.is_best)) for epoch in result.history]
    assert tuple(epochs) == result.history
    assert not result.stopped_early


def test_the_seed_decides_and_the_held_out_part_does_not(trained):
    first = trained[0]
    again = train(_recipe(JUMPY), data=_data(_recipe(), poison=1e9))
    assert again.history == first.history
    assert _equal(again.model, first.model)
    other = build_model(_recipe({"training.seed": 1}))
    assert not _equal(other, build_model(_recipe()))


@pytest.mark.parametrize("epoch", [1, 4])
def test_an_interrupted_training_goes_on_without_losing_its_best_epoch(trained, tmp_path, epoch):
    recipe = _recipe(JUMPY)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, out_dir=tmp_path, data=_data(recipe), on_epoch=_interrupt_at(epoch))
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.npz"]
    seen = []
    result = train(recipe, out_dir=tmp_path, resume=True, data=_data(recipe), on_epoch=seen.append)
    assert [past.number for past in seen] == list(range(epoch + 1, 7))
    assert result.history[:epoch] == trained[0].history[:epoch]
    validation = result.data.validation
    best = min(past.val_loss for past in result.history)
    assert result.model.evaluate(validation.x, validation.y, verbose=0) == pytest.approx(best, rel=1e-5)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["history.csv", "model.keras"]


def test_a_finished_training_that_is_resumed_is_the_same(trained, tmp_path):
    """A run that was interrupted after training, in its conversion, does not train again."""
    first, finished, _ = trained
    folder, recipe, seen = shutil.copytree(finished, tmp_path / "again"), _recipe(JUMPY), []
    again = train(recipe, out_dir=folder, resume=True, data=_data(recipe), on_epoch=seen.append)
    assert not seen
    assert again.history == first.history
    assert _equal(again.model, first.model)
    assert sorted(path.name for path in folder.iterdir()) == ["history.csv", "model.keras"]


def test_the_optimizer_goes_on_where_it_was(tmp_path):
    """One batch an epoch and no dropout: the order of samples is of no weight, so the way is the same in two pieces."""
    recipe = _recipe({"training.batch_size": 64, "training.epochs": 4})
    whole = train(recipe, data=_data(recipe))
    with pytest.raises(KeyboardInterrupt):
        train(recipe, out_dir=tmp_path, data=_data(recipe), on_epoch=_interrupt_at(2))
    pieces = train(recipe, out_dir=tmp_path, resume=True, data=_data(recipe))
    for one, other in zip(pieces.history, whole.history, strict=True):
        assert one.val_loss == pytest.approx(other.val_loss, rel=1e-4)


def test_an_interrupt_before_the_first_epoch_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(keras.Model, "fit", interrupt)
    with pytest.raises(KeyboardInterrupt):
        train(_recipe(), out_dir=tmp_path, data=_data(_recipe()))
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_of_another_recipe_is_refused_before_anything_is_trained(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train(_recipe(), out_dir=tmp_path, data=_data(_recipe()), on_epoch=_interrupt_at(1))
    other = _recipe({"training.seed": 1})
    with pytest.raises(InputError, match="belongs to another recipe"):
        train(other, out_dir=tmp_path, resume=True, data=_data(other), on_epoch=_interrupt_at(1))
    fitted = _recipe({"data.mean": _data(_recipe()).preprocessing.mean, "data.std": _data(_recipe()).preprocessing.std})
    assert train(fitted, out_dir=tmp_path, resume=True, data=_data(fitted)).history, "a run's own recipe.json goes on"


def test_patience_ends_it(tmp_path):
    recipe = _recipe({"training.learning_rate": 0.5, "training.epochs": 100, "training.patience": 2})
    result = train(recipe, data=_data(recipe))
    assert result.stopped_early
    assert len(result.history) - result.best.number == 2


def test_a_loss_that_becomes_nan_is_told_by_its_field(tmp_path):
    x, y = np.full((6, 32, 2), 1e30, np.float32), np.full((6, 1), 1e30, np.float32)
    recipe = _regression(head="pooled")
    with pytest.raises(
        InputError, match=r"^training.learning_rate: the loss became infinite or NaN; try a tenth of it"
    ):
        train(recipe, out_dir=tmp_path, data=prepare(recipe, small.dataset(*[(x, y)] * 3)))
    assert list(tmp_path.iterdir()) == []


def _regression(head, **changes):
    model = {"family": "tcn", "params": {"blocks": [], "head": head}}
    recipe = {"task": "regression", "classes": None, "model": model, **changes}
    return _recipe({"data.preprocess": "none"}, **recipe)


@pytest.mark.parametrize(
    ("recipe", "y", "message"),
    [
        (_regression("per_step"), (6, 1), r"shape \(32, 1\) a window, the targets of regression need \(1,\)"),
        (_regression("pooled"), (6, 32, 1), r"shape \(1,\) a window, the targets of regression need \(32, 1\)"),
        (_regression("pooled", outputs=3), (6, 1), r"shape \(3,\) a window, the targets of regression need \(1,\)"),
    ],
)
def test_targets_that_keras_would_broadcast_are_refused(recipe, y, message):
    data = small.dataset(*[(np.zeros((6, 32, 2)), np.zeros(y, np.float32))] * 3)
    with pytest.raises(InputError, match=f"^model.params: the model's output is of {message}; change its head"):
        train(recipe, data=prepare(recipe, data))


class _FitCalled(Exception):  # noqa: N818 - it is no error
    pass


@pytest.fixture
def fit_arguments(monkeypatch):
    """What `train` hands to Keras, by name; nothing is trained."""

    def record(model, x, y, **options):
        raise _FitCalled({"model": model, "x": x, "y": y, **options})

    monkeypatch.setattr(keras.Model, "fit", record)

    def arguments(recipe, data):
        with pytest.raises(_FitCalled) as called:
            train(recipe, data=data)
        return called.value.args[0]

    return arguments


def test_keras_is_given_the_training_and_validation_parts_alone(fit_arguments):
    recipe = _recipe({"training.batch_size": 1000})
    data = _data(recipe)
    given = fit_arguments(recipe, data)
    assert given["x"] is data.train.x
    assert given["y"] is data.train.y
    assert given["validation_data"] == (data.validation.x, data.validation.y)
    assert given["batch_size"] == 36, "no larger than the training part"


def _weighed(labels, classes=3, windows=12):
    x = np.zeros((windows, 32, 2))
    names = small.CLASSES[:classes]
    return small.dataset(*[(x, np.array(labels))] * 3, classes=names)


def test_rare_classes_weigh_more(fit_arguments):
    # 12 windows, three classes of 6, 4 and 2: weights 12 / (3 * count).
    data = _weighed([0] * 6 + [1] * 4 + [2] * 2)
    weights = fit_arguments(_recipe(), prepare(_recipe(), data))["sample_weight"]
    np.testing.assert_allclose(weights, [12 / 18] * 6 + [12 / 12] * 4 + [12 / 6] * 2)


def test_a_class_that_is_not_there_is_not_counted(fit_arguments):
    # Two classes of 9 and 3: weights 12 / (2 * count).
    data = _weighed([0] * 9 + [2] * 3)
    weights = fit_arguments(_recipe(), prepare(_recipe(), data))["sample_weight"]
    np.testing.assert_allclose(weights, [12 / 18] * 9 + [12 / 6] * 3)


def test_steps_are_weighed_like_windows(fit_arguments):
    labels = np.zeros((12, 32), np.int64)
    labels[:, :8] = 1
    model = {"family": "tcn", "params": {"blocks": []}}
    recipe = _recipe(task="segmentation", classes=["low", "mid"], model=model)
    weights = fit_arguments(recipe, prepare(recipe, _weighed(labels, classes=2)))["sample_weight"]
    np.testing.assert_allclose(weights, np.where(labels == 1, 384 / (2 * 96), 384 / (2 * 288)))


@pytest.mark.parametrize(
    ("labels", "overrides"),
    [
        ([0] * 5 + [1] * 4 + [2] * 4, {}),
        ([0] * 6 + [1] * 4 + [2] * 3, {"training.class_weights": "none"}),
    ],
)
def test_classes_that_are_balanced_or_not_to_be_weighed_are_not(fit_arguments, labels, overrides):
    recipe = _recipe(overrides)
    assert fit_arguments(recipe, prepare(recipe, _weighed(labels, windows=13)))["sample_weight"] is None


@pytest.mark.parametrize(
    ("top", "from_logits"),
    [
        ({}, True),
        ({"use_logits": True, "output_activation": "linear"}, True),
        ({"use_logits": False}, False),
        ({"output_activation": "softmax"}, False),
    ],
)
def test_the_loss_knows_whether_the_model_ends_in_softmax(fit_arguments, top, from_logits):
    recipe = _recipe(model={"family": "tcn", "params": {"head": "pooled", "blocks": [], **top}})
    model = fit_arguments(recipe, _data(recipe))["model"]
    assert model.loss.get_config()["from_logits"] is from_logits
    sums = model.predict(np.random.default_rng(0).standard_normal((4, 32, 2)), verbose=0).sum(axis=-1)
    assert np.allclose(sums, 1, atol=1e-5) is not from_logits


def test_an_output_that_is_no_score_of_classes_is_refused():
    recipe = _recipe(
        model={"family": "tcn", "params": {"head": "pooled", "blocks": [], "output_activation": "sigmoid"}}
    )
    with pytest.raises(InputError, match=r"^model.params.output_activation: 'sigmoid' does not suit classification"):
        train(recipe, data=_data(recipe))


def test_a_recipe_with_wrong_data_is_refused_before_a_model_is_built(tmp_path):
    with pytest.raises(InputError, match=r"unused.npz"):
        train(_recipe(), out_dir=tmp_path)


def test_the_cosine_schedule_falls_to_nothing_with_the_last_step(fit_arguments):
    # 36 windows by 16 are 3 steps an epoch, 12 in all.
    recipe = _recipe(
        {"training.schedule": "cosine", "training.epochs": 4, "training.batch_size": 16, "training.learning_rate": 0.1}
    )
    schedule = fit_arguments(recipe, _data(recipe))["model"].optimizer._learning_rate
    received = [float(schedule(step)) for step in (0, 4, 6, 12, 13)]
    assert received == pytest.approx([0.1, 0.075, 0.05, 0, 0], abs=1e-7)


def test_a_schedule_goes_on_where_the_training_was_interrupted(tmp_path):
    recipe = _recipe({"training.schedule": "cosine", "training.epochs": 4})
    whole = train(recipe, data=_data(recipe))
    with pytest.raises(KeyboardInterrupt):
        train(recipe, out_dir=tmp_path, data=_data(recipe), on_epoch=_interrupt_at(2))
    resumed = train(recipe, out_dir=tmp_path, resume=True, data=_data(recipe))
    assert [epoch.number for epoch in resumed.history] == [1, 2, 3, 4]
    assert resumed.model.optimizer.iterations.numpy() == whole.model.optimizer.iterations.numpy()
