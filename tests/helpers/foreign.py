"""`.tflite` files as others make them: by TensorFlow's own converter from all that it takes, one of each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers


def _classifier() -> keras.Model:
    inputs = keras.Input((20, 3))
    x = layers.Conv1D(6, 3, dilation_rate=2, padding="causal", activation="relu")(inputs)
    x = layers.SeparableConv1D(8, 3, padding="same")(layers.BatchNormalization()(x))
    x = layers.GlobalAveragePooling1D()(layers.MaxPooling1D()(x))
    return keras.Model(inputs, layers.Dense(4, activation="softmax")(x))


def _keras(model: keras.Model | None = None, **settings: Any) -> bytes:
    """With a free batch, as `from_keras_model` leaves it."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model or _classifier())
    return _convert(converter, **settings)


def _functions(*functions: Callable[..., Any], module: tf.Module | None = None, **settings: Any) -> bytes:
    concrete = [function.get_concrete_function() for function in functions]
    return _convert(tf.lite.TFLiteConverter.from_concrete_functions(concrete, module), **settings)


def _convert(converter: Any, **settings: Any) -> bytes:
    for name, value in settings.items():
        target = converter.target_spec if name in ("supported_types", "supported_ops") else converter
        setattr(target, name, value)
    return bytes(converter.convert())


def _int8() -> bytes:
    rng = np.random.default_rng(0)
    samples = [[rng.normal(size=(1, 20, 3)).astype(np.float32)] for _ in range(8)]
    return _keras(
        optimizations=[tf.lite.Optimize.DEFAULT],
        representative_dataset=lambda: iter(samples),
        supported_ops=[tf.lite.OpsSet.TFLITE_BUILTINS_INT8],
        inference_input_type=tf.int8,
        inference_output_type=tf.int8,
    )


def _float16() -> bytes:
    return _keras(optimizations=[tf.lite.Optimize.DEFAULT], supported_types=[tf.float16])


def _open_time() -> bytes:
    inputs = keras.Input((None, 3))
    return _keras(keras.Model(inputs, layers.Conv1D(4, 3, padding="same")(inputs)))


def _image() -> bytes:
    inputs = keras.Input((16, 16, 1))
    x = layers.Conv2DTranspose(4, 3, strides=2, padding="same")(inputs)
    x = layers.UpSampling2D(2)(layers.DepthwiseConv2D(3)(x))
    return _keras(keras.Model(inputs, layers.Conv2D(1, 3, activation="gelu")(x)))


def _embedding() -> bytes:
    inputs = keras.Input((12,), dtype="int32")
    x = layers.Embedding(30, 8)(inputs)
    x = layers.LayerNormalization()(layers.MultiHeadAttention(2, 4)(x, x))
    return _keras(keras.Model(inputs, layers.Dense(3)(x)))


def _recurrent() -> bytes:
    inputs = keras.Input((6, 3))
    x = layers.GRU(4, unroll=True)(inputs)
    return _keras(keras.Model(inputs, x))


@tf.function(input_signature=[tf.TensorSpec((1, 4)), tf.TensorSpec((), tf.bool)])
def _either(x: Any, flag: Any) -> Any:
    return tf.cond(flag, lambda: tf.tanh(x) * 2.0, lambda: x - 1.0)


@tf.function(input_signature=[tf.TensorSpec((1, 4))])
def _loop(x: Any) -> Any:
    return tf.while_loop(lambda i, _: i < 5, lambda i, y: (i + 1, tf.sin(y) + x), (tf.constant(0), x))[1]


@tf.function(input_signature=[tf.TensorSpec((2, 3), tf.complex64)])
def _complex(x: Any) -> Any:
    return tf.math.real(x) + tf.math.imag(x)


@tf.function(input_signature=[tf.TensorSpec((4, 4))])
def _determinant(x: Any) -> Any:
    return tf.linalg.det(x) + 1.0


@tf.function(input_signature=[tf.TensorSpec((1, 4))])
def _fancy(x: Any) -> Any:
    return tf.math.erfc(tf.math.lgamma(x))


class _Counter(tf.Module):
    """A model that remembers, with two ways in."""

    def __init__(self) -> None:
        super().__init__()
        self.total = tf.Variable(tf.zeros((1, 4)))

    @tf.function(input_signature=[tf.TensorSpec((1, 4))])
    def add(self, x: Any) -> Any:
        return self.total.assign_add(x)

    @tf.function(input_signature=[tf.TensorSpec((1, 4))])
    def mean(self, x: Any) -> Any:
        return tf.reduce_mean(self.total * x)


def _signatures(tmp: str) -> bytes:
    module = _Counter()
    tf.saved_model.save(module, tmp, signatures={"add": module.add, "mean": module.mean})
    converter = tf.lite.TFLiteConverter.from_saved_model(tmp, signature_keys=["add", "mean"])
    return _convert(converter, experimental_enable_resource_variables=True)


def foreign_files(folder: str) -> Iterator[tuple[str, bytes]]:
    """Names and contents; `folder` is an empty one to work in."""
    yield "keras-float", _keras()
    yield "keras-int8", _int8()
    yield "keras-dynamic-range", _keras(optimizations=[tf.lite.Optimize.DEFAULT])
    yield "float16-weights", _float16()
    yield "open-time-axis", _open_time()
    yield "image", _image()
    yield "attention", _embedding()
    yield "recurrent", _recurrent()
    yield "if", _functions(_either)
    yield "while", _functions(_loop)
    yield "complex", _functions(_complex)
    yield "custom", _functions(_fancy, allow_custom_ops=True)
    yield "flex", _functions(_determinant, supported_ops=[tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS])
    yield "signatures-and-variables", _signatures(folder)
