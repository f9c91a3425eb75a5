"""A hard sigmoid without its MUL computes what it did with it, and whatever is not one stays as it is."""

from __future__ import annotations

import copy
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from helpers import tcn
from helpers.tflite import convert_with, kinds
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralspot_edge.conversion.gates import fold_gates
from neuralspot_edge.graph import load_graph, parse, serialize
from neuralspot_edge.interpreters import LiteRtInterpreter, TflmInterpreter

pytestmark = pytest.mark.filterwarnings("ignore::neuralspot_edge.models.params.ParamsWarning")

INTERPRETERS = (TflmInterpreter, LiteRtInterpreter)
KINDS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
X, WEIGHTS, BIAS, RELU6, SIXTH, GATE = range(6)
STEPS = 256
CHANNELS = 3


def tensor(
    shape: tuple[int, ...], scale: Any, zero_point: int = 0, *, buffer: int = 0, dtype: str = "INT8", axis: int = 0
) -> Any:
    scale = np.atleast_1d(np.asarray(scale, np.float32))
    quantization = schema.QuantizationParametersT(
        scale=scale, zeroPoint=np.full(len(scale), zero_point, np.int64), quantizedDimension=axis
    )
    return schema.TensorT(
        shape=np.array(shape, np.int32),
        type=getattr(schema.TensorType, dtype),
        buffer=buffer,
        quantization=quantization,
    )


def operator(code: int, inputs: tuple[int, ...], output: int, options: Any, fused: str = "NONE") -> Any:
    options.fusedActivationFunction = getattr(schema.ActivationFunctionType, fused)
    return schema.OperatorT(
        opcodeIndex=code,
        inputs=np.array(inputs, np.int32),
        outputs=np.array([output], np.int32),
        builtinOptionsType=getattr(schema.BuiltinOptions, type(options).__name__[:-1]),
        builtinOptions=options,
    )


def layer(kind: str, channels: int) -> tuple[tuple[int, ...], tuple[int, ...], int, Any]:
    """Shapes of the input and the weights, the axis of the channels, and the options."""
    stride = {"strideW": 1, "strideH": 1, "dilationWFactor": 1, "dilationHFactor": 1}
    if kind == "CONV_2D":
        return (1, 1, STEPS, channels), (channels, 1, 1, channels), 0, schema.Conv2DOptionsT(**stride)
    if kind == "DEPTHWISE_CONV_2D":
        options = schema.DepthwiseConv2DOptionsT(**stride, depthMultiplier=1)
        return (1, 1, STEPS, channels), (1, 1, 1, channels), 3, options
    return (STEPS, channels), (channels, channels), 0, schema.FullyConnectedOptionsT()


def hard_sigmoid(kind: str = "CONV_2D", *, top: float = 6.0, gain: float = 1.0, seed: int = 0) -> Any:
    """A file of one layer with RELU6 and the MUL: `top` is what calibration saw, `gain` how far it goes past that."""
    rng = np.random.default_rng(seed)
    shape, kernel, axis, options = layer(kind, CHANNELS)
    weights = rng.integers(-127, 128, kernel).astype(np.int8)
    count = 1 if kind == "FULLY_CONNECTED" else CHANNELS
    scale = (gain * top / 127 / CHANNELS * rng.uniform(0.5, 1, count)).astype(np.float32)
    bias = np.round(top / 2 / (scale / 128) * np.ones(CHANNELS)).astype(np.int32)
    sixth = np.float32(1 / 6 / 255)
    relu6 = np.float32(top / 255)
    tensors = [
        tensor(shape, 1 / 128),
        tensor(kernel, scale, buffer=1, axis=axis),
        tensor((CHANNELS,), scale / np.float32(128), buffer=2, dtype="INT32"),
        tensor(shape, relu6, -128),
        tensor((), sixth, -128, buffer=3),
        tensor(shape, np.float32(relu6 * sixth * 255), -128),
    ]
    codes = (kind, "MUL")
    operators = [
        operator(0, (X, WEIGHTS, BIAS), RELU6, options, "RELU6"),
        operator(1, (RELU6, SIXTH), GATE, schema.MulOptionsT()),
    ]
    ends = {"inputs": np.array([X], np.int32), "outputs": np.array([GATE], np.int32)}
    signature = schema.SignatureDefT(
        inputs=[schema.TensorMapT(b"x", X)], outputs=[schema.TensorMapT(b"gate", GATE)], signatureKey=b"serving_default"
    )
    contents = [None, weights, bias, np.array([127], np.int8)]
    return parse(
        serialize(
            schema.ModelT(
                version=3,
                operatorCodes=[code(name) for name in codes],
                subgraphs=[schema.SubGraphT(tensors=tensors, operators=operators, **ends)],
                buffers=[schema.BufferT(None if c is None else np.frombuffer(c.tobytes(), np.uint8)) for c in contents],
                signatureDefs=[signature],
            )
        )
    )


def code(name: str) -> Any:
    number = getattr(schema.BuiltinOperator, name)
    return schema.OperatorCodeT(deprecatedBuiltinCode=number, builtinCode=number, version=3 if name != "MUL" else 2)


