"""The `nse` application, and what becomes of errors: one line on stderr and an exit status."""

from __future__ import annotations

import os
import sys
import warnings

import click
import typer

from neuralspot_edge.cli import export, list_, new, run, schema, show, train, verify
from neuralspot_edge.errors import NseError

__all__ = ["app", "main"]

_INTERRUPTED = 130

app = typer.Typer(
    name="nse",
    help="From a recipe to an int8 model that is proven on TensorFlow Lite Micro.\n\n"
    "Begin with [bold]nse list[/bold], then [bold]nse run tcn-har-smartwatch[/bold]. Wherever a command takes a "
    "recipe it takes a preset's name, a path, or - for standard input. "
    "Exit status: 0 done, 1 a gate failed, 2 the input is wrong.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("list")(list_.list_presets)
app.command("show")(show.show)
app.command("new")(new.new)
app.command("schema")(schema.schema)
app.command("train")(train.train)
app.command("export")(export.export)
app.command("verify")(verify.verify)
app.command("run")(run.run)


def main() -> None:
    """The console script: runs the application and exits with its status."""
    # TensorFlow reports its CPU features at every start; a user asked for something else.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    warnings.showwarning = _show_warning
    sys.exit(_status())


def _status() -> int:
    try:
        status = app(standalone_mode=False)
    except NseError as error:
        return _fail(str(error), error.exit_status)
    except click.ClickException as error:
        return _fail(error.format_message(), 2)
    except (KeyboardInterrupt, click.Abort):
        return _fail("interrupted; nothing that was finished is lost", _INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output has gone, as `nse list | head` does: nothing more is to be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _fail(f"{error.filename or 'system'}: {error.strerror or error}", 2)
    return status if isinstance(status, int) else 0


def _fail(message: str, status: int) -> int:
    print(f"nse: {' '.join(message.split())}", file=sys.stderr)
    return status


def _show_warning(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
    """One line; warnings of libraries are theirs to see, not the user's."""
    if issubclass(category, UserWarning) and category.__module__.startswith("neuralspot_edge"):
        print(f"nse: warning: {message}", file=sys.stderr)


if __name__ == "__main__":
    main()
