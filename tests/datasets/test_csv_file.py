import numpy as np
import pytest

from neuralspot_edge.datasets import load_file
from neuralspot_edge.datasets.csv_file import read_csv
from neuralspot_edge.errors import InputError


def csv(*rows):
    return "\n".join(rows).encode()


def table(times, groups=None, rate=None):
    lines = ["time,a,label" + (",group" if groups else "")]
    for index, time in enumerate(times):
        lines.append(f"{time},{index},{index % 2}" + (f",{groups[index]}" if groups else ""))
    return csv(*lines)


def test_columns_in_any_order():
    content = read_csv(csv("group,b,Label,a", "u,1,x,2", "u,3,y,4", "v,5,x,6"), "window")
    recordings = content.recordings["all"]
    assert content.channels == ("b", "a")
    assert recordings.steps.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert recordings.labels.tolist() == ["x", "y", "x"]
    assert recordings.groups.tolist() == ["u", "v"]
    assert recordings.lengths.tolist() == [2, 1]
    assert content.sampling_rate is None


def test_byte_order_mark_quotes_blank_lines_and_windows_line_ends():
    content = read_csv(b'\xef\xbb\xbf"a","label"\r\n1.5,"x, y"\r\n\r\n-2e3,z\r\n', "step")
    assert content.channels == ("a",)
    assert content.recordings["all"].steps.tolist() == [[1.5], [-2000]]
    assert content.recordings["all"].labels.tolist() == ["x, y", "z"]


def test_labels_that_are_not_needed_may_be_missing_or_anything():
    assert read_csv(csv("a", "1", "2"), "none").recordings["all"].labels is None
    assert read_csv(csv("a,label", "1,", "2,"), "none").recordings["all"].labels is None


def test_targets_are_numbers_of_each_step():
    assert read_csv(csv("a,label", "1,0.5", "2,-1"), "target").recordings["all"].labels.tolist() == [[0.5], [-1]]


def test_sampling_rate_of_regular_time():
    assert read_csv(table(np.arange(50) * 0.02), "none").sampling_rate == pytest.approx(50)
    rounded_to_milliseconds = np.round(np.arange(300) / 30, 3)
    assert read_csv(table(rounded_to_milliseconds), "none").sampling_rate == pytest.approx(30, rel=1e-3)


def test_time_begins_anew_with_a_group():
    content = read_csv(table([0, 0.1, 0.2, 0, 0.1, 0.2], groups="aaabbb"), "none")
    assert content.sampling_rate == pytest.approx(10)
    assert content.recordings["all"].lengths.tolist() == [3, 3]


def test_a_gap_in_time_begins_a_series():
    content = read_csv(table([0, 0.1, 0.2, 5.0, 5.1, 5.2, 5.3]), "none")
    assert content.sampling_rate == pytest.approx(10)
    assert content.recordings["all"].lengths.tolist() == [3, 4]


def test_time_that_is_not_regular_gives_no_rate():
    with pytest.warns(UserWarning, match="'time' is not regular"):
        assert read_csv(table([0, 1, 2.3, 3.1, 4.2]), "none").sampling_rate is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty: the first line must name the columns"),
        (b"\n\n", "is empty"),
        (csv("a,label"), "has a header and no data"),
        (csv("1.0,2.0", "3.0,4.0"), "line 1: 1.0, 2.0 are numbers: the first line must name the columns"),
        (csv("a;label", "1;2"), "line 1: the columns must be separated by commas"),
        (csv("a,,label", "1,2,3"), "line 1: column 2 has no name"),
        (csv("a,b,a,label", "1,2,3,4"), "line 1: column 'a' is there twice"),
        (csv("time,label", "0,1"), "line 1: no column is a channel, only time, label"),
        (csv("a,lable", "1,2"), "line 1: has no column 'label': did you mean 'lable'"),
        (csv("a,b", "1,2"), "line 1: has no column 'label': it has a, b"),
        (csv("a,label", "1,2", "3"), "line 3 has 1 cells; the header has 2"),
        (csv("a,label", "1,2", "3,4,5"), "line 3 has 3 cells; the header has 2"),
        (csv("a,label", "1,2", "", "x1,2"), "line 4, column 'a': 'x1' is not a finite number"),
        (csv("a,b,label", "1,2,x", "1,,x"), "line 3, column 'b': '' is not a finite number"),
        (csv("a,label", "1,2", "nan,2"), "line 3, column 'a': 'nan' is not a finite number"),
        (csv("a,label", "inf,2"), "line 2, column 'a': 'inf' is not a finite number"),
        (csv("a,label", "1e39,2"), "line 2, column 'a': '1e39' is not a finite number"),
        (csv("a,label", "1,2", "3, "), "line 3, column 'label' is empty"),
        (csv("a,label,group", "1,2,"), "line 2, column 'group' is empty: every line needs a group"),
        (csv("time,a,label", "0,1,2", "noon,1,2"), "line 3, column 'time': 'noon' is not a finite number"),
        (table([0, 1, 3, 2]), "line 5, column 'time': time does not go forward"),
        (table([0, 1, 1]), "line 4, column 'time': time does not go forward"),
        (b"a,label\n\xff\xfe,1\n", "is not a CSV file in UTF-8"),
        (b"PK\x03\x04\x00\x00\x80", "is not a CSV file in UTF-8"),
        (b'a,label\n"1,2\n', "is not a CSV file in UTF-8"),
    ],
)
def test_wrong_files_are_refused_with_line_and_column(content, message):
    with pytest.raises(InputError, match=message):
        read_csv(content, "window")


def test_target_that_is_no_number_is_refused_with_its_line():
    with pytest.raises(InputError, match="line 3, column 'label': 'high' is not a finite number"):
        read_csv(csv("a,label", "1,2", "1,high"), "target")


def test_a_file_from_end_to_end(tmp_path):
    path = tmp_path / "walks.csv"
    rows = ["time,acc,gyro,label,group"]
    for person in range(6):
        rows += [f"{step / 25},{step},{person},{['rest', 'walk'][step >= 50]},p{person}" for step in range(100)]
    path.write_text("\n".join(rows))
    data = load_file(path, window=20, hop=10)
    assert data.channels == ("acc", "gyro")
    assert data.sampling_rate == pytest.approx(25)
    assert data.classes == ("rest", "walk")
    assert sum(len(split) for split in data.splits.values()) == 6 * 9
    for split in data.splits.values():
        np.testing.assert_array_equal(split.y, split.x[:, 10, 0] > 50)
        assert (split.x[..., 1] == split.x[:, :1, 1]).all()
        assert [f"p{person:.0f}" for person in split.x[:, 0, 1]] == split.groups.tolist()
