import json
import shutil
import zipfile

import keras
import numpy as np
import pytest
import yaml
from helpers import small
from helpers.tcn import randomize
from keras import layers

from neuralspot_edge.graph import load_graph


@pytest.fixture(scope="module")
def model_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("foreign") / "foreign.keras"
    inputs = keras.Input((None, 2))
    x = layers.Conv1D(3, 3, padding="same")(inputs)
    randomize(keras.Model(inputs, layers.GlobalAveragePooling1D()(x))).save(path)
    return path


@pytest.fixture
def samples(tmp_path):
    path = tmp_path / "samples.npy"
    np.save(path, small.waves()[0])
    return path.name


def test_a_keras_file_with_its_samples(nse, tmp_path, model_file, samples):
    outcome = nse("export", model_file, "-o", "out", "--calibration", samples, "--window", 32, "--format", "json")
    assert outcome.status == 0
    result = json.loads(outcome.out)
    assert result["path"] == "out/model.tflite"
    assert result["size_bytes"] == (tmp_path / "out" / "model.tflite").stat().st_size
    assert (result["quantization"], result["io"], result["calibration"]) == ("int8", "int8", "60 samples of real data")
    assert sum(result["operators"].values()) == len(load_graph(tmp_path / "out" / "model.tflite").operators)


def test_arrays_of_an_npz_and_a_table(nse, tmp_path, model_file):
    np.savez(tmp_path / "samples.npz", y=np.zeros(60), x=small.waves()[0])
    arguments = ("--calibration", "samples.npz", "--window", 32, "--io", "float32", "--quantization", "int16x8")
    outcome = nse("export", model_file, *arguments)
    assert outcome.status == 0
    out = " ".join(outcome.out.split())
    assert "runs/foreign/model.tflite" in out
    assert "int16x8, float32 input and output, calibrated with 60 samples of real data" in out
    assert (tmp_path / "runs" / "foreign" / "model.tflite").is_file()


def test_a_folder_that_was_trained(nse, finished_run, tmp_path):
    outcome = nse("export", finished_run.folder, "-o", "out", "--quantization", "float32", "--format", "json")
    assert (outcome.status, json.loads(outcome.out)["quantization"]) == (0, "float32")
    assert {f"out/{path.name}" for path in (tmp_path / "out").iterdir()} == set(json.loads(outcome.out)["files"])


def test_another_way_to_int8_of_a_run(nse, finished_run):
    outcome = nse("export", finished_run.folder, "-o", "out", "--method", "ptq+")
    assert outcome.status == 0
    assert "ptq+ *" in outcome.out
    assert "export: ptq+" in outcome.err
    refused = nse("export", finished_run.folder, "-o", "no", "--method", "qat", "--quantization", "int16x8")
    assert refused.status == 2
    assert refused.err.startswith("nse: export.method: 'qat' is a way to int8, quantization is int16x8")


def test_tools_for_a_model_of_ones_own(nse, model_file, samples):
    arguments = ("export", model_file, "--calibration", samples, "--window", 32)
    outcome = nse(*arguments, "-o", "out", "--method", "ptq+", "--format", "json")
    assert (outcome.status, json.loads(outcome.out)["quantization"]) == (0, "int8")
    assert nse(*arguments, "-o", "plain").status == 0
    refused = nse(*arguments, "-o", "no", "--method", "qat")
    assert refused.status == 2
    assert "--method qat: it trains, which needs a run's folder" in refused.err
    refused = nse(*arguments, "-o", "no", "--method", "ptq+", "--quantization", "float32")
    assert refused.status == 2
    assert "tools: they are for int8, received quantization 'float32'" in refused.err


def test_a_bundle_where_asked(nse, finished_run, tmp_path):
    assert nse("export", finished_run.folder, "-o", "out", "--bundle").status == 0
    assert (tmp_path / "out" / "firmware" / "CMakeLists.txt").is_file()


def test_the_file_of_a_run_is_replaced_where_asked(nse, refusal, finished_run, tmp_path):
    folder = shutil.copytree(finished_run.folder, tmp_path / "copy")
    assert "copy holds an earlier run (model.tflite)" in refusal("export", "copy", "--quantization", "float32")
    assert nse("export", "copy", "--quantization", "float32", "--overwrite").status == 0
    assert load_graph(folder / "model.tflite").inputs[0].dtype == "float32"


