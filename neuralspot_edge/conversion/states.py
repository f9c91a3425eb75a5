"""A state that goes in and out of a graph: what comes out of one call goes into the next as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from neuralspot_edge.conversion.ties import quantization_of
from neuralspot_edge.errors import ConversionError
from neuralspot_edge.graph.states import state_pairs

__all__ = ["check_states"]


def check_states(model: Any, input_names: Sequence[str], output_names: Sequence[str]) -> None:
    """Refuses a file in which a state would have to be quantized anew at each step.

    Args:
        model: A converted `ModelT`.
        input_names: The Keras model's own names of its inputs.
        output_names: The same of its outputs; see `neuralspot_edge.graph.states`.

    Raises:
        ConversionError: Shape, type or quantization of a state's input and output differ.
    """
    main = model.subgraphs[0]
    for place_in, place_out in state_pairs(input_names, output_names):
        ends = [main.tensors[main.inputs[place_in]], main.tensors[main.outputs[place_out]]]
        given, kept = ((tuple(end.shape), end.type, quantization_of(end)) for end in ends)
        if given != kept:
            raise ConversionError(
                f"the state {input_names[place_in]!r} does not come out as it goes in (shape, type, scale and zero "
                f"point are {given}, then {kept}); export it in int8 or float32"
            )
