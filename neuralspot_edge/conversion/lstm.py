"""The LSTM operator of TensorFlow Lite, put into a converted float file in place of what `recurrent.py` traced.

The operator keeps hidden and cell state in variables of its own, from call to call: a runner resets them before each
window, and need not where one window follows the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neuralspot_edge.conversion.recurrent import FUSED_NODE
from neuralspot_edge.conversion.ties import Range, quantization_of
from neuralspot_edge.errors import ConversionError
from neuralspot_edge.graph import parse, serialize

__all__ = ["SMALLEST_CELL_RANGE", "FusedLstm", "check_lstms", "find_lstms", "fuse_lstms", "two_sided"]

SMALLEST_CELL_RANGE = (-1.0, 1.0)
"""LiteRT's tanh takes 16 bits of at least that range; of a smaller one it makes garbage without a word."""

_X, _WEIGHTS, _BIAS, _HIDDEN = 1, 4, 8, 6
"""Places of the node's input, its two weights and, among its outputs, of its result."""

_KERNELS, _BIASES, _HIDDEN_STATE, _CELL_STATE, _INPUT_COUNT = slice(1, 9), slice(12, 16), 18, 19, 24
"""Places among the operator's inputs."""

_LEAST_SIDE = 0.1
_GATES = ("input", "forget", "cell", "output")
_INTERMEDIATES = 5
_ABSENT = -1


@dataclass(frozen=True)
class FusedLstm:
    """The tensors of one LSTM operator, by index.

    Attributes:
        x: Its input, (steps, 1, channels).
        kernels: Of the four gates (units, channels), then (units, units).
        biases: Of the four gates, (units,).
        hidden: What has the range of its result: result, hidden state and intermediates.
        cell: The cell state.
    """

    x: int
    kernels: tuple[int, ...]
    biases: tuple[int, ...]
    hidden: tuple[int, ...]
    cell: int

    def cell_states(self, runner: Any) -> np.ndarray:
        """The cell state at each step, (steps, units): the operator itself keeps the last alone.

        Args:
            runner: A LiteRT interpreter that has run the float model, all of its tensors preserved.
        """
        kernels = np.stack([runner.get_tensor(index) for index in self.kernels[:4]])
        recurrent = np.stack([runner.get_tensor(index) for index in self.kernels[4:]])
        biases = np.stack([runner.get_tensor(index) for index in self.biases])
        given = np.einsum("gux,tx->tgu", kernels, runner.get_tensor(self.x)[:, 0]) + biases
        hidden = cell = np.zeros(kernels.shape[1], np.float32)
        states = []
        for step in given:
            write, keep, candidate, show = step + recurrent @ hidden
            cell = _sigmoid(keep) * cell + _sigmoid(write) * np.tanh(candidate)
            hidden = _sigmoid(show) * np.tanh(cell)
            states.append(cell)
        return np.stack(states)


def find_lstms(model: Any) -> list[FusedLstm]:
    """The LSTM operators of a `ModelT`'s main subgraph."""
    from ai_edge_litert.schema_py_generated import BuiltinOperator

    found = []
    for operator in model.subgraphs[0].operators:
        code = model.operatorCodes[operator.opcodeIndex]
        if code.builtinCode == BuiltinOperator.UNIDIRECTIONAL_SEQUENCE_LSTM:
            places = [int(index) for index in operator.inputs]
            hidden = (*operator.outputs, places[_HIDDEN_STATE], *operator.intermediates)
            found.append(
                FusedLstm(
                    x=places[0],
                    kernels=tuple(places[_KERNELS]),
                    biases=tuple(places[_BIASES]),
                    hidden=tuple(int(index) for index in hidden),
                    cell=places[_CELL_STATE],
                )
            )
    return found


def two_sided(measured: Range) -> Range:
    """The range of a hidden state with some room on either side of 0.

    LiteRT's LSTM is wrong by up to 108 steps where the zero point is the end of int8, as of a state that is never above
    0; TensorFlow Lite Micro is right there too.
    """
    room = _LEAST_SIDE * max(-measured[0], measured[1])
    return min(measured[0], -room), max(measured[1], room)


