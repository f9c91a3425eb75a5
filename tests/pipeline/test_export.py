import contextlib
import errno
import os
import signal
import sys
import threading

import keras
import numpy as np
import pytest
from helpers import hard, small
from helpers.tcn import randomize, windows
from keras import layers

import neuralspot_edge as nse
from neuralspot_edge.conversion import shared_worker
from neuralspot_edge.errors import ConversionError, InputError
from neuralspot_edge.graph import ModelCard, load_graph
from neuralspot_edge.interpreters import LiteRtInterpreter, TflmInterpreter
from neuralspot_edge.pipeline import export
from neuralspot_edge.preprocessing import Preprocessing
from neuralspot_edge.quantization import MAX_SAMPLES, PostTraining, quantize_aware
from neuralspot_edge.recipes import StreamingSpec
from neuralspot_edge.strict import validate

# The room lends the name `pipeline.export` to the function.
MODULE = sys.modules[export.__module__]
RANDOM = np.random.default_rng(0)


def _samples(*shape, count=64):
    return RANDOM.standard_normal((count, *shape)).astype(np.float32)


def _sequential():
    stack = [keras.Input((16, 2)), layers.Conv1D(4, 3, activation="relu"), layers.Flatten(), layers.Dense(3)]
    return keras.Sequential(stack), _samples(16, 2)


def _two_inputs():
    signal_in, extra = keras.Input((16, 2), name="signal"), keras.Input((3,), name="extra")
    x = layers.GlobalAveragePooling1D()(layers.Conv1D(4, 3, padding="same")(signal_in))
    x = layers.Dense(4)(layers.Concatenate()([x, extra]))
    return keras.Model([signal_in, extra], x), [_samples(16, 2), _samples(3)]


def _two_outputs():
    inputs = keras.Input((8,))
    x = layers.Dense(6, activation="relu")(inputs)
    return keras.Model(inputs, [layers.Dense(2, name="a")(x), layers.Dense(3, name="b")(x)]), _samples(8)


def _nested():
    inner_in = keras.Input((16, 4))
    inner = keras.Model(inner_in, layers.Conv1D(4, 3, dilation_rate=2, padding="causal")(inner_in), name="inner")
    inputs = keras.Input((16, 4))
    return keras.Model(inputs, inner(layers.ReLU()(inner(inputs)))), _samples(16, 4)


def _compiled():
    model, samples = _sequential()
    model.compile("adam", "mse")
    model.fit(samples, np.zeros((len(samples), 3)), verbose=0)
    return model, samples


def _tcn():
    return nse.create_model("tcn-tiny", input__window=40), _samples(40, 6)


@pytest.mark.parametrize("make", [_sequential, _two_inputs, _two_outputs, _nested, _compiled, _tcn])
def test_any_functional_model_exports_and_runs_as_it_does_in_keras(make, tmp_path):
    model, samples = make()
    randomize(model)
    result = export(model, tmp_path, calibration=samples)
    assert [path.name for path in tmp_path.glob("*.tflite")] == ["model.tflite"]
    assert result.path == tmp_path / "model.tflite"
    assert result.size_bytes == result.path.stat().st_size
    assert sum(result.operators.values()) == len(load_graph(result.path).operators)
    assert (result.quantization, result.io, result.calibration) == ("int8", "int8", "64 samples of real data")
    outputs, expected = TflmInterpreter(result.path).predict(samples), model.predict(samples, verbose=0)
    for one, other in zip(*((it if isinstance(it, list | tuple) else [it]) for it in (outputs, expected)), strict=True):
        assert np.abs(one - other).max() < 0.08 * np.abs(other).max()


def test_whole_numbers_go_in_as_whole_numbers(tmp_path):
    inputs = keras.Input((6,), dtype="int32")
    model = randomize(keras.Model(inputs, layers.Dense(2)(layers.Rescaling(0.1)(inputs))))
    counts = RANDOM.integers(0, 10, (32, 6))
    result = export(model, tmp_path, calibration=counts)
    assert load_graph(result.path).inputs[0].dtype == "int32"
    outputs, expected = TflmInterpreter(result.path).predict(counts.astype(np.int32)), model.predict(counts, verbose=0)
    scale = load_graph(result.path).outputs[0].quantization
    assert np.abs(scale.dequantize(outputs) - expected).max() < 0.08 * np.abs(expected).max()
    assert nse.verify(result.path, counts, labels=np.zeros(32, int), model=model, gates={"max_drop": 1.0}).ok


