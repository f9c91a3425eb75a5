import csv
import io

import pytest

from neuralspot_edge.training.history import Epoch, to_csv


def test_history_as_csv():
    history = [Epoch(1, 0.5, 0.75, True), Epoch(2, 0.1, 1 / 3, True), Epoch(3, 0.05, 0.4, False)]
    text = to_csv(history)
    assert text.splitlines()[0] == "number,loss,val_loss,is_best"
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(int(row["number"]), float(row["loss"]), float(row["val_loss"]), row["is_best"]) for row in rows] == [
        (1, 0.5, 0.75, "1"),
        (2, 0.1, pytest.approx(1 / 3, abs=0), "1"),
        (3, 0.05, 0.4, "0"),
    ]


def test_no_history_is_a_header():
    assert to_csv([]) == "number,loss,val_loss,is_best\n"