def check_lstms(model: Any) -> None:
    """Refuses a file in which an LSTM reads its hidden state by another scale than it writes it.

    Args:
        model: A converted `ModelT`.

    Raises:
        ConversionError: There is such an LSTM.
    """
    tensors = model.subgraphs[0].tensors
    for lstm in find_lstms(model):
        result, state = (tensors[index] for index in lstm.hidden[:2])
        if quantization_of(result) != quantization_of(state):
            raise ConversionError(
                f"the LSTM {result.name.decode()!r} shares its result with an operator of another scale; put a Dense "
                "layer between them, or export float32"
            )


def fuse_lstms(tflite: bytes) -> bytes:
    """A float file with the LSTM operator in place of each custom one that stands for it."""
    from ai_edge_litert.schema_py_generated import BuiltinOperator

    model = parse(tflite)
    codes = [index for index, code in enumerate(model.operatorCodes) if code.customCode == FUSED_NODE.encode()]
    for operator in model.subgraphs[0].operators:
        if operator.opcodeIndex in codes:
            _fuse(model, operator)
    for index in codes:
        code = model.operatorCodes[index]
        code.customCode, code.version = None, 1
        code.builtinCode = code.deprecatedBuiltinCode = BuiltinOperator.UNIDIRECTIONAL_SEQUENCE_LSTM
    return serialize(model)


def _fuse(model: Any, operator: Any) -> None:
    from ai_edge_litert import schema_py_generated as schema

    weights, bias = (_values(model, operator.inputs[place]) for place in (_WEIGHTS, _BIAS))
    result = int(operator.outputs[_HIDDEN])
    name = model.subgraphs[0].tensors[result].name.decode()
    units = len(bias) // len(_GATES)
    kernels, biases = [np.hsplit(part, len(_GATES)) for part in (weights, bias)]
    given, kept = ([part[rows].T for part in kernels] for rows in (slice(-units), slice(-units, None)))

    def add(suffix: str, values: np.ndarray | None = None, shape: tuple[int, ...] = ()) -> int:
        return _add_tensor(model, f"{name}/{suffix}", shape, values)

    def add_gates(role: str, parts: list[np.ndarray]) -> list[int]:
        return [add(f"{gate}/{role}", part) for gate, part in zip(_GATES, parts, strict=True)]

    inputs = [_ABSENT] * _INPUT_COUNT
    inputs[0] = int(operator.inputs[_X])
    inputs[_KERNELS] = add_gates("kernel", given) + add_gates("recurrent_kernel", kept)
    inputs[_BIASES] = add_gates("bias", biases)
    inputs[_HIDDEN_STATE], inputs[_CELL_STATE] = (add(suffix, shape=(1, units)) for suffix in ("hidden", "state"))
    operator.inputs, operator.outputs = np.array(inputs, np.int32), np.array([result], np.int32)
    operator.intermediates = np.array([add(f"part{index}", shape=(0,)) for index in range(_INTERMEDIATES)], np.int32)
    options = schema.UnidirectionalSequenceLSTMOptionsT()
    options.fusedActivationFunction, options.timeMajor = schema.ActivationFunctionType.TANH, True
    operator.builtinOptions = options
    operator.builtinOptionsType = schema.BuiltinOptions.UnidirectionalSequenceLSTMOptions
    operator.customOptions = None


def _values(model: Any, index: int) -> np.ndarray:
    tensor = model.subgraphs[0].tensors[index]
    return np.frombuffer(bytes(model.buffers[tensor.buffer].data), np.float32).reshape(tensor.shape)


def _add_tensor(model: Any, name: str, shape: tuple[int, ...], values: np.ndarray | None) -> int:
    """A float constant, or a variable or intermediate of that shape."""
    from ai_edge_litert import schema_py_generated as schema

    tensor, buffer = schema.TensorT(), schema.BufferT()
    tensor.name, tensor.type, tensor.hasRank = name.encode(), schema.TensorType.FLOAT32, True
    tensor.shape = np.array(shape if values is None else values.shape, np.int32)
    tensor.isVariable = len(shape) == 2
    if values is not None:
        buffer.data = np.frombuffer(values.astype(np.float32).tobytes(), np.uint8)
    tensor.buffer = len(model.buffers)
    model.buffers.append(buffer)
    model.subgraphs[0].tensors.append(tensor)
    return len(model.subgraphs[0].tensors) - 1


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-x)))