@pytest.fixture(scope="module")
def plain() -> keras.Model:
    inputs = keras.Input((16, 2))
    x = layers.Conv1D(3, 3, padding="same")(inputs)
    return randomize(keras.Model(inputs, layers.GlobalAveragePooling1D()(x), name="plain"))


@pytest.fixture
def x() -> np.ndarray:
    return _samples(16, 2)


@pytest.mark.parametrize(
    ("asked", "types"),
    [
        ((None, None), ("int8", "int8", "64 samples of real data")),
        (("int8", "float32"), ("int8", "float32", "64 samples of real data")),
        (("int16x8", None), ("int16x8", "int16", "64 samples of real data")),
        (("float16", None), ("float16", "float32", "none needed")),
        (("float32", None), ("float32", "float32", "none needed")),
    ],
)
def test_quantizations(plain, x, tmp_path, asked, types):
    quantization, io = asked
    result = export(plain, tmp_path, quantization, x, io=io)
    assert (result.quantization, result.io, result.calibration) == types
    graph = load_graph(result.path)
    assert graph.inputs[0].dtype == graph.outputs[0].dtype == types[1]
    outputs, expected = LiteRtInterpreter(result.path).predict(x), plain.predict(x, verbose=0)
    assert np.abs(outputs - expected).max() < 0.05 * np.abs(expected).max()


def test_a_model_that_was_trained_in_int8_needs_no_samples_and_takes_some_for_its_golden_vectors(plain, x, tmp_path):
    trained = quantize_aware(plain, x)
    result = export(trained, tmp_path / "bare")
    assert (result.calibration, result.quantization) == ("none needed", "int8")
    given = export(trained, tmp_path / "given", calibration=x)
    assert given.path.read_bytes() == result.path.read_bytes()
    with np.load(tmp_path / "given" / "golden.npz") as one, np.load(tmp_path / "bare" / "golden.npz") as other:
        assert any((one[key] != other[key]).any() for key in one.files if one[key].shape == other[key].shape)
    with pytest.raises(InputError, match="tools: the model was trained in int8 and is exported as it is"):
        export(trained, tmp_path / "no", tools=PostTraining())


def test_tools_make_another_file(tmp_path):
    model, samples = hard.loud_channel(), windows(hard.SHAPE, count=64)
    bare = export(model, tmp_path / "bare", calibration=samples)
    mended = export(model, tmp_path / "mended", calibration=samples, tools=PostTraining())
    assert mended.path.read_bytes() != bare.path.read_bytes()
    assert ModelCard.read(mended.path) == ModelCard.read(bare.path)
    expected = model.predict(samples, verbose=0)
    errors = [np.abs(TflmInterpreter(each.path).predict(samples) - expected).mean() for each in (mended, bare)]
    assert errors[0] < errors[1] / 2


def test_a_model_without_data_takes_random_numbers_and_says_so(plain, tmp_path):
    result = export(plain, tmp_path, calibration="random")
    assert result.calibration == "random numbers: the ranges fit no real signal"


def test_as_many_samples_are_named_as_are_used(plain, tmp_path):
    result = export(plain, tmp_path, calibration=_samples(16, 2, count=MAX_SAMPLES + 1))
    assert result.calibration == f"{MAX_SAMPLES} samples of real data"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "^calibration: int8 needs real inputs from the training data, .* pass calibration='random'"),
        ({"calibration": "rnadom"}, "^calibration: an array or the word 'random', received 'rnadom'"),
        ({"calibration": np.zeros((4, 15, 2))}, r"^calibration: .* needs shape \(samples, 16, 2\)"),
        ({"quantization": "int4"}, "^quantization: 'int4' is not known"),
        ({"quantization": "float32", "io": "int8"}, "^io: 'int8' does not go with"),
    ],
)
def test_wrong_arguments_leave_no_file(plain, tmp_path, arguments, message):
    with pytest.raises(InputError, match=message):
        export(plain, tmp_path, **arguments)
    assert list(tmp_path.iterdir()) == []


