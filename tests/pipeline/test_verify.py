import dataclasses

import keras
import numpy as np
import pytest
from helpers.runs import with_one_byte_wrong, with_weights_turned_around
from helpers.tcn import randomize
from keras import layers

from neuralspot_edge.datasets import Preprocessing
from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import ModelCard, annotate, load_graph, parse, serialize
from neuralspot_edge.interpreters import LiteRtInterpreter, TflmInterpreter
from neuralspot_edge.pipeline import agreement, export, verify

RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((40, 16, 2)).astype(np.float32)


@pytest.fixture(scope="module")
def model() -> keras.Model:
    inputs = keras.Input((16, 2))
    x = layers.Conv1D(6, 3, padding="same", activation="relu")(inputs)
    top = layers.Dense(3)
    model = randomize(keras.Model(inputs, top(layers.GlobalAveragePooling1D()(x)), name="judged"))
    top.bias.assign_sub(model.predict(X, verbose=0).mean(axis=0))  # so that each class is the largest for some
    return model


@pytest.fixture(scope="module")
def targets(model) -> np.ndarray:
    """What the float model gives, and noise: its own error is known and is not 0."""
    outputs = model.predict(X, verbose=0)
    return (outputs + 0.1 * outputs.std() * RANDOM.standard_normal(outputs.shape)).astype(np.float32)


@pytest.fixture(scope="module")
def exported(model, tmp_path_factory):
    """The content of the exported file, by quantization and the type of inputs and outputs."""
    made = {}

    def content(quantization="int8", io=None, **options):
        key = (quantization, io)
        if key not in made or options:
            folder = tmp_path_factory.mktemp("exported")
            path = export(model, folder, quantization, X, io=io, **options).path
            made[key] = path.read_bytes()
        return made[key]

    return content


def _lsb(result):
    return result.checks[0]


def _drop(result):
    return result.checks[1]


@pytest.mark.parametrize(
    ("kind", "unit"),
    [
        (("int8", None), "LSB"),
        (("int8", "float32"), "LSB"),
        (("int16x8", None), "LSB"),
        (("int16x8", "float32"), "LSB"),
        (("float32", None), ""),
    ],
)
def test_a_right_file_passes_in_every_quantization(exported, model, targets, kind, unit):
    content = exported(*kind)
    result = verify(content, X, labels=targets, model=model, task="regression", gates={"max_drop": 0.5})
    assert [check.status for check in result.checks] == ["passed", "passed"]
    assert _lsb(result).unit == unit
    assert _lsb(result).limit == (1 if unit else pytest.approx(0, abs=1e-2))
    assert (result.samples, result.output_values) == (40, 120)
    assert f"40 windows, {result.differing_values} of 120 values differ" in _lsb(result).detail
    assert (result.ok, result.exit_status) == (True, 0)


def test_figures_are_those_of_the_outputs(exported, model, targets):
    result = verify(exported(), X, labels=targets, model=model, task="regression", gates={"max_drop": 9.0})
    on_device, in_float = TflmInterpreter(exported()).predict(X), model.predict(X, verbose=0)
    assert result.metric == "mse"
    assert (result.confusion, result.float_confusion) == (None, None)
    assert result.metric_value == pytest.approx(np.mean((on_device - targets) ** 2), rel=1e-4)
    assert result.float_metric_value == pytest.approx(np.mean((in_float - targets) ** 2), rel=1e-4)
    assert _drop(result).figure == pytest.approx(result.metric_value / result.float_metric_value - 1, rel=1e-4)
    assert (_drop(result).limit, _drop(result).unit) == (9.0, "mse, relative")


def test_classes_are_the_task_of_a_file_that_does_not_say(exported, model):
    labels = model.predict(X, verbose=0).argmax(axis=-1)
    assert len(set(labels)) == 3
    result = verify(exported(), X, labels=labels, model=model)
    assert (result.metric, result.float_metric_value) == ("accuracy", 1.0)
    assert np.array_equal(result.float_confusion, np.diag(np.bincount(labels)))
    assert np.trace(result.confusion) == pytest.approx(result.metric_value * len(X))
    assert _drop(result).unit == "accuracy"
    assert _drop(result).figure == pytest.approx(1 - result.metric_value)


@pytest.mark.parametrize("spoil", [with_one_byte_wrong, with_weights_turned_around])
def test_a_file_with_wrong_weights_fails_with_the_figure(exported, model, targets, spoil):
    whole = verify(exported(), X, labels=targets, model=model, task="regression", gates={"max_drop": 0.5})
    result = verify(spoil(exported()), X, labels=targets, model=model, task="regression", gates={"max_drop": 0.5})
    assert _lsb(result).status == "passed", "both interpreters run the wrong file alike"
    assert _drop(result).status == "failed"
    assert _drop(result).figure > 0.5 > _drop(whole).figure
    assert (result.ok, result.exit_status) == (False, 1)


