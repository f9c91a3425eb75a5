"""A thousand damaged files; `python tools/fuzz.py 10000` plays more, exports of presets among them."""

import random

from fuzz import fuzz
from fuzz_mutations import BYTE_MUTATIONS, FIELD_MUTATIONS, mutate
from helpers.fuzz_corpus import written_files

from neuralspot_edge.graph import parse


def test_every_damaged_file_is_profiled_or_refused_with_a_reason(models):
    outcome = fuzz([*written_files(), *list(models.values()) * 20], 1000)
    assert outcome.failures == ()
    counts = outcome.counts
    assert counts["refused"] + counts["profiled"] == 1000
    assert min(counts["refused"], counts["profiled"]) > 250
    assert counts["agreed"] > 0.95 * counts["measured"]
    assert 100 < counts["ran"] < counts["measured"] < counts["profiled"]


def test_a_mutation_follows_from_its_seed():
    files = written_files()
    first, again, other = (mutate(files, random.Random(seed)) for seed in ("0/5", "0/5", "0/6"))
    assert first == again != other


def test_every_way_of_damage_changes_some_file():
    files = written_files()
    rng = random.Random(0)
    for change in BYTE_MUTATIONS:
        assert any(change(content, files, rng) != content for content in files[:5])
    for change in FIELD_MUTATIONS:
        assert any(_differs(change, content, rng) for content in files)


def _differs(change, content, rng):
    model = parse(content)
    change(model, rng)
    return _shown(model) != _shown(parse(content))


def _shown(value):
    if hasattr(value, "__dict__"):
        return {name: _shown(field) for name, field in vars(value).items()}
    if isinstance(value, list | tuple):
        return [_shown(item) for item in value]
    return value.tolist() if hasattr(value, "tolist") else value


def test_what_ends_the_player_is_a_failure_that_is_told(monkeypatch):
    """A player that cannot start dies on each file."""
    monkeypatch.setattr("fuzz.Player.module", "no_such_player")
    outcome = fuzz(written_files()[:3], 2)
    assert [failure.number for failure in outcome.failures] == [0, 1]
    assert all(failure.reason.startswith("CrashError: exit status 1") for failure in outcome.failures)
