"""Model families by name. Listing them and checking their params loads no Keras."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from neuralspot_edge.errors import InputError
from neuralspot_edge.models.params import StrictModel, validate
from neuralspot_edge.suggestions import unknown_name

if TYPE_CHECKING:
    import keras

__all__ = ["ENTRY_POINT_GROUP", "Family", "get_family", "list_families"]

ENTRY_POINT_GROUP = "neuralspot_edge.families"
_BUILT_IN = (
    "neuralspot_edge.models.tcn.family:FAMILY",
    "neuralspot_edge.models.residual_tcn.family:FAMILY",
    "neuralspot_edge.models.wavenet.family:FAMILY",
    "neuralspot_edge.models.rnn.family:FAMILY",
    "neuralspot_edge.models.conv_rnn.family:FAMILY",
    "neuralspot_edge.models.linear.family:FAMILY",
    "neuralspot_edge.models.mlp.family:FAMILY",
    "neuralspot_edge.models.ds_cnn.family:FAMILY",
    "neuralspot_edge.models.tc_resnet.family:FAMILY",
)


@dataclass(frozen=True)
class Family:
    """A family of models: one schema of params and one builder, each named by `module:attribute` and loaded late.

    Attributes:
        name: What `model.family` in a recipe says.
        title: One line for a person.
        schema: The params class, a `StrictModel` whose module loads no Keras.
        builder: A function `(inputs, params, num_classes) -> keras.Model`.
    """

    name: str
    title: str
    schema: str
    builder: str

    @property
    def params_class(self) -> type[StrictModel]:
        """The class that validates this family's params."""
        return _load(self.schema)  # type: ignore[no-any-return]

    def validate(self, params: Mapping[str, Any] | StrictModel, where: str = "") -> StrictModel:
        """The params as an instance of `params_class`.

        Raises:
            InputError: A key or a value is not legal.
        """
        return validate(self.params_class, params, where)

    def build(
        self, inputs: keras.KerasTensor, params: Mapping[str, Any] | StrictModel, num_classes: int | None
    ) -> keras.Model:
        """The functional Keras model that the params describe.

        Args:
            inputs: A `keras.Input`, (time, channels) or (height, time, channels).
            params: The family's params.
            num_classes: Width of the output, None where the model has no top.

        Raises:
            InputError: The params are not legal, or do not fit the input.
        """
        return _load(self.builder)(inputs, self.validate(params), num_classes)


def list_families() -> tuple[str, ...]:
    """Names of all known families, third parties' included, sorted."""
    return tuple(sorted(_families()))


def get_family(name: str) -> Family:
    """The family of that name.

    Raises:
        InputError: There is none.
    """
    known = _families()
    if name not in known:
        raise InputError(unknown_name("family", name, known))
    return known[name]


@functools.cache
def _families() -> dict[str, Family]:
    """Built-in families first: an entry point cannot take the name of one."""
    families = {family.name: family for family in map(_load, _BUILT_IN)}
    for entry in entry_points(group=ENTRY_POINT_GROUP):
        families.setdefault(entry.name, entry.load())
    return families


def _load(place: str) -> Any:
    module, _, attribute = place.partition(":")
    value: Any = importlib.import_module(module)
    for part in attribute.split("."):
        value = getattr(value, part)
    return value
