import json

import pytest
from helpers import small

import neuralspot_edge
from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import ModelCard, annotate, read_metadata
from neuralspot_edge.graph.card import METADATA_ENTRY
from neuralspot_edge.preprocessing import Preprocessing

CARDS = [
    ModelCard("bare"),
    ModelCard(
        name="tcn-small",
        task="classification",
        preprocessing=Preprocessing("standardize", (0.1, 1 / 3), (1e-7, 2.0)),
        classes=("ruhig", "läuft"),
        channels=("x", "y"),
        sampling_rate=12.5,
    ),
    ModelCard("windowed", "denoising", Preprocessing("window"), (), ("ecg",), 100.0),
]


@pytest.fixture(scope="module")
def tflite(models):
    return annotate(models["int8"], metadata=CARDS[1].to_metadata())


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_a_card_comes_back_as_it_was(tflite, card, tmp_path):
    content = annotate(tflite, metadata=card.to_metadata())
    assert ModelCard.read(content) == card
    (tmp_path / "model.tflite").write_bytes(content)
    assert ModelCard.read(tmp_path / "model.tflite") == card


def test_it_is_json_that_says_who_wrote_it():
    (content,) = CARDS[1].to_metadata().values()
    values = json.loads(content)
    assert values["schema_version"] == 1
    assert values["package_version"] == neuralspot_edge.__version__
    assert values["preprocessing"] == {"kind": "standardize", "mean": [0.1, 1 / 3], "std": [1e-7, 2.0]}


def test_the_card_of_a_recipe():
    recipe = small.recipe(input={"window": 32, "channels": 2, "sampling_rate": 50.0})
    card = ModelCard.of(recipe, Preprocessing("window"), ("a", "b"))
    assert card == ModelCard("tcn-small", "classification", Preprocessing("window"), small.CLASSES, ("a", "b"), 50.0)


def test_a_file_of_foreign_make_has_none(models):
    assert METADATA_ENTRY not in read_metadata(models["int8"])
    assert ModelCard.read(models["int8"]) is None


def _changed(**changes):
    values = json.loads(CARDS[1].to_metadata()[METADATA_ENTRY])
    values.update(changes)
    return json.dumps({key: value for key, value in values.items() if value is not ...}).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\x00 no text",
        b"[1, 2]",
        b'"text"',
        b"null",
        lambda: _changed(name=...),
        lambda: _changed(classes=None),
        lambda: _changed(preprocessing={"kind": "guess"}),
        lambda: _changed(preprocessing="none"),
        lambda: _changed(preprocessing={"kind": "standardize", "mean": [1], "std": [-1]}),
        lambda: _changed(schema_version=2),
    ],
)
def test_a_damaged_or_later_card_is_refused(tflite, content):
    with pytest.raises(InputError, match=r"metadata of this .tflite is ") as refused:
        ModelCard.read(annotate(tflite, metadata={METADATA_ENTRY: content() if callable(content) else content}))
    assert "\n" not in str(refused.value)


def test_a_truncated_file_is_refused(tflite):
    with pytest.raises(InputError):
        ModelCard.read(tflite[: len(tflite) // 2])