def folded(content: bytes) -> bytes:
    model = parse(content)
    fold_gates(model)
    return serialize(model)


def every_integer(seed: int = 0) -> np.ndarray:
    """All of int8 in each channel, in an order of its own."""
    columns = np.tile(np.arange(-128, 128, dtype=np.int8), (CHANNELS, 1))
    return np.random.default_rng(seed).permuted(columns, axis=1).T


def invoke(interpreter: Any, content: bytes, x: np.ndarray) -> np.ndarray:
    runner = interpreter(content)
    return runner.invoke(x.reshape(runner.inputs[0].shape))[0].astype(int)


@settings(max_examples=25, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    top=st.floats(0.5, 6.0, width=32),
    gain=st.sampled_from([0.2, 1.0, 5.0]),
    seed=st.integers(0, 1000),
)
def test_the_gate_keeps_its_integers(kind, top, gain, seed):
    before = serialize(hard_sigmoid(kind, top=top, gain=gain, seed=seed))
    after = folded(before)
    assert kinds(after) == [kind]
    x = every_integer(seed)
    for interpreter in INTERPRETERS:
        expected, received = (invoke(interpreter, content, x) for content in (before, after))
        # One sum in some hundred thousands is where the rounding of a scale to float32 tells.
        assert np.abs(expected - received).max() <= 1
        assert np.count_nonzero(expected - received) <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_both_ends_of_the_hard_sigmoid_are_kept(kind):
    after = folded(serialize(hard_sigmoid(kind, gain=5)))
    for interpreter in INTERPRETERS:
        result = invoke(interpreter, after, every_integer())
        assert (result.min(), result.max()) == (-128, 127)


def test_what_only_the_mul_used_is_gone_and_the_rest_is_named_rightly():
    model = hard_sigmoid()
    x = model.subgraphs[0].tensors.pop(X)
    main = model.subgraphs[0]
    main.tensors.append(x)  # Behind the tensors that go: its index moves.
    for owner, name in [
        (main, "inputs"),
        (main, "outputs"),
        *((o, n) for o in main.operators for n in ("inputs", "outputs")),
    ]:
        setattr(owner, name, (getattr(owner, name) - 1) % 6)
    for entry in (*model.signatureDefs[0].inputs, *model.signatureDefs[0].outputs):
        entry.tensorIndex = (entry.tensorIndex - 1) % 6
    before = serialize(model)
    after = folded(before)
    graph, result = load_graph(after), parse(after)
    assert len(graph.tensors) == 4
    assert graph.input_names + graph.output_names == ("x", "gate")
    assert result.buffers[3].data is None
    assert len(after) < len(before) - 100
    x = every_integer()
    np.testing.assert_array_equal(invoke(TflmInterpreter, before, x), invoke(TflmInterpreter, after, x))


def test_a_constant_that_others_read_stays():
    model = hard_sigmoid()
    main = model.subgraphs[0]
    main.outputs = np.array([GATE, SIXTH], np.int32)
    fold_gates(model)
    assert (len(main.operators), len(main.tensors)) == (1, 5)
    assert bytes(model.buffers[3].data) == b"\x7f"


def test_a_quantization_that_another_tensor_shares_is_not_changed():
    model = hard_sigmoid()
    main = model.subgraphs[0]
    other = copy.copy(main.tensors[WEIGHTS])
    main.tensors.append(other)
    scale = other.quantization.scale.copy()
    fold_gates(model)
    np.testing.assert_array_equal(other.quantization.scale, scale)
    np.testing.assert_allclose(main.tensors[WEIGHTS].quantization.scale, scale / 6, rtol=1e-6)


def test_a_convolution_without_bias_is_folded():
    model = hard_sigmoid()
    model.subgraphs[0].operators[0].inputs = np.array([X, WEIGHTS, -1], np.int32)
    fold_gates(model)
    assert len(model.subgraphs[0].operators) == 1


Change = Callable[[Any], object]


def on_tensor(index: int, **values: Any) -> Change:
    return lambda model: vars(model.subgraphs[0].tensors[index]).update(values)


def on_quantization(index: int, **values: Any) -> Change:
    return lambda model: vars(model.subgraphs[0].tensors[index].quantization).update(values)


def scaled(index: int, factor: float) -> Change:
    scale = hard_sigmoid().subgraphs[0].tensors[index].quantization.scale
    return on_quantization(index, scale=scale * np.float32(factor))


def fused(index: int, name: str) -> Change:
    value = getattr(schema.ActivationFunctionType, name)
    return lambda model: vars(model.subgraphs[0].operators[index].builtinOptions).update(fusedActivationFunction=value)


def read_again(index: int) -> Change:
    """Another MUL reads the tensor."""

    def change(model: Any) -> None:
        main = model.subgraphs[0]
        main.tensors.append(tensor((1, 1, STEPS, CHANNELS), 1.0))
        main.operators.append(operator(1, (X, index), len(main.tensors) - 1, schema.MulOptionsT()))

    return change