@pytest.mark.parametrize("source", ["small.yaml", "-"])
def test_a_recipe_untrained(nse, tmp_path, source):
    text = yaml.safe_dump(small.content())
    (tmp_path / "small.yaml").write_text(text)
    arguments = ("--calibration", "random", "-o", "out", "--format", "json")
    outcome = nse("export", source, *arguments, stdin=text.encode())
    assert outcome.status == 0
    assert json.loads(outcome.out)["calibration"].startswith("random numbers")


def _spoilt_calibration(folder):
    """Files by what is wrong with them, and what is said of it."""
    x = small.waves()[0]
    nan = x.copy()
    nan[5] = np.nan
    np.save(folder / "short.npy", x[:, :5])
    np.save(folder / "nan.npy", nan)
    np.save(folder / "empty.npy", x[:0])
    np.save(folder / "text.npy", x.astype(str))
    np.save(folder / "objects.npy", np.array([{"a": 1}]), allow_pickle=True)
    np.savez(folder / "two.npz", a=x, b=x)
    np.savez(folder / "cut.npz", x=x)
    (folder / "cut.npz").write_bytes((folder / "cut.npz").read_bytes()[:2000])
    (folder / "plain.txt").write_text("1 2 3")
    (folder / "nothing.npy").touch()


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("short.npy", "calibration: the input "),
        ("nan.npy", "has NaN or infinity, first in sample 5"),
        ("empty.npy", "needs shape (samples, 32, 2), received (0, 32, 2)"),
        ("text.npy", "needs numbers, received <U"),
        ("objects.npy", "objects.npy is not a .npy or .npz file of plain arrays"),
        ("two.npz", "calibration: the model needs 1 array(s), one for each input; received 2"),
        ("cut.npz", "cut.npz is not a .npy or .npz file of plain arrays"),
        ("plain.txt", "plain.txt is not a .npy or .npz file of plain arrays"),
        ("nothing.npy", "nothing.npy is not a .npy or .npz file of plain arrays"),
        ("missing.npy", "cannot read missing.npy: No such file or directory"),
        ("rnadom", "cannot read rnadom"),
    ],
)
def test_calibration_that_does_not_suit(refusal, tmp_path, model_file, file, message):
    _spoilt_calibration(tmp_path)
    assert message in refusal("export", model_file, "-o", "out", "--window", 32, "--calibration", file)
    assert not (tmp_path / "out" / "model.tflite").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--window", 32), "calibration: int8 needs real inputs"),
        (("--calibration", "random"), "window: the input "),
        (("--quantization", "float32", "--io", "int8"), "io: 'int8' does not go with quantization float32"),
        (
            ("--quantization", "float32", "--window", 32, "-o", "samples.npy/out"),
            "cannot write to the folder samples.npy",
        ),
    ],
)
def test_options_that_do_not_suit(refusal, model_file, samples, arguments, message):
    assert message in refusal("export", model_file, *arguments)


def test_options_that_a_folder_has_itself_are_refused(refusal, finished_run):
    for option in (("--calibration", "random"), ("--window", 32)):
        said = refusal("export", finished_run.folder, *option)
        assert said == "--calibration and --window: a run's folder has its own, leave them out"


def test_standard_input_needs_a_folder(refusal):
    said = refusal("export", "-", stdin=yaml.safe_dump(small.content()).encode())
    assert said == "--out: a recipe from standard input needs a folder to write to"


def _lambda(path):
    inputs = keras.Input((8,))
    keras.Model(inputs, layers.Lambda(lambda x: x + 1)(inputs)).save(path)


def _cut(path):
    inputs = keras.Input((8,))
    keras.Model(inputs, layers.Dense(2)(inputs)).save(path)
    path.write_bytes(path.read_bytes()[:1000])


def _zip(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "a")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda _: None, "cannot read the model bad.keras: no such file"),
        (lambda path: path.write_bytes(b"no zip"), "bad.keras is not a .keras model: it is no zip archive"),
        (_cut, "bad.keras is not a .keras model: it is no zip archive"),
        (_zip, "bad.keras is not a .keras model that can be loaded"),
        (_lambda, "bad.keras has a Lambda layer, which would run code from the file"),
    ],
    ids=["missing", "text", "cut", "zip", "lambda"],
)
def test_a_bad_keras_file(refusal, tmp_path, make, message):
    make(tmp_path / "bad.keras")
    assert message in refusal("export", "bad.keras", "--calibration", "random")


def test_a_folder_without_a_run(refusal, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "empty holds no run: recipe.json and model.keras missing" in refusal("export", "empty")
