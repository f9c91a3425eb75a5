import json

import numpy as np
import pytest
import yaml
from helpers import small
from helpers.runs import with_weights_turned_around

import neuralspot_edge
from neuralspot_edge.graph import load_graph, stream_info
from neuralspot_edge.interpreters import StreamingSession
from neuralspot_edge.pipeline import stream_proof, streaming


@pytest.fixture
def model(finished_run, tmp_path):
    path = tmp_path / "mine.tflite"
    path.write_bytes(finished_run.exported.path.read_bytes())
    return path


def test_a_table_answers_how_it_is_played_what_it_costs_and_whether_it_is_right(nse, model, tmp_path):
    outcome = nse("stream", model, "-o", "step.tflite")
    assert (outcome.status, outcome.err) == (0, "")
    text = " ".join(outcome.out.split())
    for words in (
        "hop 1 step",
        "delay 2 steps",
        "as inputs and outputs",
        "32 times fewer",
        "arena, bytes",
        "file, bytes",
    ):
        assert words in text, words
    assert "0 of " in text
    assert "values differ from the window graph's: 128 steps of a random signal, played by TensorFlow" in text
    assert max(map(len, outcome.out.splitlines())) <= 80
    assert (tmp_path / "step.tflite").read_bytes() == neuralspot_edge.stream(model.read_bytes())


@pytest.mark.parametrize(("hop", "state"), [(4, "io"), (1, "tflm")])
def test_json_is_what_was_made(nse, model, hop, state):
    outcome = nse("stream", model, "--hop", hop, "--state", state, "-o", "step.tflite", "--format", "json")
    assert outcome.status == 0
    made = json.loads(outcome.out)
    session = StreamingSession(made["path"])
    assert (made["hop"], made["state"], made["window"]) == (session.hop, session.info.state, 32) == (hop, state, 32)
    assert made["delay_steps"] == session.delay
    assert made["delay_ms"] is None
    assert made["times_fewer_macs"] == 32 / hop
    assert made["window_graph"]["size_bytes"] == model.stat().st_size
    assert made["proof"]["holds"] is True
    assert made["proof"]["signal"] == "a random signal"
    assert made["proof"]["comparison"]["differing"] == 0


def test_a_runs_folder_stands_for_its_window_graph(nse, finished_run, model, tmp_path):
    assert nse("stream", finished_run.folder, "--out", "one.tflite").status == 0
    assert nse("stream", model, "--out", "two.tflite").status == 0
    assert (tmp_path / "one.tflite").read_bytes() == (tmp_path / "two.tflite").read_bytes()


def test_its_own_output_is_replaced_and_no_other_file(nse, refusal, model, tmp_path):
    kept = {"text.tflite": b"no model", "other.tflite": model.read_bytes(), "notes.txt": b"mine"}
    for name, content in kept.items():
        (tmp_path / name).write_bytes(content)
        message = refusal("stream", model, "-o", name)
        assert message == f"--out: {name} is no step graph of this command; name another file, or pass --overwrite"
        assert (tmp_path / name).read_bytes() == content
    assert nse("stream", model, "-o", "text.tflite", "--overwrite").status == 0
    assert nse("stream", model, "-o", "text.tflite", "--hop", 2).status == 0
    assert stream_info(load_graph(tmp_path / "text.tflite")).hop == 2


def test_the_model_itself_is_never_replaced(refusal, model):
    before = model.read_bytes()
    message = refusal("stream", model, "-o", "./mine.tflite", "--overwrite")
    assert "is the model itself, which the step graph must not replace; name another file" in message
    assert model.read_bytes() == before


def test_a_value_that_differs_is_status_1_and_nothing_is_written(nse, model, tmp_path, monkeypatch):
    wrong = neuralspot_edge.stream
    monkeypatch.setattr(
        streaming, "stream", lambda *options, **more: with_weights_turned_around(wrong(*options, **more))
    )
    outcome = nse("stream", model, "-o", "step.tflite")
    assert (outcome.status, outcome.out) == (1, "")
    assert "values of the step graph differ from the window graph's on a random signal" in outcome.said[0]
    assert not (tmp_path / "step.tflite").exists()


