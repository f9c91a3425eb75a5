"""The `nse` application, and what becomes of errors: one line on stderr and an exit status."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from pathlib import Path
from typing import Annotated, Any

import typer

import neuralspot_edge
from neuralspot_edge.cli import (
    bench,
    compare,
    export,
    list_,
    new,
    profile,
    quant_report,
    run,
    schema,
    show,
    stream,
    train,
    verify,
)
from neuralspot_edge.errors import NseError

__all__ = ["app", "main"]

_INTERRUPTED = 130
_PACKAGE = Path(__file__).parent.parent

_TRAINING_GOES_ON = "what was finished is kept, and a training goes on with --resume"
_KEPT = {
    "train": _TRAINING_GOES_ON,
    "run": _TRAINING_GOES_ON,
    "bench": "finished rows are kept, and the same command goes on from there",
}
"""What an interrupt leaves, by command; the others keep nothing."""

# Typer carries its own copy of click, or uses the one that is installed, by its version: this is the one it raises.
_UsageError: Any = next(base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException")

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


def _show_version(asked: bool) -> None:
    if asked:
        print(f"nse {neuralspot_edge.__version__}")
        raise typer.Exit


@app.callback()
def _common(
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", is_eager=True, callback=_show_version)
    ] = False,
) -> None: ...


app.command("list")(list_.list_presets)
app.command("show")(show.show)
app.command("new")(new.new)
app.command("schema")(schema.schema)
app.command("train")(train.train)
app.command("export")(export.export)
app.command("verify")(verify.verify)
app.command("run")(run.run)
app.command("profile")(profile.profile)
app.command("quant-report")(quant_report.quant_report)
app.command("stream")(stream.stream)
app.command("compare")(compare.compare)
app.add_typer(bench.app, name="bench")


def main() -> None:
    """The console script: runs the application and exits with its status."""
    # TensorFlow reports its CPU features at every start; a user asked for something else.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Pydantic would read the metadata of every installed package in search of some.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    warnings.showwarning = _show_warning
    # numpy would start a thread for each core, which nothing here uses: TensorFlow has its own.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # What needs no TensorFlow is over before there is garbage worth looking for: a third of `nse profile` was that.
    gc.disable()
    try:
        sys.exit(_status())
    finally:
        # The interpreter would look once more on its way out, through all that was imported.
        gc.freeze()


def _status() -> int:
    try:
        status = app(standalone_mode=False)
        sys.stdout.flush()
        # Typer makes a bare status of an interrupt, Click an exception.
        if status == _INTERRUPTED:
            raise KeyboardInterrupt
    except NseError as error:
        return _fail(str(error), error.exit_status)
    except _UsageError as error:
        return _fail(error.format_message() or "name a command, as in nse list", 2)
    except (KeyboardInterrupt, typer.Abort):
        return _fail(_interrupted(), _INTERRUPTED)
    except (BrokenPipeError, SystemExit) as error:
        # The reader of our output has gone, as `nse list | head` does: nothing more is to be said to it. Click has
        # made a SystemExit of it; its others are those of shell completion.
        if isinstance(error, SystemExit) and not isinstance(error.__context__, BrokenPipeError):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _fail(f"{error.filename or 'system'}: {error.strerror or error}", 2)
    return status if isinstance(status, int) else 0


def _interrupted() -> str:
    # The options before a command show something and exit: the first word is the command.
    kept = _KEPT.get("".join(sys.argv[1:2]))
    return f"interrupted; {kept}" if kept else "interrupted"


def _fail(message: str, status: int) -> int:
    print(f"nse: {' '.join(message.split())}", file=sys.stderr)
    return status


def _show_warning(message: Warning | str, category: type[Warning], filename: str, *_: object, **__: object) -> None:
    """One line for a warning of this package; those of libraries are for their own developers."""
    ours = category.__module__.startswith("neuralspot_edge") or Path(filename).is_relative_to(_PACKAGE)
    if issubclass(category, UserWarning) and ours:
        print(f"nse: warning: {' '.join(str(message).split())}", file=sys.stderr)


if __name__ == "__main__":
    main()