def too_wide(model: Any) -> None:
    for index in (RELU6, GATE):
        scaled(index, 1.01)(model)


def constant_in_front(model: Any) -> None:
    model.subgraphs[0].operators[1].inputs = np.array([SIXTH, RELU6], np.int32)


ONE_OFF = np.array([-127], np.int64)
REFUSED: dict[str, Change] = {
    "the RELU6 is int16": on_tensor(RELU6, type=schema.TensorType.INT16),
    "the constant is uint8": on_tensor(SIXTH, type=schema.TensorType.UINT8),
    "the result is int16": on_tensor(GATE, type=schema.TensorType.INT16),
    "the zero point of the RELU6": on_quantization(RELU6, zeroPoint=ONE_OFF),
    "the zero point of the constant": on_quantization(SIXTH, zeroPoint=ONE_OFF),
    "the zero point of the result": on_quantization(GATE, zeroPoint=ONE_OFF),
    "the scale of the constant": scaled(SIXTH, 0.99999),
    "the scale of the result": scaled(GATE, 1.00001),
    "the RELU6 ends below the last integer": too_wide,
    "the convolution's activation": fused(0, "RELU"),
    "the MUL's activation": fused(1, "RELU"),
    "the MUL is an ADD": lambda model: model.operatorCodes.__setitem__(1, code("ADD")),
    "the convolution is a MUL": lambda model: model.operatorCodes.__setitem__(0, code("MUL")),
    "the MUL reads the constant first": constant_in_front,
    "another operator reads the RELU6": read_again(RELU6),
    "another operator reads the weights": read_again(WEIGHTS),
    "another operator reads the bias": read_again(BIAS),
    "the RELU6 is an output": lambda model: vars(model.subgraphs[0]).update(outputs=np.array([GATE, RELU6], np.int32)),
    "a signature names the RELU6": lambda model: model.signatureDefs[0].outputs.append(schema.TensorMapT(b"y", RELU6)),
    "the constant is computed": on_tensor(SIXTH, buffer=0),
    "the weights are computed": on_tensor(WEIGHTS, buffer=0),
    "the constant is a vector": lambda model: vars(model.buffers[3]).update(data=np.full(3, 127, np.uint8)),
    "the MUL changes the shape": on_tensor(GATE, shape=np.array([1, 1, 1, STEPS, CHANNELS], np.int32)),
}


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED.keys())
def test_anything_else_stays_as_it_is(change):
    model = hard_sigmoid()
    change(model)
    before = serialize(model)
    fold_gates(model)
    assert serialize(model) == before


SHAPE = (32, 4)


def squeezed(block_type: str, context: str) -> Any:
    blocks = [
        {"filters": 8, "dilation": d, "se_ratio": 2, "se_window": 5 if context == "causal" else None} for d in (1, 2)
    ]
    params = {"block_type": block_type, "padding": "causal", "se_context": context, "blocks": blocks}
    return tcn.randomize(tcn.build(params, SHAPE))


def sixths(content: bytes) -> int:
    """The MULs whose result has a sixth of their input's scale.

    Where gate and gated have one shape, the converter may record for the gate the range of their product: a hard
    sigmoid up to 1.2. Then the MUL does more than to return its integers.
    """
    products = [operator for operator in load_graph(content).operators if operator.kind == "MUL"]
    scales = [(o.inputs[0].quantization.scale[0], o.outputs[0].quantization.scale[0]) for o in products]
    return sum(abs(before / after - 6) < 1e-5 for before, after in scales)


@pytest.fixture
def unfolded(monkeypatch):
    monkeypatch.setattr(import_module("neuralspot_edge.conversion.convert"), "fold_gates", lambda _: None)


@pytest.mark.usefixtures("unfolded")
@pytest.mark.parametrize("context", ["window", "causal", "frame"])
@pytest.mark.parametrize("block_type", tcn.BLOCK_TYPES)
def test_a_tcn_gives_the_same_values(block_type, context):
    before = convert_with(squeezed(block_type, context), tcn.windows(SHAPE, count=16))
    after = folded(before)
    identities = sixths(before)
    assert identities == 2 or context != "window"
    assert kinds(before).count("MUL") == 4
    assert kinds(after).count("MUL") == 4 - identities
    loudness = np.array([0.1, 1, 3, 30], np.float32).repeat(8)[:, None, None]
    x = loudness * tcn.windows(SHAPE, count=32, seed=5)
    for interpreter in INTERPRETERS:
        np.testing.assert_array_equal(interpreter(before).predict(x), interpreter(after).predict(x))


def test_convert_folds_int8():
    content = convert_with(squeezed("mb", "window"), tcn.windows(SHAPE))
    assert kinds(content).count("MUL") == 2
    assert folded(content) == content


@pytest.mark.usefixtures("unfolded")
def test_int16_keeps_its_mul():
    content = convert_with(squeezed("mb", "window"), tcn.windows(SHAPE), "int16x8")
    assert kinds(content).count("MUL") == 4
    assert folded(content) == content
