"""What keras-tcn 3.5.7 calls things, in this package's names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["read_norm", "translate"]

_NORMS = {"use_batch_norm": "batch", "use_layer_norm": "layer", "use_weight_norm": "weight"}
_OF_EVERY_LAYER = {"trainable": True, "dtype": "float32"}


def translate(data: Any) -> Any:
    """A config of keras-tcn's layer as a dict for `ResidualTcnParams`; any other data is returned as it is.

    Raises:
        ValueError: One sentence: two values contradict each other, or a recipe's model cannot have it.
    """
    if not isinstance(data, Mapping):
        return data
    rest = dict(data)
    norm = read_norm({key: rest.pop(key) for key in _NORMS if key in rest})
    if norm is not None:
        _agree("norm", rest.setdefault("norm", norm), norm)
    _read_head(rest)
    if rest.pop("return_state", False) is not False:
        raise ValueError(
            "return_state: a recipe's model has one output; use nse.models.TCN(return_state=True), write false here"
        )
    for key, usual in _OF_EVERY_LAYER.items():
        value = rest.pop(key, usual)
        given = value.get("config", {}).get("name") if isinstance(value, Mapping) else value
        if given != usual:
            raise ValueError(f"{key}: {given!r} is not for a recipe's model, leave it out")
    return rest


def read_norm(flags: Mapping[str, Any]) -> str | None:
    """The norm that keras-tcn's flags ask for.

    Args:
        flags: Any of `use_batch_norm`, `use_layer_norm` and `use_weight_norm`.

    Raises:
        ValueError: More than one is asked for, or a value is no boolean.
    """
    for key, value in flags.items():
        if not isinstance(value, bool):
            raise ValueError(f"{key}: must be true or false, received {value!r:.80}")
    chosen = [key for key in _NORMS if flags.get(key)]
    if len(chosen) > 1:
        raise ValueError(f"{' and '.join(chosen)}: only one norm at a time, choose one")
    return _NORMS[chosen[0]] if chosen else None


def _read_head(rest: dict[str, Any]) -> None:
    if "return_sequences" not in rest:
        return
    value = rest.pop("return_sequences")
    if not isinstance(value, bool):
        raise ValueError(f"return_sequences: must be true or false, received {value!r:.80}")
    if value:
        _agree("head", rest.setdefault("head", "per_step"), "per_step")
    elif rest.get("head") == "per_step":
        raise ValueError("return_sequences: false contradicts head 'per_step', write one of them")


def _agree(field: str, given: Any, read: str) -> None:
    if given != read:
        raise ValueError(f"{field}: {given!r} contradicts keras-tcn's argument for {read!r}, write one of them")
