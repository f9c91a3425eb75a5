import subprocess
import sys

import numpy as np
import pytest

from neuralspot_edge.datasets import dataset_entry, list_datasets, load_dataset
from neuralspot_edge.errors import InputError

GENERATED = [
    "synthetic-ecg-denoise",
    "synthetic-ecg-qrs",
    "synthetic-ecg-segmentation",
    "synthetic-ppg-denoise",
    "synthetic-vibration",
]


RECORDED = ["basic-motions", "gunpoint", "japanese-vowels"]
SEQUENCES = [
    "adding-problem",
    "copy-memory",
    "echo",
    "sequential-digits",
    "sequential-mnist",
    "text-characters",
    "text-words",
    "two-sines",
]


def test_names():
    assert list_datasets() == sorted([*RECORDED, *GENERATED, *SEQUENCES])
    assert list_datasets("synthetic-*") == GENERATED
    assert list_datasets("nothing*") == []


def test_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(InputError, match="unknown data set 'basic_motion': did you mean 'basic-motions'"):
        load_dataset("basic_motion")
    with pytest.raises(InputError, match="known are adding-problem, basic-motions"):
        dataset_entry("zzz")


@pytest.mark.parametrize("name", list_datasets())
def test_entry_tells_where_it_comes_from(name):
    entry = dataset_entry(name)
    assert entry.description
    assert entry.tasks
    assert entry.provenance.source
    assert entry.provenance.citation


@pytest.mark.parametrize("name", list_datasets())
def test_entry_tells_what_loading_gives(name, tmp_path):
    entry = dataset_entry(name)
    data = load_dataset(name, options=options_of(name, tmp_path))
    assert data.window == entry.window
    assert data.channels == (entry.channels or data.classes)
    assert entry.classes in ((), data.classes)
    assert data.provenance is entry.provenance
    kinds = {"classification": "window", "anomaly": "window", "segmentation": "step", "language": "step"}
    assert {data.label_kind} == {kinds.get(task, "target") for task in entry.tasks}


def options_of(name, folder):
    """What a data set needs to be loaded, and to be so in no time."""
    if name.startswith("text-"):
        (folder / "a.txt").write_text("to be, or not to be?\n" * 500)
        return {"path": str(folder / "a.txt")}
    if name == "sequential-mnist":
        x = np.zeros((100, 28, 28), np.uint8)
        np.savez(folder / "mnist.npz", x=x, y=np.arange(100) % 10)
        return {"path": str(folder / "mnist.npz")}
    schema = dataset_entry(name).options
    return {"train": 20} if schema and "train" in schema.model_fields else None


@pytest.mark.parametrize("name", [*RECORDED, *GENERATED])
def test_options_are_refused_where_there_are_none(name):
    assert load_dataset(name, options={}).name == name
    with pytest.raises(InputError, match=f"^the data set '{name}' takes no options: leave them out$"):
        load_dataset(name, options={"train": 3})


def test_unknown_options_are_refused_with_the_nearest():
    with pytest.raises(InputError, match=r"^options of the data set 'copy-memory': unknown key 'memori': did you mean"):
        load_dataset("copy-memory", options={"memori": 3})


@pytest.mark.parametrize("name", [name for name in SEQUENCES if not name.startswith("text-")])
def test_a_hop_is_refused_where_each_sequence_is_a_window(name, tmp_path):
    with pytest.raises(InputError, match="each sequence is one: leave out hop 3"):
        load_dataset(name, hop=3, options=options_of(name, tmp_path))


@pytest.mark.parametrize("name", GENERATED)
def test_generated_data_is_large_enough_to_train_and_verify(name):
    data = load_dataset(name)
    assert len(data.train) == 600
    assert len(data.test) >= 256


@pytest.mark.parametrize("name", GENERATED)
def test_same_seed_same_arrays_other_seed_others(name):
    first, same, other = (load_dataset(name, window=64, seed=seed) for seed in (1, 1, 2))
    for part, split in first.splits.items():
        np.testing.assert_array_equal(split.x, same.splits[part].x)
        np.testing.assert_array_equal(split.y, same.splits[part].y)
        assert not np.array_equal(split.x, other.splits[part].x)


@pytest.mark.parametrize("name", GENERATED)
def test_splits_hold_different_subjects(name):
    data = load_dataset(name, window=32)
    subjects = [set(split.groups.tolist()) for split in data.splits.values()]
    assert [len(part) for part in subjects] == [20, 5, 10]
    assert not subjects[0] & subjects[1] | subjects[0] & subjects[2] | subjects[1] & subjects[2]


@pytest.mark.parametrize("name", GENERATED)
def test_window_and_hop_are_what_was_asked_for(name):
    data = load_dataset(name, window=50, hop=10)
    assert data.window == 50
    assert len(data.train) == 600
    np.testing.assert_array_equal(data.train.x[0, 10:], data.train.x[1, :-10])
    if data.label_kind != "window":
        np.testing.assert_array_equal(data.train.y[0, 10:], data.train.y[1, :-10])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"window": 0}, "window must be a whole number of at least 1; received 0"),
        ({"hop": 1.5}, "hop must be a whole number of at least 1; received 1.5"),
        ({"seed": -1}, "seed must be a whole number of at least 0; received -1"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        load_dataset("synthetic-ecg-qrs", **arguments)


def test_importing_the_room_loads_nothing_heavy():
    code = (
        "import sys, neuralspot_edge.datasets as d; d.load_dataset; d.load_file; d.Preprocessing; d.sliding_windows;"
        "print([m for m in ('tensorflow', 'keras', 'aeon', 'sklearn', 'pandas', 'matplotlib') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
