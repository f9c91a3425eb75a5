"""Running one row with one seed, by its kind."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import neuralspot_edge
from neuralspot_edge.datasets import load_dataset
from neuralspot_edge.errors import ProofError
from neuralspot_edge.graph import ModelCard
from neuralspot_edge.interpreters import LiteRtInterpreter
from neuralspot_edge.pipeline import export, profile, run, verify
from neuralspot_edge.pipeline.folder import CHECKPOINT
from neuralspot_edge.published.measures import MEASURES
from neuralspot_edge.published.results import RunFigures
from neuralspot_edge.published.rows import Row
from neuralspot_edge.recipes import Recipe
from neuralspot_edge.training import Epoch, Prepared, build_model, iterated_forecast, naive_forecast, prepare

if TYPE_CHECKING:
    import keras

    from neuralspot_edge.pipeline import VerifyResult

__all__ = ["Callbacks", "Worker", "run_folder"]


@dataclass(frozen=True)
class Callbacks:
    """What a run tells while it lasts.

    Attributes:
        on_stage: Called with `data`, `training`, `export`, `verification`, `report` as each begins.
        on_epoch: Called after each epoch.
    """

    on_stage: Callable[[str], None]
    on_epoch: Callable[[Epoch], None]


Predict = Callable[[np.ndarray], Any]


@dataclass(frozen=True)
class Worker:
    """Runs one row with one seed.

    Attributes:
        row: The row.
        recipe: Its recipe, with the seed.
        folder: The folder for the model's files.
        callbacks: What is told meanwhile.
    """

    row: Row
    recipe: Recipe
    folder: Path
    callbacks: Callbacks

    def run(self) -> RunFigures:
        """The figures of the run.

        Raises:
            NseError: The recipe, its data or the model is wrong; or the training ended in no finite figure.
        """
        kinds = {
            "trained": self._trained,
            "iterated": self._trained,
            "naive": self._naive,
            "least_squares": self._least_squares,
        }
        start = time.perf_counter()
        figures = kinds[self.row.kind]()
        if not math.isfinite(figures["figure"]):
            raise ProofError(f"the figure is {figures['figure']}: the training diverged")
        return RunFigures(seed=self.recipe.training.seed, seconds=time.perf_counter() - start, **figures)

    def _naive(self) -> dict[str, Any]:
        self.callbacks.on_stage("data")
        test = prepare(self.recipe).test
        return {"figure": self._measure(test.labels, naive_forecast(test.raw, test.labels.shape[-1]))}

    def _least_squares(self) -> dict[str, Any]:
        from neuralspot_edge.models.linear import fit_least_squares

        self.callbacks.on_stage("data")
        model, data = build_model(self.recipe), prepare(self.recipe)
        fit_least_squares(model, data.train.x, data.train.y)
        self.callbacks.on_stage("export")
        card = ModelCard.of(self.recipe, data.preprocessing, data.dataset.channels)
        exported = export(model, self.folder, calibration=data.train.x, card=card, overwrite=True)
        self.callbacks.on_stage("verification")
        verified = verify(exported.path, data.test.raw, labels=data.test.labels, model=model, gates=self.recipe.gates)
        costs = profile(exported.path, ()).to_dict()
        return {**self._of_model(model, exported.path, data, verified), **_costs(costs)}

    def _trained(self) -> dict[str, Any]:
        resume = (self.folder / CHECKPOINT).exists()
        result = run(
            self.recipe,
            self.folder,
            overwrite=not resume,
            resume=resume,
            on_stage=self.callbacks.on_stage,
            on_epoch=self.callbacks.on_epoch,
        )
        training = result.training
        return {
            **self._of_model(training.model, result.exported.path, training.data, result.verified),
            **_costs(result.report["profile"]),
            "epochs": len(training.history),
        }

    def _of_model(self, model: keras.Model, tflite: Path, data: Prepared, verified: VerifyResult) -> dict[str, Any]:
        lsb = next(check.figure for check in verified.checks if check.name == "tflm_vs_litert")
        figures: dict[str, Any] = {"parameters": model.count_params(), "lsb": lsb}
        if self.row.kind != "iterated" and self.row.measure == verified.metric:
            # Verification has played the windows already.
            return {**figures, "figure": verified.float_metric_value, "int8_figure": verified.metric_value}
        interpreter = LiteRtInterpreter(tflite)
        return {
            **figures,
            "figure": self._figure_of(lambda x: model.predict(x, verbose=0), data),
            "int8_figure": self._figure_of(interpreter.predict, data),
        }

    def _figure_of(self, predict: Predict, data: Prepared) -> float:
        if self.row.kind != "iterated" or self.row.steps_ahead is None:
            return self._measure(data.test.labels, np.asarray(predict(data.test.x)))
        # Series of their own: those of the training end after one step.
        options = {"steps_ahead": self.row.steps_ahead}
        seed, window = self.recipe.training.seed, self.recipe.input.window
        test = load_dataset(data.dataset.name, window=window, seed=seed, options=options).test
        forecast = iterated_forecast(predict, test.x, self.row.steps_ahead, data.preprocessing)
        return self._measure(np.asarray(test.y), forecast[..., 0])

    def _measure(self, targets: np.ndarray, outputs: np.ndarray) -> float:
        return MEASURES[self.row.measure](targets, outputs)


def run_folder(out_dir: Path, row: Row, recipe: Recipe) -> Path:
    """The folder of a run's files; what an interrupted run left in it is of the same recipe and package version."""
    content = json.dumps([neuralspot_edge.__version__, row.kind, recipe.to_dict()], sort_keys=True)
    digest = hashlib.sha256(content.encode()).hexdigest()[:8]
    return out_dir / "runs" / f"{row.name}-seed{recipe.training.seed}-{digest}"


def _costs(profile: dict[str, Any]) -> dict[str, Any]:
    return {"int8_bytes": profile["model"]["size_bytes"], "arena_bytes": profile["totals"]["arena_bytes"]}