def test_an_open_time_axis_needs_its_length(tmp_path):
    inputs = keras.Input((None, 2))
    model = keras.Model(inputs, layers.Conv1D(3, 3, padding="same")(inputs))
    with pytest.raises(InputError, match=r"^window: the input .* has shape .*; give its length in steps"):
        export(model, tmp_path, calibration=_samples(24, 2))
    result = export(model, tmp_path, calibration=_samples(24, 2), window=24)
    assert load_graph(result.path).inputs[0].shape == (1, 24, 2)


def test_a_model_that_is_not_functional_is_refused(tmp_path):
    class Custom(keras.Model):
        def call(self, inputs):
            return inputs

    with pytest.raises(InputError, match="only a functional or built Sequential Keras model exports, received Custom"):
        export(Custom(), tmp_path, calibration=_samples(4))


def test_an_activation_without_a_kernel_is_refused_by_its_layer(tmp_path, x):
    inputs = keras.Input((16, 2))
    model = keras.Model(inputs, layers.Dense(3, activation="gelu", name="the-layer")(inputs))
    with pytest.raises(ConversionError, match="layer 'the-layer', field activation: 'gelu'"):
        export(model, tmp_path, calibration=x)


def test_an_earlier_file_stays_unless_it_may_be_replaced(plain, x, tmp_path):
    (tmp_path / "model.tflite").write_bytes(b"earlier")
    with pytest.raises(InputError, match="holds an earlier run"):
        export(plain, tmp_path, calibration=x)
    with pytest.raises(InputError):
        export(plain, tmp_path, calibration=x[:, :3], overwrite=True)
    assert (tmp_path / "model.tflite").read_bytes() == b"earlier"
    export(plain, tmp_path, calibration=x, overwrite=True)
    assert load_graph(tmp_path / "model.tflite").operators


def test_a_path_below_a_file_is_refused_before_anything_is_converted(plain, tmp_path, monkeypatch):
    monkeypatch.setattr(MODULE, "convert", lambda *_, **__: pytest.fail("converted"))
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"^cannot write to the folder .*: Not a directory"):
        export(plain, tmp_path / "file" / "out", "float32")


def test_a_full_disk_leaves_the_earlier_file_and_no_other(plain, x, tmp_path, monkeypatch):
    (tmp_path / "model.tflite").write_bytes(b"earlier")

    def fill(path, content):
        with path.open("wb") as file:
            file.write(content[:100])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("pathlib.Path.write_bytes", fill)
    with pytest.raises(InputError, match=r"^cannot write .*: No space left on device; nothing there was"):
        export(plain, tmp_path, calibration=x, overwrite=True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"model.tflite": b"earlier"}


def test_ctrl_c_in_the_conversion_leaves_the_process_and_its_files_whole(plain, x, tmp_path):
    worker = shared_worker()
    (tmp_path / "model.tflite").write_bytes(b"earlier")
    os.kill(worker._process.pid, signal.SIGSTOP)  # a conversion that does not end
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            export(plain, tmp_path, calibration=x, overwrite=True)
    finally:
        timer.cancel()
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker._process.pid, signal.SIGCONT)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"model.tflite": b"earlier"}
    assert not worker.is_alive
    assert export(plain, tmp_path, calibration=x, overwrite=True).size_bytes > 1000


def test_a_file_that_the_device_refuses_is_not_written(plain, x, tmp_path, monkeypatch):
    def refuse(content):
        raise InputError("TFLite Micro refuses the model: it has no operator FOO")

    monkeypatch.setattr(MODULE, "TflmInterpreter", refuse)
    with pytest.raises(ConversionError, match=r"Micro does not take the exported model: .* no operator FOO"):
        export(plain, tmp_path, calibration=x)
    assert list(tmp_path.iterdir()) == []
    # Float16 is not for the device, and a machine without it cannot ask.
    export(plain, tmp_path, "float16")
    monkeypatch.setattr(MODULE, "available", lambda: ("LiteRtInterpreter",))
    export(plain, tmp_path, calibration=x, overwrite=True)


def test_the_card_of_a_model_has_its_name(plain, tmp_path):
    assert ModelCard.read(export(plain, tmp_path, "float32").path) == ModelCard("plain")


def test_a_card_can_be_given(plain, tmp_path):
    card = ModelCard("mine", "regression", sampling_rate=5.0)
    assert ModelCard.read(export(plain, tmp_path, "float32", card=card).path) == card


