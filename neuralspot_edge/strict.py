"""What all that users write shares: strict fields, errors that name the field and the nearest known name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from neuralspot_edge.errors import InputError
from neuralspot_edge.suggestions import did_you_mean, unknown_name

__all__ = ["Count", "Flag", "Number", "Rate", "StrictModel", "Text", "explain", "validate"]

Count = Annotated[int, Field(strict=True)]
"""A whole number; `"8"`, `8.0` and `True` are refused. A field adds its limits."""

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A finite real number; text and booleans are refused. A field adds its limits."""

Rate = Annotated[float, Field(strict=True, ge=0, lt=1)]
Flag = Annotated[bool, Field(strict=True)]
Text = Annotated[str, Field(strict=True, min_length=1, max_length=2000)]


class StrictModel(BaseModel):
    """A frozen Pydantic model that refuses unknown keys and says which known one is nearest."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, protected_namespaces=())

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_keys(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            known = [name for field in cls.model_fields.items() for name in _names(*field)]
            for key in data:
                if key not in known:
                    raise PydanticCustomError("unknown_key", "{text}", {"text": unknown_name("key", key, known)})
        return data

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed, validated anew.

        Raises:
            InputError: A change is not legal.
        """
        return validate(type(self), {**self.model_dump(exclude_unset=True), **changes})


def _names(name: str, field: FieldInfo) -> list[str]:
    """The keys that a field may be written as, its own name first."""
    alias = field.validation_alias
    others = alias.choices if isinstance(alias, AliasChoices) else [alias] if alias else []
    return [name, *(other for other in others if isinstance(other, str) and other != name)]


ModelT = TypeVar("ModelT", bound=BaseModel)


def validate(schema: type[ModelT], data: Any, where: str = "") -> ModelT:
    """Validates `data`, turning Pydantic's report into the package's own one-line error.

    Args:
        schema: The model class.
        data: A mapping, or an instance of `schema`, which is returned as it is.
        where: What the data is, to begin the message with: a file, a preset.

    Returns:
        The validated instance.

    Raises:
        InputError: Something is wrong; the message names each field, what was received and what is allowed.
    """
    if isinstance(data, schema):
        return data
    try:
        return schema.model_validate(data)
    except ValidationError as error:
        raise InputError(f"{where}: {explain(error)}" if where else explain(error)) from None


_MISSING = "is required"


def explain(error: ValidationError, most: int = 4) -> str:
    """One line for a Pydantic error: `blocks.0.filters: -4 is out of range (at least 1)`, and so on."""
    reports = _distinct(error)
    lines = [f"{place}: {text}" if place else text for place, text in list(reports.items())[:most]]
    more = len(reports) - most
    return "; ".join(lines) + (f"; and {more} more" if more > 0 else "")


def _distinct(error: ValidationError) -> dict[str, str]:
    """One text a field: of a union's several complaints, the one about the value's range says most."""
    reports: dict[str, str] = {}
    for report in error.errors(include_url=False):
        # Pydantic adds the union member that it tried (`int`, `tuple[...]`) to the place; a user never wrote that.
        steps = [step for step in report["loc"] if not _is_union_tag(step)]
        place = ".".join(str(step) for step in steps)
        text = _explain_one(report)
        if place not in reports or ("allowed" in text and "allowed" not in reports[place]):
            reports[place] = text
    # A bad pair is refused as a pair and for its items: an item out of range says more, a missing one says less.
    ranged = {place.rpartition(".")[0] for place, text in reports.items() if "." in place and "allowed" in text}
    return {
        place: text
        for place, text in reports.items()
        if place not in ranged and not (text == _MISSING and place.rpartition(".")[0] in reports)
    }


def _is_union_tag(step: int | str) -> bool:
    return isinstance(step, str) and (step in {"int", "float", "str", "bool", "constrained-int"} or "[" in step)


_LIMITS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}


def _explain_one(report: Any) -> str:
    kind, context, received = report["type"], report.get("ctx", {}), f"{report['input']!r:.80}"
    if kind == "missing":
        text = _MISSING
    elif kind in _LIMITS:
        key, words = _LIMITS[kind]
        text = f"{received} is out of range, allowed is {words} {context[key]:g}"
    elif kind == "literal_error":
        text = _explain_choice(report["input"], context["expected"])
    elif kind == "int_type":
        or_pair = " or a pair of them, (height, time)" if _is_union_tag(report["loc"][-1]) else ""
        text = f"must be a whole number{or_pair}, received {received}"
    elif kind in {"value_error", "assertion_error"}:
        text = str(context["error"])
    elif kind == "unknown_key":
        text = str(context["text"])
    else:
        text = f"{report['msg'][0].lower()}{report['msg'][1:]}, received {received}"
    return text


def _explain_choice(value: Any, expected: str) -> str:
    options = [option.strip("' ") for option in expected.replace(" or ", ", ").split(",")]
    hint = did_you_mean(value, options)
    return f"{value!r:.80} is not known, {hint + ' ' if hint else ''}allowed are {', '.join(options)}"
