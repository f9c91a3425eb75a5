"""The command line reference, from the commands themselves."""

from __future__ import annotations

import re
from enum import Enum
from typing import Any, get_args

import typer
from tables import code, table

from neuralspot_edge.cli.app import app

__all__ = ["command_reference"]


def command_reference() -> str:
    """A section for each command of `nse`: its help, its usage, its arguments and options."""
    commands: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    return "\n\n".join(_section(name, command) for name, command in commands.items())


def _section(name: str, command: Any, level: int = 2) -> str:
    heading = f"{'#' * level} nse {name}"
    if below := getattr(command, "commands", None):
        sections = (_section(f"{name} {each}", part, level + 1) for each, part in below.items())
        return "\n\n".join([heading, command.help, *sections])
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    usage = " ".join(["nse", name, *(_usage(argument) for argument in arguments), "[OPTIONS]"])
    rows = [_row(parameter) for parameter in command.params]
    # A comment that a help quotes is no heading.
    text = re.sub(r"^(#.*)$", r"`\1`", command.help, flags=re.MULTILINE)
    return "\n\n".join([heading, text, f"```\n{usage}\n```", table(("", "value", "default", "meaning"), rows)])


def _usage(argument: Any) -> str:
    name = _name(argument)
    return name if argument.required else f"[{name}]"


def _name(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def _row(parameter: Any) -> tuple[str, ...]:
    if parameter.param_type_name == "argument":
        names, value = code(_name(parameter)), ""
    else:
        options = sorted([*parameter.opts, *parameter.secondary_opts], key=len)
        names, value = " ".join(map(code, options)), _value(parameter)
    return names, value, _default(parameter), parameter.help or ""


def _value(option: Any) -> str:
    if getattr(option, "is_flag", False):
        return ""
    kind = option.type_descriptor.annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        return " ".join(code(member.value) for member in kind)
    if choices := [choice for choice in get_args(kind) if isinstance(choice, str)]:
        return " ".join(map(code, choices))
    least = f" ≥ {option.min}" if getattr(option, "min", None) is not None else ""
    words = {int: "whole number", float: "number", str: "name"}
    return f"{option.metavar or words.get(kind, kind.__name__)}{least}"


def _default(parameter: Any) -> str:
    if parameter.required:
        return "**required**"
    default = parameter.default
    if default is None or isinstance(default, bool):
        return ""
    return code(default.value if isinstance(default, Enum) else default)
