"""Small `.tflite` files for the tests of `graph` and `interpreters`: converted from Keras, or packed by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

BATCH = 1
CALIBRATION_SAMPLES = 8


def convert(model: Any, mode: str) -> bytes:
    """A Keras model as `.tflite`: `float32`, `int8` or `int16x8`, its batch fixed to 1."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    shapes = [(BATCH, *tensor.shape[1:]) for tensor in model.inputs]
    specs = [tf.TensorSpec(shape, tf.float32, name=f"in{index}") for index, shape in enumerate(shapes)]
    function = tf.function(lambda *x: model(list(x) if len(x) > 1 else x[0], training=False))
    frozen = convert_variables_to_constants_v2(function.get_concrete_function(*specs))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    if mode != "float32":
        ops = tf.lite.OpsSet
        int16x8 = ops.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
        rng = np.random.default_rng(0)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: (
            [rng.normal(size=shape).astype(np.float32) for shape in shapes] for _ in range(CALIBRATION_SAMPLES)
        )
        converter.target_spec.supported_ops = [ops.TFLITE_BUILTINS_INT8 if mode == "int8" else int16x8]
        converter.inference_input_type = converter.inference_output_type = tf.int8 if mode == "int8" else tf.int16
    return bytes(converter.convert())


def convolution(mode: str) -> bytes:
    """Two convolutions, one of them dilated: input (1, 1, 16, 3), output (1, 1, 16, 2)."""
    import keras

    keras.utils.set_random_seed(0)
    x = inputs = keras.Input((1, 16, 3))
    x = keras.layers.Conv2D(4, (1, 3), padding="same", activation="relu")(x)
    outputs = keras.layers.Conv2D(2, (1, 3), dilation_rate=(1, 2), padding="same")(x)
    return convert(keras.Model(inputs, outputs), mode)


def two_ends(mode: str) -> bytes:
    """Two inputs, (1, 4) and (1, 6), and two outputs, (1, 2) and (1, 5)."""
    import keras

    keras.utils.set_random_seed(1)
    inputs = [keras.Input((4,)), keras.Input((6,))]
    x = keras.layers.Concatenate()([keras.layers.Dense(3)(x) for x in inputs])
    return convert(keras.Model(inputs, [keras.layers.Dense(2)(x), keras.layers.Dense(5)(x)]), mode)


@pytest.fixture(scope="session")
def models() -> dict[str, bytes]:
    """Converted models by name: one convolutional network in three types, and one with two inputs and two outputs."""
    return {mode: convolution(mode) for mode in ("float32", "int8", "int16x8")} | {"two_ends": two_ends("int8")}


def tensor(
    name: str, shape: tuple[int, ...], dtype: str = "FLOAT32", data: np.ndarray | None = None, **fields: Any
) -> Any:
    """A schema tensor whose constant content, if any, `pack` moves into a buffer."""
    from ai_edge_litert import schema_py_generated as schema

    packed = schema.TensorT(name=name, shape=list(shape), type=getattr(schema.TensorType, dtype), **fields)
    packed.content = data
    return packed


def quantized(scale: float, zero_point: int) -> Any:
    """Schema quantization of a whole tensor."""
    from ai_edge_litert import schema_py_generated as schema

    return schema.QuantizationParametersT(scale=[scale], zeroPoint=[zero_point])


def pack(
    kind: str,
    tensors: list[Any],
    *,
    inputs: list[int],
    outputs: list[int],
    options: Any = None,
    custom_code: str | None = None,
    more_subgraphs: int = 0,
) -> bytes:
    """A model of one operator by hand. It reads all tensors in order that are not `outputs`; None stands for no tensor.

    The graph's inputs are the tensors at `inputs`; `more_subgraphs` adds copies of the subgraph.
    """
    from ai_edge_litert import schema_py_generated as schema

    from neuralspot_edge.graph import serialize

    code = getattr(schema.BuiltinOperator, kind)
    places = iter(range(len(tensors)))
    reads = [-1 if t is None else next(places) for t in tensors]
    kept = [t for t in tensors if t is not None]
    buffers = [schema.BufferT()]
    for packed in kept:
        if packed.content is not None:
            packed.buffer = len(buffers)
            buffers.append(schema.BufferT(data=packed.content.tobytes()))
    options_name = type(options).__name__.removesuffix("T")
    operator = schema.OperatorT(
        inputs=[index for index in reads if index not in outputs],
        outputs=outputs,
        builtinOptionsType=getattr(schema.BuiltinOptions, options_name) if options else 0,
        builtinOptions=options,
    )
    subgraph = schema.SubGraphT(tensors=kept, inputs=inputs, outputs=outputs, operators=[operator], name="main")
    operator_code = schema.OperatorCodeT(min(code, 127), custom_code, 1, code)
    subgraphs = [subgraph] * (1 + more_subgraphs)
    return serialize(schema.ModelT(version=3, operatorCodes=[operator_code], subgraphs=subgraphs, buffers=buffers))


def quantize_operator(scale: float, zero_point: int, size: int) -> bytes:
    """QUANTIZE: float32 (1, size) to int8 (1, size)."""
    from ai_edge_litert import schema_py_generated as schema

    output = tensor("q", (1, size), "INT8", quantization=quantized(scale, zero_point))
    return pack(
        "QUANTIZE", [tensor("x", (1, size)), output], inputs=[0], outputs=[1], options=schema.QuantizeOptionsT()
    )


def running_sum(memory: int, *, bias: bool = True) -> bytes:
    """SVDF that gives the sum of the last `memory` inputs, float32 (1, 1) to (1, 1): its state is a variable tensor.

    The bias is optional, but TFLite Micro crashes where it is left out.
    """
    from ai_edge_litert import schema_py_generated as schema

    tensors = [
        tensor("x", (1, 1)),
        tensor("feature", (1, 1), data=np.ones((1, 1), np.float32)),
        tensor("time", (1, memory), data=np.ones((1, memory), np.float32)),
        tensor("bias", (1,), data=np.zeros(1, np.float32)) if bias else None,
        tensor("state", (1, memory), isVariable=True),
        tensor("y", (1, 1)),
    ]
    return pack("SVDF", tensors, inputs=[0], outputs=[5 if bias else 4], options=schema.SVDFOptionsT(rank=1))


def gelu() -> bytes:
    """GELU, which LiteRT runs and TFLite Micro does not, float32 (1, 4) to (1, 4)."""
    from ai_edge_litert import schema_py_generated as schema

    ends = [tensor("x", (1, 4)), tensor("y", (1, 4))]
    return pack("GELU", ends, inputs=[0], outputs=[1], options=schema.GeluOptionsT())


def custom(code: str) -> bytes:
    """A custom operator, float32 (1, 4) to (1, 4)."""
    return pack("CUSTOM", [tensor("x", (1, 4)), tensor("y", (1, 4))], inputs=[0], outputs=[1], custom_code=code)