@pytest.mark.parametrize(
    ("quantization", "io"), [("int8", None), ("int8", "float32"), ("int16x8", None), ("float32", None)]
)
def test_a_device_that_computes_otherwise_fails_with_the_figure(exported, monkeypatch, quantization, io):
    """The device is played by TensorFlow Lite Micro on weights with one byte off."""
    content = exported(quantization, io)
    wrong = exported("float32") if quantization == "float32" else with_one_byte_wrong(content)
    if quantization == "float32":
        flat = parse(wrong)
        places = [t.index for t in load_graph(wrong).tensors if t.is_constant and t.dtype == "float32"]
        buffer = flat.buffers[flat.subgraphs[0].tensors[places[0]].buffer]
        buffer.data = (np.array(buffer.data, np.uint8).view(np.float32) * 1.5).view(np.uint8)
        wrong = serialize(flat)
    monkeypatch.setattr(agreement, "TflmInterpreter", lambda _: TflmInterpreter(wrong))
    result = verify(content, X)
    assert _lsb(result).status == "failed"
    gap = np.abs(np.float64(TflmInterpreter(wrong).predict(X)) - LiteRtInterpreter(content).predict(X)).max()
    scale = 1.0
    if quantization != "float32":
        # The float outputs of a quantized file move in steps of what is dequantized at its end.
        last = load_graph(exported(quantization)).outputs[0].quantization
        scale = last.scale[0]
    assert _lsb(result).figure == pytest.approx(gap / scale, rel=1e-3)
    assert result.differing_values > 0
    assert result.exit_status == 1
    generous = verify(content, X, gates={"max_lsb": 65535})
    assert (_lsb(generous).status == "passed") is (quantization != "float32")


def test_the_graph_that_the_device_runs_wrong_is_found():
    """A free batch leaves dilation as SPACE_TO_BATCH_ND, which TensorFlow Lite Micro runs wrong without a word."""
    import tensorflow as tf

    inputs = x = keras.Input((32, 4))
    for dilation in (1, 2, 4):
        x = layers.Conv1D(4, 3, dilation_rate=dilation, padding="same", activation="relu")(x)
    model = randomize(keras.Model(inputs, x))
    samples = RANDOM.standard_normal((16, 32, 4)).astype(np.float32)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([sample[None]] for sample in samples)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    result = verify(converter.convert(), samples)
    assert _lsb(result).status == "failed"
    assert _lsb(result).figure > 10


def test_what_was_not_given_is_not_run(exported, model, targets):
    for given, missing in (
        ({}, "no labels and model given"),
        ({"labels": targets}, "no model given"),
        ({"model": model}, "no labels given"),
    ):
        result = verify(exported(), X, task="regression", **given)
        assert [check.status for check in result.checks] == ["passed", "not run"]
        assert (_drop(result).detail, _drop(result).figure) == (missing, None)
        assert (result.metric_value is not None) == ("labels" in given)
        assert result.metric == ("mse" if "labels" in given else "")
        assert result.float_metric_value is None
        assert result.ok


def test_without_tflite_micro_nothing_is_proven(exported, model, targets, monkeypatch):
    monkeypatch.setattr(agreement, "available", lambda: ("LiteRtInterpreter",))
    result = verify(exported(), X, labels=targets, model=model, task="regression", gates={"max_drop": 0.5})
    assert [check.status for check in result.checks] == ["not proven", "passed"]
    assert _lsb(result).detail == "tflite-micro can be installed on linux x86-64 only"
    assert (result.differing_values, _lsb(result).figure) == (None, None)
    assert (result.ok, result.exit_status) == (False, 1)


def test_a_float16_file_is_not_proven(exported):
    result = verify(exported("float16"), X)
    assert _lsb(result).status == "not proven"
    assert "float16 file is for LiteRT" in _lsb(result).detail
    assert not result.ok


def test_the_preprocessing_that_the_file_names_is_applied(exported, model):
    raw = X * [3.0, 0.5] + [100.0, -7.0]
    card = ModelCard("judged", "classification", Preprocessing("standardize", (100.0, -7.0), (3.0, 0.5)))
    labels = model.predict(X, verbose=0).argmax(axis=-1)
    told = verify(annotate(exported(), metadata=card.to_metadata()), raw, labels=labels, model=model)
    plain = verify(exported(), X, labels=labels, model=model)
    assert told.metric_value == plain.metric_value
    assert told.float_metric_value == 1.0
    assert verify(exported(), raw, labels=labels, model=model).float_metric_value < 1.0


def test_a_clean_signal_is_given_on_the_scale_of_the_raw_input(tmp_path):
    inputs = keras.Input((16, 1))
    model = keras.Model(inputs, layers.Conv1D(1, 1, kernel_initializer="ones", use_bias=False)(inputs))
    clean = RANDOM.standard_normal((20, 16, 1)).astype(np.float32) * 10 + 50
    card = ModelCard("same", "denoising", Preprocessing("standardize", (50.0,), (10.0,)))
    path = export(model, tmp_path, calibration=(clean - 50) / 10, card=card).path
    result = verify(path, clean, labels=clean, model=model)
    assert result.float_metric_value == pytest.approx(0, abs=1e-10)
    step = load_graph(path).outputs[0].quantization.scale[0]
    assert result.metric_value < step**2


