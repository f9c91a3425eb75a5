"""The templates of the generated files: `templates/*.j2`, laid out by Jinja with values that are worked out before."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuralspot_edge.deployment.identifiers import c_comment, c_string
from neuralspot_edge.deployment.literals import byte_rows, float_literal, value_rows

if TYPE_CHECKING:
    import jinja2

__all__ = ["render"]

_TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values: Any) -> str:
    """The text of one file.

    Args:
        template: Its name, without `.j2`.
        values: What the template names; one that is missing is an error.

    Returns:
        The text, its lines ended by LF.
    """
    return _environment().get_template(f"{template}.j2").render(**values)


@functools.cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES, encoding="utf-8"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters |= {
        "byte_rows": byte_rows,
        "comment": c_comment,
        "float": float_literal,
        "rows": value_rows,
        "string": c_string,
    }
    return environment
