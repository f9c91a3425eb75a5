"""Training with a teacher."""

import dataclasses
import json
import shutil

import keras
import numpy as np
import pytest
import yaml
from helpers import small

from neuralspot_edge.errors import InputError
from neuralspot_edge.recipes import load_recipe
from neuralspot_edge.training import Teacher, TrainFiles, build_model, load_model, prepare, train
from neuralspot_edge.training.distillation import SoftTargets
from neuralspot_edge.training.losses import distillation_loss_of

TEACHER_FILES = ["teacher/history.csv", "teacher/model.keras", "teacher/recipe.json"]
BLOCKS = {"blocks": [{"filters": 4}]}
PER_STEP = {"family": "tcn", "params": BLOCKS}
NUMBERS = {"family": "tcn", "params": {"head": "pooled", **BLOCKS}}


def _beside_data(folder):
    """A student of `big.yaml`, with all it needs beside it."""
    small.write_waves(folder)
    _write(folder, "big", {"epochs": 3, "batch_size": 8, "learning_rate": 0.01, "seed": 5})
    return load_recipe(
        _write(folder, "small", {"epochs": 3, "batch_size": 8, "learning_rate": 0.01, "teacher": "big.yaml"})
    )


def _write(folder, name, training):
    path = folder / f"{name}.yaml"
    # Of the models the one that Keras compiles in the least time.
    model = {"family": "linear", "params": {}}
    path.write_text(yaml.safe_dump(small.content("waves.npz", name=f"linear-{name}", model=model, training=training)))
    return path


@pytest.fixture
def recipe(tmp_path):
    return _beside_data(tmp_path)


def _files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


class _Story:
    """What was told of a training, which an interrupt ends after some epochs of a stage."""

    def __init__(self, stop=None, after=0):
        self.told = []
        self._stop, self._after = stop, after

    def stage(self, name):
        self.told.append(name)

    def epoch(self, epoch):
        self.told.append(epoch.number)
        if self._stop in self.told and epoch.number == self._after:
            raise KeyboardInterrupt


def _train(recipe, folder, story=None, **options):
    story = story or _Story()
    return train(recipe, out_dir=folder, on_stage=story.stage, on_epoch=story.epoch, **options)


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    """A training that went its whole way, its folder, and what it told."""
    folder, story = tmp_path_factory.mktemp("taught"), _Story()
    out = folder / "out"
    out.mkdir()
    return _train(_beside_data(folder), out, story), out, story.told


def test_the_teacher_is_trained_first_and_kept(taught):
    result, out, told = taught
    assert told == ["teacher linear-big", 1, 2, 3, "training", 1, 2, 3]
    assert _files(out) == ["history.csv", "model.keras", *TEACHER_FILES]
    teacher = result.distillation.teacher
    assert _equal(load_model(out / "teacher" / "model.keras"), teacher.model)
    kept = load_recipe(out / "teacher" / "recipe.json")
    assert (kept.name, kept.training.seed, kept.training.split_seed) == ("linear-big", 5, 0)
    # It is the folder of a run: the same windows are held out there, and the same model comes out again.
    np.testing.assert_array_equal(prepare(kept).test.x, result.data.test.x)
    assert _equal(train(kept).model, teacher.model)


def test_both_are_judged_on_the_validation_part(taught):
    result = taught[0]
    validation, found = result.data.validation, result.distillation
    assert found.metric == "accuracy"
    for model, value in ((found.teacher.model, found.teacher_value), (result.model, found.student_value)):
        right = model.predict(validation.x, verbose=0).argmax(axis=-1) == validation.y
        assert value == right.mean()


def test_the_saved_model_needs_nothing_of_this_package(taught):
    result, out, _ = taught
    validation = result.data.validation
    plain = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    # The weight penalties are a part of it, the teacher is not.
    expected = float(plain(validation.y, result.model.predict(validation.x, verbose=0)) + sum(result.model.losses))
    # Compiled as it was saved.
    model = keras.saving.load_model(out / "model.keras")
    assert model.evaluate(validation.x, validation.y, verbose=0) == pytest.approx(expected, rel=1e-5)


