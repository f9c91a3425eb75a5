"""The schema's enumerations by name."""

from __future__ import annotations

import functools

from neuralspot_edge.errors import InputError

__all__ = ["enum_name"]


def enum_name(enum: str, value: int) -> str:
    """The name of a value of one of the schema's enumerations, as the schema spells it.

    Args:
        enum: `BuiltinOperator`, `TensorType`, `Padding` and so on.
        value: What the file holds.

    Raises:
        InputError: The installed schema has no such value: the file is damaged or newer.
    """
    try:
        return _names(enum)[value]
    except KeyError:
        raise InputError(f"the model holds a {enum} {value} that ai-edge-litert does not know; update it") from None


@functools.cache
def _names(enum: str) -> dict[int, str]:
    from ai_edge_litert import schema_py_generated as schema

    return {value: name for name, value in vars(getattr(schema, enum)).items() if isinstance(value, int)}
