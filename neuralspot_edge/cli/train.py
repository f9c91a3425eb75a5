"""`nse train`: the training alone."""

from __future__ import annotations

from pathlib import Path

from neuralspot_edge.cli.options import (
    Format,
    FormatOption,
    OutFolder,
    Overwrite,
    RecipeArgument,
    Resume,
    Settings,
    print_json,
    read_recipe,
    stdout,
)
from neuralspot_edge.cli.quiet import load_tensorflow

__all__ = ["train"]


def train(
    recipe: RecipeArgument,
    out: OutFolder = None,
    settings: Settings = None,
    overwrite: Overwrite = False,
    resume: Resume = False,
    output: FormatOption = Format.table,
) -> None:
    """Train a recipe's model on its data: writes recipe.json, model.keras and history.csv.

    Ctrl-C keeps a checkpoint; go on with --resume.
    """
    loaded = read_recipe(recipe, settings)
    load_tensorflow()
    from neuralspot_edge.cli.progress import epochs_of, reporting
    from neuralspot_edge.pipeline.folder import claim_folder
    from neuralspot_edge.pipeline.run import train_into
    from neuralspot_edge.training import prepare

    epochs = epochs_of(loaded)
    folder = claim_folder(out or Path("runs") / loaded.name, overwrite=overwrite, resume=resume)
    with reporting(epochs) as reporter:
        result = train_into(
            folder,
            loaded,
            prepare(loaded),
            resume=resume,
            on_stage=reporter.stage,
            on_epoch=reporter.epoch,
        )
    best = result.best
    if output is Format.json:
        facts = {"folder": str(folder), "epochs": len(result.history)}
        print_json({**facts, "best_epoch": best.number, "best_val_loss": best.val_loss})
    else:
        stdout.print(
            f"{len(result.history)} epochs, best val_loss {best.val_loss:.4f} at epoch {best.number}; "
            f"model in {folder / 'model.keras'}",
            soft_wrap=True,
        )