def test_an_interrupted_training_goes_on_where_it_was(recipe, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(KeyboardInterrupt):
        _train(recipe, out, _Story("teacher linear-big", 1))
    assert _files(out) == ["teacher/checkpoint.npz"]
    story = _Story("training", 2)
    with pytest.raises(KeyboardInterrupt):
        _train(recipe, out, story, resume=True)
    assert story.told == ["teacher linear-big", 2, 3, "training", 1, 2]
    assert _files(out) == ["checkpoint.npz", *TEACHER_FILES]
    story = _Story()
    result = _train(recipe, out, story, resume=True)
    assert story.told == ["training", 3]
    assert len(result.history) == 3
    assert _files(out) == ["history.csv", "model.keras", *TEACHER_FILES]


def test_the_student_does_not_depend_on_when_its_teacher_was_trained(taught, tmp_path):
    first, out, _ = taught
    shutil.copytree(out / "teacher", tmp_path / "teacher")
    recipe, story = load_recipe(out.parent / "small.yaml"), _Story()
    again = _train(recipe, tmp_path, story, resume=True)
    assert story.told == ["training", 1, 2, 3]
    assert again.history == first.history
    assert _equal(again.model, first.model)


def test_a_student_of_another_teacher_does_not_go_on(taught, recipe, tmp_path):
    run, out = tmp_path / "run", tmp_path / "out"
    out.mkdir()
    _teacher_of(taught, run, recipe)
    recipe = recipe.override({"training.teacher": str(run)})
    with pytest.raises(KeyboardInterrupt):
        _train(recipe, out, _Story("training", 1))
    with pytest.raises(InputError, match="belongs to another recipe or teacher"):
        _train(recipe.override({"training.distillation": {"weight": 0.25}}), out, resume=True)
    model = load_model(run / "model.keras")
    model.set_weights([weight * 1.01 for weight in model.get_weights()])
    model.save(run / "model.keras")
    with pytest.raises(InputError, match=r"checkpoint.npz belongs to another recipe or teacher; delete it, or train"):
        _train(recipe, out, resume=True)


def _teacher_of(taught, run, recipe):
    """The folder of a run with the teacher of `taught`, as if it had been trained on the data of `recipe`."""
    shutil.copytree(taught[1] / "teacher", run)
    content = json.loads((run / "recipe.json").read_text())
    content["data"]["path"] = recipe.data.path
    (run / "recipe.json").write_text(json.dumps(content))


def test_a_teacher_whose_recipe_has_changed_is_not_taken_for_the_same(recipe, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(KeyboardInterrupt):
        _train(recipe, out, _Story("training", 1))
    _write(tmp_path, "big", {"epochs": 3, "batch_size": 4, "learning_rate": 0.01, "seed": 5})
    with pytest.raises(InputError, match=r"out/teacher holds a teacher of another recipe; delete it, or train into"):
        _train(recipe, out, resume=True)
    (out / "teacher" / "recipe.json").write_text("{")
    with pytest.raises(
        InputError, match=r"teacher/recipe.json is damaged; delete .* to train the teacher from the start"
    ):
        _train(recipe, out, resume=True)


def test_a_trained_teacher_is_taken_as_it_is_and_copied(taught, recipe, tmp_path):
    run, out = tmp_path / "run", tmp_path / "out"
    out.mkdir()
    _teacher_of(taught, run, recipe)
    recipe, story = recipe.override({"training.teacher": str(run)}), _Story()
    result = _train(recipe, out, story)
    assert story.told == ["training", 1, 2, 3]
    assert result.distillation.teacher.folder == run
    assert result.history == taught[0].history
    assert _files(out) == ["history.csv", "model.keras", *TEACHER_FILES]
    # Whoever brings a teacher needs none of the recipe's.
    shutil.rmtree(run)
    here = SoftTargets(result.distillation.teacher, recipe, result.data)
    tuned = train(recipe, model=result.model, taught=here, out_dir=out, files=TrainFiles.of("qat"), data=result.data)
    assert tuned.distillation.teacher is result.distillation.teacher
    with pytest.raises(InputError, match="is no preset, no recipe file and no run's folder"):
        _train(recipe, out, resume=True)


def test_a_teacher_of_other_data_is_refused_by_what_it_was_fed(taught, recipe, tmp_path):
    _teacher_of(taught, tmp_path / "run", recipe)
    x, y = small.waves()
    np.savez(tmp_path / "waves.npz", x=x * 2, y=y, classes=np.array(small.CLASSES))
    with pytest.raises(InputError, match=r"^training.teacher: .*run standardizes its input otherwise than this data"):
        train(recipe.override({"training.teacher": str(tmp_path / "run")}))


def test_what_goes_wrong_with_a_teacher_is_told_as_its_own(recipe, tmp_path):
    _write(tmp_path, "big", {"epochs": 3, "learning_rate": 10.0})
    wild = prepare(recipe)
    wild = dataclasses.replace(wild, train=dataclasses.replace(wild.train, x=wild.train.x * np.float32(1e38)))
    with pytest.raises(InputError, match=r"^training.teacher: linear-big: training.learning_rate: the loss became"):
        train(recipe, data=wild)


def test_nothing_is_trained_for_a_student_that_cannot_learn(recipe):
    top = {"model.params.output_activation": "sigmoid"}
    story = _Story()
    with pytest.raises(InputError, match=r"^model.params.output_activation: 'sigmoid' does not suit"):
        _train(recipe.override(top), None, story)
    with pytest.raises(InputError, match=r"^training.teacher: input.hop is 32 in .*, 8 here"):
        _train(recipe.override({"input.hop": 8}), None, story)
    assert story.told == []


def test_a_teacher_has_a_teacher(recipe, tmp_path):
    _write(tmp_path, "huge", {"epochs": 1})
    _write(tmp_path, "big", {"epochs": 1, "teacher": "huge.yaml"})
    story, out = _Story(), tmp_path / "out"
    out.mkdir()
    _train(recipe.override({"training.epochs": 1}), out, story)
    assert story.told == ["teacher linear-huge", 1, "teacher linear-big", 1, "training", 1]
    assert (out / "teacher" / "teacher" / "model.keras").is_file()
    told = json.loads((out / "teacher" / "recipe.json").read_text())["training"]
    assert told["distillation"] == {"temperature": None, "weight": 0.5}


def _of(task, outputs=None, model=PER_STEP, top=None, **changes):
    params = {**model["params"], **(top or {})}
    content = {"task": task, "outputs": outputs, "classes": None, "model": {**model, "params": params}, **changes}
    data = {"path": "unused.npz", "preprocess": "none"}
    return small.recipe(data, training={"teacher": "tcn-tiny", "distillation": {"weight": 1.0}}, **content)


def _data(recipe):
    """Random windows, and of the task's kind of targets such as are far from what a model says."""
    draw, shape = np.random.default_rng(0), (12, small.WINDOW, small.CHANNELS)
    x = draw.standard_normal(shape)
    if recipe.task in ("segmentation", "language"):
        y = draw.integers(0, recipe.num_outputs, shape[:2])
    elif recipe.task in ("classification", "anomaly"):
        y = np.zeros(12, np.int64)
    elif recipe.task == "denoising":
        y = draw.standard_normal(shape).astype(np.float32)
    else:
        y = draw.standard_normal((12, recipe.num_outputs)).astype(np.float32)
    names = small.CLASSES if recipe.task == "anomaly" else tuple(f"c{index}" for index in range(recipe.num_outputs))
    has_classes = y.dtype == np.int64
    return prepare(recipe, small.dataset(*[(x, y)] * 3, classes=names if has_classes else ()))


CLASSES = ["a", "b", "c"]
SOFTMAX = {"output_activation": "softmax"}


@pytest.mark.parametrize(
    "recipe",
    [
        _of("classification", model=NUMBERS, classes=CLASSES),
        _of("classification", model=NUMBERS, classes=CLASSES, top=SOFTMAX),
        _of("segmentation", classes=CLASSES),
        _of("segmentation", classes=CLASSES, top=SOFTMAX),
        _of("language", 5, model={"family": "tcn", "params": {**BLOCKS, "padding": "causal"}}),
        _of("regression", 2, model=NUMBERS),
        _of("forecasting", 3, model=NUMBERS),
        _of("denoising"),
        _of("anomaly"),
    ],
    ids=lambda recipe: f"{recipe.task}-{getattr(recipe.params, 'output_activation', None)}",
)
def test_a_student_that_says_what_its_teacher_says_has_nothing_left_to_learn(recipe):
    data, model = _data(recipe), build_model(recipe)
    soft = SoftTargets(Teacher(recipe, model), recipe, data)
    said = model.predict(data.train.x, verbose=0)
    loss = distillation_loss_of(recipe)
    assert float(loss(soft.train, said)) == pytest.approx(0, abs=1e-6)
    assert float(loss(soft.validation, said[::-1])) > 1e-4
    found = soft.judge(model)
    assert found.teacher_value == found.student_value


def test_a_teacher_that_gives_probabilities_teaches_one_that_gives_logits():
    giver = _of("classification", model=NUMBERS, classes=CLASSES, top=SOFTMAX)
    taker = _of("classification", model=NUMBERS, classes=CLASSES)
    data, teacher, student = _data(taker), build_model(giver), build_model(taker)
    student.set_weights(teacher.get_weights())
    soft = SoftTargets(Teacher(giver, teacher), taker, data)
    said = student.predict(data.train.x, verbose=0)
    assert float(distillation_loss_of(taker)(soft.train, said)) == pytest.approx(0, abs=1e-5)


def test_a_teacher_with_another_head_is_refused():
    student = _of("forecasting", 1, model=NUMBERS)
    teacher = Teacher(student, build_model(_of("forecasting", 1, model=PER_STEP)))
    with pytest.raises(
        InputError, match=r"^training.teacher: .* is of shape \(32, 1\) a window, .* need \(1,\): name a"
    ):
        SoftTargets(teacher, student, _data(student))


def test_each_window_is_shown_to_the_teacher_once(recipe, monkeypatch):
    teacher = Teacher(recipe, build_model(recipe))
    asked, predict = [], teacher.model.predict
    monkeypatch.setattr(teacher.model, "predict", lambda x, **options: asked.append(len(x)) or predict(x, **options))
    data = prepare(recipe)
    soft = SoftTargets(teacher, recipe, data)
    soft.judge(build_model(recipe))
    assert sorted(asked) == sorted([len(data.train), len(data.validation)])


@pytest.fixture(scope="module")
def good_teacher(tmp_path_factory):
    """A folder with a model that knows the waves, and its recipe."""
    folder = tmp_path_factory.mktemp("good")
    recipe = small.recipe("unused.npz", {"training.epochs": 25, "training.learning_rate": 0.03})
    result = train(recipe, out_dir=folder, data=prepare(recipe, small.waves_dataset()))
    fitted = result.data.preprocessing
    written = recipe.override(
        {"data.mean": fitted.mean, "data.std": fitted.std, "data.path": str(folder / "unused.npz")}
    )
    (folder / "recipe.json").write_text(json.dumps(written.to_dict()))
    right = result.model.predict(result.data.test.x, verbose=0).argmax(axis=-1) == result.data.test.y
    assert right.mean() > 0.9, "it shall know something"
    return folder


def _student(folder, weight=1.0, temperature=2.0, **training):
    how = {"weight": weight, "temperature": temperature}
    settings = {"epochs": 25, "batch_size": 8, "learning_rate": 0.03, "teacher": str(folder), "distillation": how}
    return small.recipe(str(folder / "unused.npz"), training={**settings, **training})


def _with_wrong_labels(data):
    """Every label is another, drawn anew: nothing can be learned from them."""
    draw = np.random.default_rng(1)
    parts = {
        name: dataclasses.replace(part, y=draw.permutation(part.y))
        for name, part in (("train", data.train), ("validation", data.validation))
    }
    return dataclasses.replace(data, **parts)


def _accuracy(result):
    return (result.model.predict(result.data.test.x, verbose=0).argmax(axis=-1) == result.data.test.y).mean()


def test_a_student_learns_from_its_teacher_what_its_labels_do_not_say(good_teacher):
    recipe = _student(good_teacher)
    data = _with_wrong_labels(prepare(recipe, small.waves_dataset()))
    taught = train(recipe, data=data)
    assert _accuracy(taught) > 0.9
    alone = train(recipe.override({"training.teacher": None, "training.distillation": None}), data=data)
    assert _accuracy(alone) < 0.7


def test_the_teachers_share_and_the_temperature_count(good_teacher):
    data = _with_wrong_labels(prepare(_student(good_teacher), small.waves_dataset()))

    def distance(weight, temperature):
        """How far the student's probabilities are from its teacher's, after training."""
        result = train(_student(good_teacher, weight, temperature, epochs=12), data=data)
        models = (result.model, result.distillation.teacher.model)
        logits = [model.predict(data.train.x, verbose=0) for model in models]
        one, other = (np.asarray(keras.ops.softmax(each)) for each in logits)
        return float(np.abs(one - other).mean())

    near, far = distance(1.0, 2.0), distance(0.02, 2.0)
    assert near < far / 2
    assert distance(1.0, 8.0) != near
