"""What each way to int8 loses: float, ptq, ptq+, qat and auto over tasks and seeds, and the peer's default export.

    python -m benchmarks.quantization tcn-har-smartwatch tcn-gesture-gunpoint --seeds 0,1,2

Models are trained once and kept in --folder; a run that is interrupted goes on. The metric is that of the held-out
windows, on the file's own arithmetic.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import say
from benchmarks.peer import Peer
from benchmarks.side import QUIET
from neuralspot_edge.conversion import ConversionSettings
from neuralspot_edge.files import write_text
from neuralspot_edge.interpreters import LiteRtInterpreter, TflmInterpreter
from neuralspot_edge.pipeline.folder import CHECKPOINT, KERAS_MODEL
from neuralspot_edge.pipeline.ladder import climb
from neuralspot_edge.pipeline.methods import Made, Trained, make
from neuralspot_edge.recipes import Recipe, load_recipe
from neuralspot_edge.recipes.quantizations import METHODS, Method
from neuralspot_edge.training import Prepared, load_model, metric_of, prepare, train

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Outcome:
    """One trained model, and what became of it in int8.

    Attributes:
        recipe: Its name.
        seed: Of its training and data.
        metric: Name of the task's metric.
        windows: Held-out windows.
        higher_is_better: Whether a larger figure is a better one.
        figures: The metric by way: `float`, each of `METHODS`, `auto` and, where it was asked, `peer` on LiteRT and
            `peer on device` on TensorFlow Lite Micro.
        chosen: The way that auto took.
    """

    recipe: str
    seed: int
    metric: str
    windows: int
    higher_is_better: bool
    figures: Mapping[str, float]
    chosen: str


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quantization", description=__doc__)
    parser.add_argument("recipes", nargs="+", metavar="RECIPE", help="a preset's name or a recipe file")
    parser.add_argument("--seeds", default="0,1,2", help="of training and data (default: %(default)s)")
    parser.add_argument("--folder", type=Path, default=Path("runs/quantization"), help="where the models are kept")
    parser.add_argument("--peer-python", type=Path, metavar="PATH", help="a Python that has neuralspot-edge 0.2.2")
    parser.add_argument("--output", type=Path, default=HERE / "quantization.json", help="where the figures go")
    arguments = parser.parse_args()
    os.environ.update(QUIET)
    seeds = [int(seed) for seed in arguments.seeds.split(",")]
    outcomes = []
    for name in arguments.recipes:
        for seed in seeds:
            recipe = load_recipe(name).override({"training.seed": seed, "export.method": "auto"})
            say(f"{recipe.name}, seed {seed}")
            outcomes.append(_measure(recipe, arguments.folder / f"{recipe.name}-{seed}", arguments.peer_python))
            write_text(arguments.output, json.dumps([asdict(outcome) for outcome in outcomes], indent=2) + "\n")
    _show(outcomes)


def _measure(recipe: Recipe, folder: Path, peer: Path | None) -> Outcome:
    data = prepare(recipe)
    model = _float_model(recipe, folder, data)
    trained = Trained(recipe, model, data, ConversionSettings("int8", recipe.export.io_type), folder)
    made = {method: make(method, trained) for method in METHODS}
    _, ladder = climb(trained, make=lambda method, _: made[method])
    test, metric = data.test, metric_of(recipe.task)

    def figure(outputs: Any) -> float:
        return metric.function(test.labels if recipe.task == "anomaly" else test.y, np.asarray(outputs), test.x)

    figures = {"float": figure(model.predict(test.x, verbose=0))}
    figures |= {method: figure(_play(each, test.x)) for method, each in made.items()}
    figures["auto"] = figures[ladder.method]
    # A layer of our own cannot be loaded there.
    if peer is not None and all(type(layer).__module__.startswith("keras") for layer in model.layers):
        theirs = _convert_by_peer(peer, model, data)
        figures["peer"] = figure(LiteRtInterpreter(theirs).predict(test.x))
        figures["peer on device"] = figure(TflmInterpreter(theirs).predict(test.x))
    return Outcome(
        recipe.name, recipe.training.seed, metric.name, len(test), metric.higher_is_better, figures, ladder.method
    )


def _play(made: Made, x: np.ndarray) -> np.ndarray:
    return np.asarray(LiteRtInterpreter(made.content).predict(x))


def _float_model(recipe: Recipe, folder: Path, data: Prepared) -> Any:
    if (folder / KERAS_MODEL).is_file() and not (folder / CHECKPOINT).is_file():
        return load_model(folder / KERAS_MODEL)
    folder.mkdir(parents=True, exist_ok=True)
    return train(recipe, out_dir=folder, resume=True, data=data).model


def _convert_by_peer(python: Path, model: Any, data: Prepared) -> bytes:
    """The peer's default int8 export of the same model, calibrated with the same windows."""
    with tempfile.TemporaryDirectory() as folder, Peer(python) as peer:
        place = Path(folder)
        model.save(place / "model.keras")
        np.save(place / "calibration.npy", data.train.x)
        peer.load(place / "model.keras")
        peer.convert(place / "calibration.npy", place / "model.tflite", "KERAS")
        return (place / "model.tflite").read_bytes()


def _show(outcomes: list[Outcome]) -> None:
    from rich.console import Console
    from rich.table import Table

    ways = ("float", *METHODS, "auto", "peer", "peer on device")
    table = Table("task", "metric", *ways, "auto took", "auto loses", "may lose", "peer loses")
    for name in dict.fromkeys(outcome.recipe for outcome in outcomes):
        table.add_row(*_row([outcome for outcome in outcomes if outcome.recipe == name], ways))
    Console(width=200).print(table)


def _row(outcomes: list[Outcome], ways: Sequence[str]) -> Iterator[str]:
    first = outcomes[0]
    yield f"{first.recipe} ({len(outcomes)} seeds, {first.windows} windows)"
    yield first.metric
    for way in ways:
        figures = [outcome.figures[way] for outcome in outcomes if way in outcome.figures]
        yield f"{statistics.mean(figures):.4f} ± {statistics.pstdev(figures):.4f}" if figures else ""
    yield " ".join(outcome.chosen for outcome in outcomes)
    yield f"{_loss(outcomes, 'auto'):.4f}"
    yield f"{max(0.002, 1 / first.windows) if first.higher_is_better else 0.01:.4f}"
    yield f"{_loss(outcomes, 'peer'):.4f}" if "peer" in first.figures else ""


def _loss(outcomes: list[Outcome], way: str) -> float:
    """The mean loss against float: the difference of a score, the share of an error."""
    return statistics.mean(_drop(outcome, way) for outcome in outcomes)


def _drop(outcome: Outcome, way: Method | str) -> float:
    reference, figure = outcome.figures["float"], outcome.figures[way]
    return reference - figure if outcome.higher_is_better else (figure - reference) / reference


if __name__ == "__main__":
    main()