def test_what_cannot_be_proven_here_is_written_and_status_1(nse, model, tmp_path, monkeypatch):
    monkeypatch.setattr(stream_proof, "available", lambda: ("LiteRtInterpreter",))
    outcome = nse("stream", model, "--state", "tflm", "-o", "step.tflite")
    assert outcome.status == 1
    assert "not proven" in outcome.out
    assert (tmp_path / "step.tflite").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("missing.tflite", "-o", "x.tflite"), "cannot read the model missing.tflite: No such file"),
        (("text.tflite", "-o", "x.tflite"), "text.tflite is not a .tflite model: the mark TFL3 is missing at byte 4"),
        (("mine.tflite",), "Missing option '-o' / '--out'"),
        (("mine.tflite", "-o", "."), "--out: . is a folder; name the file, as in stream.tflite"),
        (("mine.tflite", "-o", "no/x.tflite"), "cannot write no/x.tflite: No such file or directory; nothing there"),
        (
            ("mine.tflite", "-o", "x.tflite", "--hop", 2, "--state", "tflm"),
            "state: tflm takes int8 and one step a call",
        ),
        (("mine.tflite", "-o", "x.tflite", "--hop", 0), "'--hop'"),
        (("mine.tflite", "-o", "x.tflite", "--state", "flash"), "'--state'"),
        (("mine.tflite", "-o", "x.tflite", "--time-axis", 7), "axis"),
        (("step.tflite", "-o", "x.tflite"), "the file is a step graph already; give the model of whole windows"),
        (("empty", "-o", "x.tflite"), "cannot read the model empty/model.tflite"),
    ],
)
def test_what_does_not_suit_is_one_line_and_leaves_no_file(refusal, model, tmp_path, arguments, message):
    (tmp_path / "text.tflite").write_text("no model at all")
    (tmp_path / "step.tflite").write_bytes(neuralspot_edge.stream(model.read_bytes()))
    (tmp_path / "empty").mkdir()
    assert message in refusal("stream", *arguments)
    assert not (tmp_path / "x.tflite").exists()


def test_a_step_graph_is_verified_against_its_window_graph(nse, model, finished_run, tmp_path):
    test = finished_run.training.data.test
    np.save(tmp_path / "x.npy", test.raw)
    nse("stream", model, "-o", "step.tflite")
    outcome = nse("verify", "step.tflite", "--against", model, "--samples", "x.npy")
    assert outcome.status == 0
    assert [line.split()[3] for line in outcome.out.splitlines() if line.startswith("step vs window")] == ["passed"]
    alone = json.loads(nse("verify", "step.tflite", "--samples", "x.npy", "--format", "json").out)
    assert {check["name"]: check["status"] for check in alone["checks"]} == {
        "stream_vs_window": "not run",
        "stream_tflm_vs_litert": "passed",
    }
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(small.content(finished_run.recipe.data.path)))
    outcome = nse("verify", "step.tflite", "--against", model, "--recipe", "small.yaml", "--format", "json")
    assert json.loads(outcome.out)["ok"] is True


def test_a_step_graph_that_is_not_right_is_status_1(nse, model, finished_run, tmp_path):
    np.save(tmp_path / "x.npy", finished_run.training.data.test.raw)
    wrong = with_weights_turned_around(neuralspot_edge.stream(model.read_bytes()))
    (tmp_path / "step.tflite").write_bytes(wrong)
    assert nse("verify", "step.tflite", "--against", model, "--samples", "x.npy").status == 1


def test_a_profile_tells_states_from_signals(nse, model, tmp_path):
    for state, place in (("io", "as inputs and outputs"), ("tflm", "in CIRCULAR_BUFFER")):
        nse("stream", model, "--state", state, "-o", "step.tflite")
        text = " ".join(nse("profile", "step.tflite", "--target", "apollo4", "--html", "page.html").out.split())
        assert place in text
        assert "not counted" not in text
        model_part = json.loads(nse("profile", "step.tflite", "--format", "json").out)["model"]
        assert sum(end["is_state"] for end in model_part["inputs"]) == (
            0 if state == "tflm" else len(model_part["inputs"]) - 1
        )
        assert model_part["streaming"]["state"] == state
        assert place in (tmp_path / "page.html").read_text()
    assert json.loads(nse("profile", model, "--format", "json").out)["model"]["streaming"] is None


def test_a_recipe_that_streams_shows_what_that_costs(nse, tmp_path):
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(small.content()))
    outcome = nse("show", "small.yaml", "--set", "export.streaming.hop=4")
    assert outcome.status == 0
    assert "8 times fewer" in outcome.out
    shown = json.loads(nse("show", "small.yaml", "--set", "export.streaming.hop=4", "--format", "json").out)
    assert shown["streaming"]["step_graph"]["macs"] * 8 == shown["profile"]["totals"]["macs"]
    assert shown["streaming"]["proof"] is None
    assert "streaming" not in json.loads(nse("show", "small.yaml", "--format", "json").out)


def test_a_run_and_an_export_that_stream_show_it(nse, streamed_run, tmp_path):
    out = " ".join(nse("export", streamed_run.folder, "-o", "again").out.split())
    assert "16 times fewer" in out
    assert "0 of " in out
    assert (tmp_path / "again" / "stream.tflite").read_bytes() == (streamed_run.folder / "stream.tflite").read_bytes()
    shown = json.loads(nse("export", streamed_run.folder, "-o", "json", "--format", "json").out)
    assert shown["streaming"]["hop"] == 2
    assert shown["streaming"]["proof"]["holds"] is True
    verified = json.loads(nse("verify", streamed_run.folder, "--format", "json").out)
    assert len(verified["checks"]) == 4