def test_several_inputs_and_outputs(tmp_path):
    one, two = keras.Input((4,), name="one"), keras.Input((3,), name="two")
    x = layers.Concatenate()([one, two])
    model = randomize(keras.Model([one, two], [layers.Dense(2)(x), layers.Dense(5)(x)]))
    samples = [RANDOM.standard_normal((30, size)).astype(np.float32) for size in (4, 3)]
    path = export(model, tmp_path, calibration=samples).path
    labels = model.predict(samples, verbose=0)[0].argmax(axis=-1)
    result = verify(path, samples, labels=labels, model=model, gates={"max_drop": 0.3})
    assert result.ok
    assert (result.output_values, result.float_metric_value) == (30 * 7, 1.0)
    with pytest.raises(InputError, match=r"^samples: the model needs 2 array\(s\), one for each input; received 1"):
        verify(path, samples[0])
    with pytest.raises(InputError, match="differ in the number of windows"):
        verify(path, [samples[0], samples[1][:5]])


def test_gates_are_the_recipes_defaults_or_as_given(exported):
    assert (_lsb(verify(exported(), X)).limit, _drop(verify(exported(), X)).limit) == (1, 0.02)
    assert _lsb(verify(exported(), X, gates={"max_lsb": 7})).limit == 7
    for gates, message in (
        ({"max_lbs": 1}, "^gates: unknown key 'max_lbs': did you mean 'max_lsb'"),
        ({"max_drop": -1}, "^gates: max_drop: -1 is out of range"),
    ):
        with pytest.raises(InputError, match=message):
            verify(exported(), X, gates=gates)


def test_progress_counts_the_windows_on_the_device(exported):
    told = []
    verify(exported(), X, progress=lambda done, total: told.append((done, total)))
    assert told == [(index, 40) for index in range(1, 41)]


def _nan():
    samples = X.copy()
    samples[3, 2, 1] = np.nan
    return samples


def _another_model(shape, outputs):
    inputs = keras.Input(shape)
    return keras.Model(inputs, layers.Dense(outputs)(layers.Flatten()(inputs)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"samples": X[:, :5]}, r"needs shape \(N, 16, 2\), received \(40, 5, 2\)"),
        ({"samples": X[0]}, r"needs shape \(N, 16, 2\), received \(16, 2\)"),
        ({"samples": X[:0]}, "^samples: there are none; a proof needs real inputs"),
        ({"samples": _nan()}, "holds NaN, first in window 3"),
        ({"samples": list(X)}, r"^samples: the model needs 1 array\(s\), one for each input; received 40"),
        ({"labels": np.zeros(39, int)}, "^labels: 39 for 40 samples"),
        ({"labels": np.zeros((40, 1), int)}, r"^labels: shape \(40, 1\) does not suit accuracy of outputs \(40, 3\)"),
        ({"labels": np.eye(3, dtype=int)[[0] * 40]}, r"^labels: shape \(40, 3\) does not suit accuracy of outputs"),
        ({"labels": np.eye(3)[[0] * 40]}, "^labels: whole numbers from 0 to 2 are needed, received float64"),
        ({"labels": np.array(["rest"] * 40)}, "^labels: whole numbers from 0 to 2 are needed, received <U4"),
        ({"labels": np.full(40, 3)}, "^labels: 3 to 3; the model's 3 outputs stand for 0 to 2"),
        ({"labels": np.zeros((40, 2)), "task": "regression"}, r"^labels: shape \(40, 2\) does not suit mse"),
        ({"task": "clasification"}, "^unknown task 'clasification'"),
        ({"model": (8, 3), "labels": np.zeros(40, int)}, "^model: it does not take the samples: "),
        ({"model": (16, 2, 5), "labels": np.zeros(40, int)}, r"^model: its output is \(5,\) a sample, the file's \(3,"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(exported, arguments, message):
    if "model" in arguments:
        *shape, outputs = arguments["model"]
        arguments = {**arguments, "model": _another_model(shape, outputs)}
    with pytest.raises(InputError, match=message) as refused:
        verify(exported(), **{"samples": X, **arguments})
    assert "\n" not in str(refused.value)


def test_labels_may_be_a_list(exported):
    assert verify(exported(), X, labels=[0] * 40).metric_value is not None


@pytest.mark.parametrize("spoil", [lambda content: content[: len(content) // 2], lambda _: b"", lambda _: b"PK" * 999])
def test_a_file_that_is_no_tflite_is_refused(exported, tmp_path, spoil):
    path = tmp_path / "model.tflite"
    path.write_bytes(spoil(exported()))
    with pytest.raises(InputError):
        verify(path, X)
    with pytest.raises(InputError, match=r"missing.tflite"):
        verify(tmp_path / "missing.tflite", X)


def test_a_gate_that_meets_nan_fails(exported, monkeypatch):
    content = exported("float32")

    def predict(interpreter, x, **_):
        outputs = LiteRtInterpreter(content).predict(x)
        outputs[0, 0] = np.nan
        return outputs

    monkeypatch.setattr(TflmInterpreter, "predict", predict)
    result = verify(content, X)
    assert _lsb(result).status == "failed"
    assert np.isnan(_lsb(result).figure)
    assert dataclasses.replace(result, checks=()).ok
