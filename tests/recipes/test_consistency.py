"""What must fit together across a recipe, for families whose heads and parts differ."""

from __future__ import annotations

import pytest

from neuralspot_edge import load_recipe
from neuralspot_edge.errors import InputError

CLASSES = {"task": "classification", "classes": ["walk", "run"]}
LANGUAGE = {"task": "language", "outputs": 8}


def _recipe(task, family, **params):
    return {
        "name": "my-own",
        "input": {"window": 16, "channels": 2},
        "model": {"family": family, "params": params},
        **task,
    }


@pytest.mark.parametrize(
    ("recipe", "text"),
    [
        (_recipe(CLASSES, "tcn", head="per_step"), "one class for each window: write pooled or last"),
        (_recipe(CLASSES, "wavenet"), "one class for each window: write pooled or last"),
        (_recipe(CLASSES, "mlp", head="per_step"), "one class for each window: write window"),
        (_recipe(CLASSES, "residual_tcn", head="per_step"), "write pooled or last or middle"),
        (_recipe(LANGUAGE, "linear"), "the next token at each step: write per_step"),
        (
            _recipe(LANGUAGE, "mlp", head="per_step"),
            "model.params.head: 'per_step' sees the tokens that are to be predicted",
        ),
    ],
)
def test_a_head_that_does_not_suit_the_task_is_refused_with_one_that_the_family_has(recipe, text):
    with pytest.raises(InputError) as error:
        load_recipe(recipe)
    assert text in str(error.value)


@pytest.mark.parametrize(
    "recipe",
    [
        _recipe(CLASSES, "linear"),
        _recipe(CLASSES, "mlp", head="window"),
        _recipe(CLASSES, "ds_cnn"),
        _recipe(CLASSES, "tc_resnet"),
        _recipe(CLASSES, "residual_tcn", head="middle"),
        _recipe(LANGUAGE, "wavenet"),
        _recipe({"task": "anomaly"}, "mlp", head="per_step"),
    ],
)
def test_what_suits_is_accepted(recipe):
    assert load_recipe(recipe).model.family == recipe["model"]["family"]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"data": {"path": "x.npz", "preprocess": "window"}},
            "data.preprocess: window needs the whole window before its first step, export.streaming has none: write "
            "standardize or none",
        ),
        ({"export.quantization": "float16"}, "export.streaming: float16 is for LiteRT and does not stream"),
        (
            {"export.streaming.state": "tflm", "export.quantization": "int16x8"},
            "export.streaming.state: tflm is for int8 alone, received int16 with int16x8: write io",
        ),
        (
            {"export.streaming.state": "tflm", "export.io": "float32"},
            "export.streaming.state: tflm is for int8 alone, received float32 with int8: write io",
        ),
        (
            {"export.streaming.state": "tflm", "export.method": "auto", "export.tools.int16_layers": 2},
            "export.streaming.state: tflm is for int8 alone, export.tools.int16_layers is 2: write io, or 0 there",
        ),
    ],
)
def test_what_does_not_go_with_streaming_is_refused_with_the_remedy(changes, text):
    recipe = load_recipe(_recipe(CLASSES, "tcn", padding="causal", head="last"))
    assert recipe.override({key: value for key, value in changes.items() if "streaming" not in key})
    with pytest.raises(InputError) as error:
        recipe.override({"export.streaming": {}, **changes})
    assert text in str(error.value)


@pytest.mark.parametrize(
    ("training", "text"),
    [
        (
            {"distillation": {"weight": 0.9}},
            "training.distillation: says how a teacher is learned from, there is none: add training.teacher, or leave",
        ),
        (
            {"teacher": "tcn-tiny", "distillation": {"temperature": 4.0}},
            "training.distillation.temperature: is for classes, denoising predicts numbers: leave it out",
        ),
    ],
)
def test_what_a_teacher_cannot_be_learned_from_with_is_refused(training, text):
    with pytest.raises(InputError) as error:
        load_recipe({**_recipe({"task": "denoising"}, "mlp", head="per_step"), "training": training})
    assert text in str(error.value)
