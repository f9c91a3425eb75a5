import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuralspot_edge.datasets import load_file, sliding_windows
from neuralspot_edge.errors import InputError

quick = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def save(folder, **arrays):
    path = folder / "mine.npz"
    np.savez(path, **arrays)
    return path


def clock(length, channels=1):
    """Samples whose value is the time they were taken at."""
    return np.repeat(np.arange(length, dtype=np.float32)[:, None], channels, axis=1)


def instants(split):
    return set(split.x[..., 0].ravel().tolist())


def assert_disjoint(data, of=instants):
    train, validation, test = (of(split) for split in data.splits.values())
    assert not train & validation
    assert not train & test
    assert not validation & test


def load_quietly(path, **arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return load_file(path, **arguments)


@quick
@given(length=st.integers(30, 300), window=st.integers(2, 10), hop=st.integers(1, 15))
def test_no_instant_of_a_recording_is_in_two_splits(tmp_path, length, window, hop):
    path = save(tmp_path, x=clock(length))
    if 2 * -(-window // hop) * hop + window > length:
        with pytest.raises(InputError, match=r"windows of .* steps are too few"):
            load_file(path, window=window, hop=hop, labels="none")
        return
    assert_disjoint(load_file(path, window=window, hop=hop, labels="none"))


@quick
@given(
    lengths=st.lists(st.integers(1, 40), min_size=3, max_size=15),
    window=st.integers(1, 8),
    hop=st.integers(1, 9),
    seed=st.integers(0, 3),
)
def test_no_instant_and_no_group_is_in_two_splits(tmp_path, lengths, window, hop, seed):
    runs = np.arange(len(lengths)) % (3 + seed)
    group = np.repeat(runs, lengths)
    path = save(tmp_path, x=clock(len(group)), group=group)
    long_enough = {int(run) for run, length in zip(runs, lengths, strict=True) if length >= window}
    if len(long_enough) < 3:
        with pytest.raises(InputError):
            load_quietly(path, window=window, hop=hop, labels="none", seed=seed)
        return
    data = load_quietly(path, window=window, hop=hop, labels="none", seed=seed)
    assert_disjoint(data)
    assert_disjoint(data, lambda split: set(split.groups.tolist()))
    for split in data.splits.values():
        np.testing.assert_array_equal(group[split.x[..., 0].astype(int)], np.repeat(split.groups[:, None], window, 1))


@quick
@given(
    count=st.integers(60, 90),
    cut=st.sampled_from([(6, 1), (6, 4), (9, 5), (12, 12), (12, 3)]),
    window=st.integers(3, 6),
)
def test_no_instant_is_in_two_splits_where_series_were_cut_with_overlap_before(tmp_path, count, cut, window):
    length, step = cut
    path = save(tmp_path, x=sliding_windows(clock(length + (count - 1) * step), length, step))
    assert_disjoint(load_file(path, window=window, hop=2, labels="none"))


@quick
@given(count=st.integers(60, 90), step=st.sampled_from([2, 4, 6, 8]), seed=st.integers(0, 3))
def test_validation_from_a_given_training_split_shares_no_instant_with_it(tmp_path, count, step, seed):
    x = sliding_windows(clock(8 + (count - 1) * step), 8, step)
    y = np.random.default_rng(seed).integers(0, 2, count // 20 + 1).repeat(20)[:count]
    y[:20], y[-20:] = 0, 1
    data = load_quietly(save(tmp_path, x_train=x, y_train=y, x_test=x + 10_000, y_test=y), window=8)
    assert_disjoint(data)
    assert len(data.test) == count


def test_too_little_training_data_for_validation_is_an_error(tmp_path):
    x = sliding_windows(clock(12), 10, 1)
    path = save(tmp_path, x_train=x, x_test=x)
    with pytest.raises(InputError, match="3 training windows of 10 steps leave none for validation"):
        load_file(path, window=10, labels="none")


def test_fractions_and_order_in_time(tmp_path):
    data = load_file(save(tmp_path, x=clock(1000, 2)), window=10, labels="none")
    assert [len(split) for split in data.splits.values()] == [60, 20, 20]
    assert max(instants(data.train)) < min(instants(data.validation))
    assert max(instants(data.validation)) < min(instants(data.test))


def test_group_split_depends_on_the_seed_alone(tmp_path):
    path = save(tmp_path, x=clock(400), group=np.repeat(np.arange(20), 20))
    tests = [load_file(path, window=10, labels="none", seed=seed).test.groups.tolist() for seed in (0, 0, 1)]
    assert tests[0] == tests[1]
    assert tests[0] != tests[2]


def test_given_split_stays_and_validation_is_the_tail_of_each_class(tmp_path):
    x = np.arange(20 * 4, dtype=np.float16).reshape(20, 4, 1)
    y = np.repeat([0, 1], 10)
    data = load_file(save(tmp_path, x_train=x, y_train=y, x_test=-x[:6], y_test=y[7:13]), window=4)
    np.testing.assert_array_equal(data.test.x, -x[:6])
    np.testing.assert_array_equal(data.test.y, y[7:13])
    np.testing.assert_array_equal(data.validation.x, x[[8, 9, 18, 19]])
    assert data.train.x.dtype == np.float32
    assert len(data.train) == 16


def test_given_split_with_groups_holds_out_groups(tmp_path):
    x, group = np.random.default_rng(0).normal(size=(50, 4, 1)), np.repeat(np.arange(10), 5)
    y = np.tile([0, 1], 25)
    data = load_file(save(tmp_path, x_train=x, y_train=y, group_train=group, x_test=x, y_test=y), window=4)
    assert len(set(data.validation.groups)) == 2
    assert not set(data.validation.groups) & set(data.train.groups)
    assert data.test.groups is None


def test_given_split_that_lacks_a_class_in_train_is_a_warning(tmp_path):
    x = np.random.default_rng(0).normal(size=(20, 4, 1))
    path = save(tmp_path, x_train=x, y_train=np.zeros(20, int), x_test=x, y_test=np.arange(20) % 2)
    with pytest.warns(UserWarning, match="no window of the train split is of class 1"):
        data = load_file(path, window=4)
    assert data.classes == ("0", "1")
    assert not data.train.y.any()


def test_label_of_a_window_is_that_of_most_steps(tmp_path):
    y = np.tile([0, 0, 1, 1, 1, 0, 0, 0], 20)
    with pytest.raises(InputError, match=r"no window of 4 steps is of class 1: .* choose a shorter one"):
        load_file(save(tmp_path, x=clock(160), y=y), window=4)
    data = load_file(save(tmp_path, x=clock(160), y=y), window=5, hop=2)
    starts = data.train.x[:, 0, 0].astype(int)
    assert data.train.y.tolist() == [int(y[start : start + 5].sum() >= 3) for start in starts]


def test_labels_of_steps_stay_with_their_samples(tmp_path):
    y = np.arange(300) % 3
    data = load_file(save(tmp_path, x=clock(300), y=y), window=7, hop=3, labels="step")
    for split in data.splits.values():
        np.testing.assert_array_equal(split.y, split.x[..., 0].astype(int) % 3)


def test_targets_stay_with_their_samples(tmp_path):
    x = clock(300)
    data = load_file(save(tmp_path, x=x, y=np.hstack([2 * x, -x])), window=7, hop=3, labels="target")
    assert data.classes == ()
    for split in data.splits.values():
        np.testing.assert_array_equal(split.y, split.x * [2, -1])


def test_targets_of_series(tmp_path):
    x = np.random.default_rng(0).normal(size=(30, 8, 1)).astype(np.float32)
    data = load_file(save(tmp_path, x=x, y=x[:, 0, 0]), window=4, labels="target")
    assert data.train.y.shape == (36, 1)
    np.testing.assert_array_equal(data.train.y[::2, 0], data.train.x[::2, 0, 0])


def test_class_that_comes_last_in_time_is_an_error_with_a_remedy(tmp_path):
    path = save(tmp_path, x=clock(100), y=np.repeat(["rest", "walk"], [80, 20]))
    with pytest.raises(InputError, match=r"no window of the train split is of class walk; .*'group'.*x_train"):
        load_file(path, window=5)


def test_class_in_one_group_only_is_an_error_with_a_remedy(tmp_path):
    group = np.repeat(np.arange(5), 20)
    path = save(tmp_path, x=clock(100), y=(group == 2).astype(int), group=group)
    with pytest.raises(InputError, match="is of class 1; each class needs at least two groups"):
        load_file(path, window=5)


def test_channels_can_be_chosen_and_named(tmp_path):
    x = np.arange(120, dtype=np.float32).reshape(40, 3)
    named = save(tmp_path, x=x, channels=np.array(["a", "b", "c"]))
    data = load_file(named, window=4, labels="none", channels=["c", "a"])
    assert data.channels == ("c", "a")
    np.testing.assert_array_equal(data.train.x[0, :, 0], x[:4, 2])
    with pytest.raises(InputError, match="unknown channel 'd'"):
        load_file(named, window=4, labels="none", channels=["d"])
    with pytest.raises(InputError, match="channels must be a list of names; received 'a'"):
        load_file(named, window=4, labels="none", channels="a")
    unnamed = save(tmp_path, x=x)
    assert load_file(unnamed, window=4, labels="none").channels == ("channel-0", "channel-1", "channel-2")
    assert load_file(unnamed, window=4, labels="none", channels=["u", "v", "w"]).channels == ("u", "v", "w")
    with pytest.raises(InputError, match="channels has 1 names; the file has 3 unnamed channels"):
        load_file(unnamed, window=4, labels="none", channels=["u"])


def test_sampling_rate_comes_from_the_file_or_the_caller(tmp_path):
    path = save(tmp_path, x=clock(40), sampling_rate=50)
    assert load_file(path, window=4, labels="none").sampling_rate == 50
    with pytest.raises(InputError, match="sampling_rate is 100 Hz but the file says 50 Hz"):
        load_file(path, window=4, labels="none", sampling_rate=100)
    path = save(tmp_path, x=clock(40))
    assert load_file(path, window=4, labels="none").sampling_rate is None
    assert load_file(path, window=4, labels="none", sampling_rate=100).sampling_rate == 100


def test_name_and_provenance_hold_no_folder(tmp_path):
    data = load_file(save(tmp_path, x=clock(40)), window=4, labels="none")
    assert (data.name, data.provenance.source) == ("mine", "mine.npz")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"window": 0}, "window must be a whole number of at least 1; received 0"),
        ({"window": 4, "hop": 0}, "hop must be a whole number of at least 1; received 0"),
        ({"window": 4, "seed": -3}, "seed must be a whole number of at least 0; received -3"),
        ({"window": 4, "labels": "windows"}, "unknown labels 'windows': did you mean 'window'"),
        ({"window": 4, "sampling_rate": -1.0}, "sampling_rate must be a positive number"),
        ({"window": 41}, "mine.npz: window 41 is longer than the longest series of 40 steps"),
        ({"window": 20}, r"mine.npz: 2 windows of 20 steps are too few .* \(train \d+, validation \d+, test \d+\)"),
    ],
)
def test_wrong_arguments_are_refused(tmp_path, arguments, message):
    path = save(tmp_path, x=clock(40))
    with pytest.raises(InputError, match=message):
        load_file(path, **{"labels": "none"} | arguments)


def test_missing_file_and_unknown_kind_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"cannot read the data .*none.npz: No such file"):
        load_file(tmp_path / "none.npz", window=4)
    with pytest.raises(InputError, match=r"data must be a .npz or .csv file; received .*mine.parquet"):
        load_file(tmp_path / "mine.parquet", window=4)


def test_error_is_one_line_that_begins_with_the_file(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("a,label\n1,x\nz,x\n")
    with pytest.raises(InputError) as caught:
        load_file(path, window=1)
    assert str(caught.value) == f"{path}: line 3, column 'a': 'z' is not a finite number"