@pytest.mark.parametrize("quantization", ["int8", "float32"])
def test_a_recipe_brings_its_data_and_its_card(tmp_path, quantization):
    recipe = small.recipe(small.write_waves(tmp_path), {"export.quantization": quantization})
    result = export(recipe, tmp_path / "out")
    assert result.quantization == quantization
    card = ModelCard.read(result.path)
    assert (card.name, card.task, card.classes) == ("tcn-small", "classification", small.CLASSES)
    assert card.preprocessing.kind == "standardize"
    np.testing.assert_allclose(card.preprocessing.mean, 5, atol=0.5)


def test_a_recipe_without_data_is_exported_with_random_numbers_alone(tmp_path):
    with pytest.raises(InputError, match="pass calibration='random'"):
        export(small.content(), tmp_path)
    result = export(small.content(), tmp_path, calibration="random")
    assert ModelCard.read(result.path).classes == small.CLASSES


def test_the_type_that_a_recipe_asks_for_goes_with_its_own_quantization(tmp_path):
    recipe = small.recipe(overrides={"export.io": "float32"})
    assert export(recipe, tmp_path / "own", calibration="random").io == "float32"
    assert export(recipe, tmp_path / "other", "int16x8", calibration="random").io == "int16"


def test_an_unknown_preset_makes_no_folder(tmp_path):
    with pytest.raises(InputError, match="unknown preset"):
        export("tcn-tinny", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def causal() -> keras.Model:
    inputs = keras.Input((24, 2))
    x = layers.Conv1D(4, 3, dilation_rate=2, padding="causal", activation="relu")(inputs)
    return randomize(keras.Model(inputs, layers.Conv1D(3, 2, padding="causal")(x), name="causal"))


@pytest.mark.parametrize("spec", [{"hop": 4}, {"state": "tflm"}, {}, StreamingSpec(hop=3)], ids=str)
def test_any_causal_model_is_streamed_beside_its_window_graph(causal, tmp_path, spec):
    result = export(causal, tmp_path, calibration=_samples(24, 2), streaming=spec)
    wanted = validate(StreamingSpec, spec)
    assert (result.streaming.facts.hop, result.streaming.facts.state) == (wanted.hop, wanted.state)
    assert sorted(path.name for path in tmp_path.glob("*.tflite")) == ["model.tflite", "stream.tflite"]
    assert result.ok
    assert result.streaming.proof.signal == "64 calibration windows in a row, 1,536 steps, repeated"
    assert result.streaming.proof.comparison.steps >= 10_000
    assert (tmp_path / "golden.npz").exists()


def test_a_stream_that_nothing_was_calibrated_for_is_played_noise(causal, tmp_path):
    result = export(causal, tmp_path, quantization="float32", streaming={})
    assert result.streaming.proof.signal == "128 random windows in a row, 3,072 steps, repeated"
    assert result.ok


def test_without_streaming_there_is_one_tflite(causal, tmp_path):
    export(causal, tmp_path, calibration=_samples(24, 2), streaming={})
    result = export(causal, tmp_path, calibration=_samples(24, 2), overwrite=True)
    assert result.streaming is None
    assert [path.name for path in tmp_path.glob("*.tflite")] == ["model.tflite"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"streaming": {"hpo": 1}}, r"^streaming: unknown key 'hpo': did you mean 'hop'\?"),
        ({"streaming": {"hop": 2, "state": "tflm"}}, r"^streaming: .*state tflm takes one step a call, hop is 2"),
        ({"streaming": {"state": "tflm"}, "quantization": "int16x8"}, r"^export.streaming.state: tflm takes int8"),
        ({"streaming": {}, "quantization": "float16"}, "^export.streaming: a float16 file does not"),
    ],
)
def test_what_does_not_stream_leaves_nothing(causal, tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        export(causal, tmp_path / "out", calibration=_samples(24, 2), **options)
    assert not list(tmp_path.glob("out/*"))


def test_a_model_whose_windows_are_preprocessed_one_by_one_does_not_stream(causal, tmp_path):
    card = ModelCard("causal", preprocessing=Preprocessing("window"))
    with pytest.raises(InputError, match="preprocess: window"):
        export(causal, tmp_path, calibration=_samples(24, 2), streaming={}, card=card)
    assert not list(tmp_path.iterdir())
