import io
import json
import subprocess
import sys
import zipfile

import keras
import numpy as np
import pytest
from keras import layers

from neuralspot_edge.errors import InputError
from neuralspot_edge.training import load_model, save_model

X = np.random.default_rng(0).standard_normal((3, 8, 2)).astype(np.float32)


@pytest.fixture(scope="module")
def foreign() -> keras.Model:
    """A model that knows nothing of this package."""
    inputs = keras.Input((8, 2))
    x = layers.Conv1D(4, 3, padding="same", activation="relu")(inputs)
    return keras.Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling1D()(x)))


def test_a_model_comes_back_with_equal_output(foreign, tmp_path):
    path = save_model(foreign, tmp_path / "model.keras")
    assert [file.name for file in tmp_path.iterdir()] == ["model.keras"]
    np.testing.assert_array_equal(load_model(str(path))(X), foreign(X))


def test_a_compiled_model_comes_back_without_its_loss(foreign, tmp_path):
    """A loss of the user's own is not at hand where the file is loaded."""

    def my_loss(targets, outputs):
        return keras.ops.mean(outputs - targets)

    model = keras.models.clone_model(foreign)
    model.compile(loss=my_loss)
    model.save(tmp_path / "compiled.keras")
    np.testing.assert_array_equal(load_model(tmp_path / "compiled.keras")(X), model(X))


def test_a_folder_that_is_not_there_is_refused_in_one_line(foreign, tmp_path):
    with pytest.raises(InputError, match=r"^cannot write .*model.keras: "):
        save_model(foreign, tmp_path / "missing" / "model.keras")


def _zip(path, **members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)


def _truncated(path, model):
    content = io.BytesIO()
    model.save(path)
    content.write(path.read_bytes())
    path.write_bytes(content.getvalue()[: len(content.getvalue()) // 2])


def _without_weights(path, model):
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        kept = {name: archive.read(name) for name in archive.namelist() if "weights" not in name}
    _zip(path, **kept)


def _unknown_layer(path, model):
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = members["config.json"].replace(b'"Conv1D"', b'"Mystery"')
    _zip(path, **{**members, "config.json": config})


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda *_: None, "^cannot read the model .*spoilt.keras: no such file"),
        (lambda path, _: path.mkdir(), "^cannot read the model .*spoilt.keras: no such file"),
        (lambda path, _: path.write_bytes(b""), "spoilt.keras is not a .keras model: it is no zip archive; save it"),
        (lambda path, _: path.write_bytes(bytes(range(256)) * 9), "it is no zip archive"),
        (_truncated, "it is no zip archive"),
        (lambda path, _: _zip(path, readme__txt="hello"), "is not a .keras model that can be loaded: "),
        (lambda path, _: _zip(path, config__json="{", metadata__json="{}"), "that can be loaded: "),
        (_without_weights, "that can be loaded: "),
        (_unknown_layer, "that can be loaded: .*Mystery"),
    ],
    ids=["missing", "folder", "empty", "binary", "truncated", "other-zip", "bad-json", "no-weights", "unknown-layer"],
)
def test_a_file_that_is_no_model_is_refused_in_one_line(foreign, tmp_path, spoil, message):
    path = tmp_path / "spoilt.keras"
    spoil(path, foreign)
    with pytest.raises(InputError, match=message) as refused:
        load_model(path)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 600


@pytest.fixture
def trap(tmp_path):
    """A `.keras` file whose Lambda layer would write a file when it is loaded and run."""
    marker, path = tmp_path / "the-code-ran", tmp_path / "trap.keras"
    inputs = keras.Input((8, 2))
    source = str(marker)
    # A lambda is stored as bytecode; of a named function only the name.
    spring = lambda x: (__import__("pathlib").Path(source).write_text("ran"), x)[1]  # noqa: E731
    model = keras.Model(inputs, layers.Lambda(spring)(inputs))
    model.save(path)
    keras.saving.load_model(path, safe_mode=False)
    assert marker.exists(), "it is no trap where nothing springs"
    marker.unlink()
    return path, marker


def test_code_in_a_file_is_refused_and_never_run(trap):
    path, marker = trap
    with pytest.raises(
        InputError, match=r"trap.keras has a Lambda layer, .* rebuild it with keras.ops or a registered"
    ):
        load_model(path)
    assert not marker.exists()


def test_layers_of_this_package_load_in_a_process_that_imported_nothing_else(tmp_path):
    from neuralspot_edge.models import TcnModel

    params = {"blocks": [{"filters": 4, "norm": "channel"}]}
    model = TcnModel.model_from_params(keras.Input((8, 2)), params, 3)
    path = save_model(model, tmp_path / "channel.keras")
    assert "ChannelNormalization" in zipfile.ZipFile(path).read("config.json").decode()
    code = (
        "import sys, json, numpy as np\n"
        "from neuralspot_edge.training import load_model\n"
        "x = np.array(json.loads(sys.argv[2]), 'float32')\n"
        "print(json.dumps(np.asarray(load_model(sys.argv[1])(x)).tolist()))"
    )
    arguments = [sys.executable, "-c", code, str(path), json.dumps(X.tolist())]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    np.testing.assert_allclose(json.loads(done.stdout.splitlines()[-1]), model(X), rtol=1e-5, atol=1e-6)
