"""What every command has in common, and what only a real process shows."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import yaml
from helpers import small

import neuralspot_edge
from neuralspot_edge.cli import bench, run, show, train
from neuralspot_edge.training.checkpoint import Checkpoint

COMMANDS = ("list", "show", "new", "schema", "train", "export", "verify", "run", "profile", "compare", "quant-report")
KEPT = "what was finished is kept, and a training goes on with --resume"
NSE = [sys.executable, "-m", "neuralspot_edge.cli.app"]


def test_help_names_every_command(nse):
    outcome = nse("--help")
    assert outcome.status == 0
    assert outcome.err == ""
    for command in COMMANDS:
        assert re.search(rf"^│ {command}\s+[A-Z]", outcome.out, re.MULTILINE), command
    assert "nse run tcn-har-smartwatch" in " ".join(outcome.out.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_teaches(nse, command):
    outcome = nse(command, "-h")
    assert outcome.status == 0
    text = re.sub(r"[\s│]+", " ", outcome.out)
    assert f"{command} [OPTIONS]" in text
    rest = text.partition("[OPTIONS]")[2]
    assert re.search(r"[A-Z][a-z]+ .*\.", rest), "no sentence says what it does"
    for option in re.findall(r"--[a-z-]+", rest):
        described = re.search(rf"{option}[ \[](?:[^─]*?)[A-Z][a-z]+ ", rest)
        assert described, f"{option} is not explained"


def test_the_version(nse):
    outcome = nse("--version")
    assert (outcome.status, outcome.out) == (0, f"nse {neuralspot_edge.__version__}\n")


def test_no_command_shows_the_help_and_says_what_is_missing(nse):
    outcome = nse()
    assert outcome.status == 2
    assert "Commands" in outcome.out + outcome.err
    assert outcome.said == ["nse: name a command, as in nse list"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("runn",), "No such command 'runn'"),
        (("show",), "Missing argument"),
        (("show", "tcn-tiny", "--formt", "json"), "No such option: --formt"),
        (("show", "tcn-tiny", "--format", "xml"), "'xml' is not one of 'table', 'json'"),
        (("export", "tcn-tiny", "--quantization", "int4"), "'int4' is not one of"),
        (("export", "m.keras", "--window", "0"), "greater than or equal to 1"),
    ],
)
def test_a_wrong_call_is_one_line(refusal, arguments, message):
    assert message in refusal(*arguments)


@pytest.mark.parametrize(
    ("module", "name", "command", "line"),
    [
        (show, "read_recipe", ("show", "tcn-tiny"), "interrupted"),
        (train, "read_recipe", ("train", "tcn-tiny"), f"interrupted; {KEPT}"),
        (run, "read_recipe", ("run", "tcn-tiny"), f"interrupted; {KEPT}"),
        (
            bench,
            "_run",
            ("bench", "published", "--only", "adding-tcn"),
            "interrupted; finished rows are kept, and the same command goes on from there",
        ),
    ],
)
def test_an_interrupt_ends_with_130_and_one_line_that_fits_the_command(nse, monkeypatch, module, name, command, line):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, name, interrupt)
    outcome = nse(*command)
    assert outcome.status == 130
    assert [said for said in outcome.err.splitlines() if said] == [f"nse: {line}"]


def test_an_error_of_the_system_is_one_line(nse, monkeypatch):
    def fail(*_):
        raise OSError(24, "Too many open files", "some.file")

    monkeypatch.setattr(show, "read_recipe", fail)
    outcome = nse("show", "tcn-tiny")
    assert (outcome.status, outcome.said) == (2, ["nse: some.file: Too many open files"])


def test_warnings_of_this_package_are_one_line_and_others_are_not_shown(nse, tmp_path):
    params = {"blocks": [{"filters": 4, "ex_ratio": 3}], "block_type": "lg", "head": "pooled"}
    recipe = small.content(model={"family": "tcn", "params": params})
    (tmp_path / "warns.yaml").write_text(yaml.safe_dump(recipe))
    outcome = nse("show", "warns.yaml", "--no-cost")
    assert outcome.status == 0
    (line,) = outcome.err.splitlines()
    assert line.startswith("nse: warning: ")
    assert "ex_ratio" in line


def test_a_warning_without_a_class_of_its_own_is_shown_too(nse, tmp_path):
    x, y = small.waves()
    np.savez(tmp_path / "extra.npz", x=x, y=y, classes=np.array(small.CLASSES), note=np.array(1))
    (tmp_path / "extra.yaml").write_text(yaml.safe_dump(small.content("extra.npz", training={"epochs": 1})))
    outcome = nse("train", "extra.yaml")
    assert outcome.status == 0
    assert [line for line in outcome.said if "arrays of the data file that are not used: note" in line]


# What follows needs a process: signals, pipes, and what is imported.


SHORT_AND_LONG = [("list", "no-such*", "--format", "json"), ("schema",), ("show", "tcn-tiny"), ("--help",)]
"""What fits the buffer meets the closed pipe when it is flushed, what does not meets it before."""


@pytest.mark.parametrize("arguments", SHORT_AND_LONG)
def test_a_reader_that_has_gone_is_no_error(arguments):
    reader, writer = os.pipe()
    os.close(reader)
    buffered = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        [*NSE, *arguments], stdout=writer, stderr=subprocess.PIPE, text=True, check=False, env=buffered
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_wrong_recipe_is_told_before_tensorflow_is_loaded(tmp_path):
    """Loading it takes seconds: nobody waits that long for a typing error."""
    (tmp_path / "wrong.yaml").write_text("name: wrong\ntask: clasification\n")
    code = (
        "import sys\nfrom neuralspot_edge.cli.app import main\n"
        "for command in ('run', 'train', 'show'):\n"
        "    sys.argv = ['nse', command, 'wrong.yaml']\n"
        "    try:\n        main()\n    except SystemExit as ended:\n        print(command, ended.code)\n"
        "print({'tensorflow', 'keras'} & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["run 2", "train 2", "show 2", "set()"]
    assert len(done.stderr.splitlines()) == 3
    assert "'clasification' is not known, did you mean 'classification'?" in done.stderr


def test_a_whole_run_prints_pure_json_and_its_status_says_whether_the_gates_held(tmp_path):
    recipe = small.content(small.write_waves(tmp_path), training={"epochs": 2, "learning_rate": 0.01})
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(recipe))
    done = subprocess.run(
        [*NSE, "run", "small.yaml", "-o", "out", "--format", "json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(done.stdout)
    assert report == json.loads((tmp_path / "out" / "report.json").read_text())
    assert done.returncode == (0 if report["ok"] else 1)
    assert done.stderr.split() == ["data", "training", "export", "verification", "report"]


def test_ctrl_c_in_training_keeps_a_checkpoint_from_which_it_resumes(tmp_path, nse):
    recipe = small.content(small.write_waves(tmp_path), training={"epochs": 1_000_000, "patience": 1_000_000})
    (tmp_path / "long.yaml").write_text(yaml.safe_dump(recipe))
    # A checkpoint after each epoch, to see that one is done.
    code = (
        "import sys\nfrom neuralspot_edge.cli.app import main\nfrom neuralspot_edge.training import callbacks\n"
        "callbacks._SECONDS_BETWEEN_CHECKPOINTS = 0\nsys.argv = ['nse', 'train', 'long.yaml', '-o', 'out']\nmain()"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    try:
        while process.poll() is None and not (tmp_path / "out" / "checkpoint.npz").exists():
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    finally:
        process.kill()
    assert process.returncode == 130, said
    assert said.splitlines()[-1] == f"nse: interrupted; {KEPT}"
    assert "Traceback" not in said
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["checkpoint.npz"]
    done = len(_history(tmp_path, recipe))
    outcome = nse(
        "train", "long.yaml", "-o", "out", "--resume", "--set", f"training.epochs={done + 1}", "--format=json"
    )
    assert outcome.status == 0
    assert json.loads(outcome.out)["epochs"] == done + 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["history.csv", "model.keras", "recipe.json"]


def _history(tmp_path, content):
    from neuralspot_edge.recipes import load_recipe
    from neuralspot_edge.training import prepare
    from neuralspot_edge.training.data import with_fitted

    recipe = load_recipe(content)
    checkpoint = Checkpoint(tmp_path / "out", with_fitted(recipe, prepare(recipe).preprocessing))
    return checkpoint.load().history
