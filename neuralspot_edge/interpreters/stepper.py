"""A step graph and its states: raw values in, raw values out, call after call."""

from __future__ import annotations

import numpy as np

from neuralspot_edge.graph.streams import StreamInfo
from neuralspot_edge.interpreters.base import Array, Interpreter
from neuralspot_edge.interpreters.tensors import TensorSpec

__all__ = ["Stepper"]


class Stepper:
    """Carries the states of a step graph from one call to the next.

    Args:
        interpreter: What runs the graph; nothing else may run it meanwhile.
        info: How the graph is played.

    Attributes:
        info: How the graph is played.
        input: The signal.
        outputs: What a call gives, in order; the states are not among it.
    """

    def __init__(self, interpreter: Interpreter, info: StreamInfo) -> None:
        self.info = info
        self.input: TensorSpec = interpreter.inputs[info.input]
        self.outputs: tuple[TensorSpec, ...] = tuple(interpreter.outputs[output.index] for output in info.outputs)
        self._interpreter = interpreter
        self._zeros = tuple(np.full(spec.shape, spec.zero, spec.dtype) for spec in interpreter.inputs)
        self._values = list(self._zeros)

    def step(self, raw: Array) -> list[Array]:
        """Makes one call.

        Args:
            raw: The values of the signal in the input's type and order; the shape is made to fit.

        Returns:
            One array for each output, of its shape and type.

        Raises:
            InputError: The model failed; the states are as they were.
        """
        self._values[self.info.input] = np.ascontiguousarray(raw).reshape(self.input.shape)
        outputs = self._interpreter.invoke(*self._values)
        for state in self.info.states:
            self._values[state.input] = outputs[state.output]
        return [outputs[output.index] for output in self.info.outputs]

    def reset(self) -> None:
        """Begins anew: the states are zeros again."""
        self._interpreter.reset()
        self._values = list(self._zeros)
