"""Training that goes on with a model that is given: what quantization-aware training is made of."""

import keras
import numpy as np
import pytest
from helpers import small

from neuralspot_edge.errors import InputError
from neuralspot_edge.training import TrainFiles, build_model, load_model, prepare, train

QAT = TrainFiles.of("qat")
FILES = ["qat.keras", "qat_checkpoint.npz", "qat_history.csv"]


@keras.saving.register_keras_serializable(package="tests")
class _Range(keras.layers.Layer):
    """Remembers the largest value that it saw in training, in a variable that has no gradient; clips in use."""

    def build(self, _):
        self.largest = self.add_weight(name="largest", shape=(), initializer="zeros", trainable=False)

    def call(self, x, training=False):
        if training:
            self.largest.assign(keras.ops.maximum(self.largest, keras.ops.max(keras.ops.abs(x))))
            return x
        return keras.ops.clip(x, -self.largest, self.largest)


def _recipe(overrides=None):
    # So fast that the last epoch is not the best.
    return small.recipe("unused.npz", {"training.learning_rate": 0.2, "training.epochs": 6, **(overrides or {})})


def _data(recipe):
    return prepare(recipe, small.waves_dataset())


def _model(recipe):
    """The recipe's model with a layer more, which has a weight that is not trained."""
    base = build_model(recipe)
    return keras.Model(base.inputs, _Range()(base.outputs[0]))


def _range(model):
    return float(model.layers[-1].largest.numpy())


def _interrupt_at(epoch):
    def on_epoch(done):
        if done.number == epoch:
            raise KeyboardInterrupt

    return on_epoch


def test_a_model_that_is_given_is_trained_from_the_weights_that_it_has():
    recipe = _recipe({"training.learning_rate": 1e-6, "training.epochs": 1})
    model = build_model(recipe)
    start = [weight + 0.25 for weight in model.get_weights()]
    model.set_weights(start)
    result = train(recipe, model=model, data=_data(recipe))
    assert result.model is model
    names = [variable.path for variable in model.trainable_variables]
    ends = zip(model.weights, start, strict=True)
    trained = [(end.numpy(), begin) for end, begin in ends if end.path in names]
    assert len(trained) == len(names)
    for end, begin in trained:
        np.testing.assert_allclose(end, begin, atol=1e-4)


def test_the_seed_decides_whatever_was_drawn_before():
    recipe = _recipe()
    histories = []
    for draws in (0, 3):
        model = _model(recipe)
        keras.utils.set_random_seed(draws)
        histories.append(train(recipe, model=model, data=_data(recipe)).history)
    assert histories[0] == histories[1]


def test_the_best_epoch_brings_back_what_has_no_gradient_too(tmp_path):
    recipe, ranges = _recipe(), []
    model = _model(recipe)
    result = train(recipe, model=model, data=_data(recipe), on_epoch=lambda _: ranges.append(_range(model)))
    assert result.best.number < len(ranges), "the test shows nothing where the last epoch is the best"
    assert ranges[result.best.number - 1] != ranges[-1]
    assert _range(result.model) == ranges[result.best.number - 1]
    validation = result.data.validation
    # The validation loss is that of a model in use, which clips.
    again = result.model.evaluate(validation.x, validation.y, verbose=0)
    assert again == pytest.approx(result.best.val_loss, rel=1e-5)


def test_its_files_stand_beside_those_of_the_first_training(tmp_path):
    recipe = _recipe({"training.epochs": 1})
    first = train(recipe, out_dir=tmp_path, data=_data(recipe), keep_checkpoint=True)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert sorted(before) == ["checkpoint.npz", "history.csv", "model.keras"]
    tuned = train(recipe, model=first.model, out_dir=tmp_path, files=QAT, data=first.data, keep_checkpoint=True)
    assert sorted({path.name for path in tmp_path.iterdir()} - {*before}) == FILES
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
    kept = load_model(tmp_path / "qat.keras").get_weights()
    assert all(np.array_equal(one, other) for one, other in zip(kept, tuned.model.get_weights(), strict=True))


def test_it_goes_on_where_it_was_interrupted(tmp_path):
    recipe, ranges, seen = _recipe(), [], []
    whole = _model(recipe)
    first = train(recipe, model=whole, data=_data(recipe), on_epoch=lambda _: ranges.append(_range(whole)))
    with pytest.raises(KeyboardInterrupt):
        train(recipe, model=_model(recipe), out_dir=tmp_path, files=QAT, data=_data(recipe), on_epoch=_interrupt_at(4))
    assert [path.name for path in tmp_path.iterdir()] == ["qat_checkpoint.npz"]
    model = _model(recipe)
    result = train(
        recipe, model=model, out_dir=tmp_path, files=QAT, resume=True, data=_data(recipe), on_epoch=seen.append
    )
    assert [epoch.number for epoch in seen] == [5, 6]
    assert result.history[:4] == first.history[:4]
    assert _range(model) >= ranges[0], "the best epoch's, not the zero that the new model began with"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["qat.keras", "qat_history.csv"]


def test_a_checkpoint_of_a_model_of_another_shape_is_refused(tmp_path):
    recipe = _recipe()
    with pytest.raises(KeyboardInterrupt):
        train(recipe, model=_model(recipe), out_dir=tmp_path, files=QAT, data=_data(recipe), on_epoch=_interrupt_at(1))
    with pytest.raises(InputError, match=r"qat_checkpoint.npz belongs to a model of other weights; delete it, or"):
        train(recipe, model=build_model(recipe), out_dir=tmp_path, files=QAT, resume=True, data=_data(recipe))


def test_a_model_whose_output_does_not_suit_the_recipe_is_refused():
    recipe = _recipe()
    other = build_model(small.recipe(classes=["one", "two"]))
    with pytest.raises(InputError, match=r"the model's output is of shape \(2,\) a window, .* need \(3,\)"):
        train(recipe, model=other, data=_data(recipe))
