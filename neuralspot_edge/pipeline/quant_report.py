"""Where a model loses accuracy by int8, layer by layer, and what to try next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralspot_edge.conversion import ConversionSettings, convert
from neuralspot_edge.conversion.trained import is_trained_int8
from neuralspot_edge.errors import InputError, NseError
from neuralspot_edge.pipeline.export import Calibration, calibration_samples, describe_calibration, export_settings
from neuralspot_edge.pipeline.methods import Made, Trained
from neuralspot_edge.quantization import Study
from neuralspot_edge.quantization.advice import Advice, advise
from neuralspot_edge.quantization.analysis import MAX_ANALYSED, Analysis, analyze
from neuralspot_edge.recipes import Recipe
from neuralspot_edge.recipes.quantizations import Method
from neuralspot_edge.training import load_model, prepare

if TYPE_CHECKING:
    import keras

__all__ = ["QuantReport", "quant_report", "report_export", "report_study"]

_UNTRAINED = (
    "what int8 costs is measured on trained float weights: nse run RECIPE first, then nse quant-report on the folder "
    "that it writes"
)
_Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class QuantReport:
    """What int8 costs a model.

    Attributes:
        name: The model's.
        method: How it was quantized. One of `qat` is beside its own weights unrounded, of any other the float model.
        calibration: Where the ranges of the activations come from, in words.
        samples: What was played, in words.
        analysis: The error of the outputs, and what each layer has to do with it.
        advice: What to try next, the most promising first.
    """

    name: str
    method: Method
    calibration: str
    samples: str
    analysis: Analysis
    advice: tuple[Advice, ...]

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON values, as in report.json."""
        from neuralspot_edge.reports.quant_json import describe_quantization

        return describe_quantization(self)


@dataclass(frozen=True)
class _Subject:
    """A model with what it is calibrated with and judged on."""

    name: str
    study: Study
    calibration: str
    samples: np.ndarray | Sequence[np.ndarray]
    source: str


def quant_report(
    source: keras.Model | str | Path,
    calibration: Calibration | None = None,
    samples: np.ndarray | Sequence[np.ndarray] | None = None,
    *,
    window: int | None = None,
    limit: int = MAX_ANALYSED,
    progress: _Progress | None = None,
) -> QuantReport:
    """Measures what int8 costs a trained model: by layer, against the same graph unrounded.

    Args:
        source: The folder of a run, which has its own data: it is calibrated with the training split and judged on the
            validation split, since what is chosen by this report must not be chosen on the held-out one. Or a float
            model, a `.keras` file or a `keras.Model`.
        calibration: For a model: real inputs (samples, ...) from the training data as the model takes them, an array
            for each input; or the word `random`, and the figures then hold for no real signal.
        samples: For a model: what it is judged on, of the same shape; None takes the calibration samples.
        window: For a model: the length in steps of a time axis that it leaves open.
        limit: At most so many samples are played.
        progress: Called with layers done and all of them.

    Returns:
        The figures and the advice. `to_dict()` gives the values of report.json.

    Raises:
        InputError: There is no trained float model, its samples do not fit it, or it has an operator that is not
            studied.
        ConversionError: The model does not convert to int8.
    """
    if _is_model(source):
        subject = _of_model(source, calibration, samples, window)
    elif any(given is not None for given in (calibration, samples, window)):
        raise InputError("a run's folder has its own data: leave out calibration, window and samples of your own")
    else:
        subject = _of_folder(Path(source))
    return report_study(
        subject.study,
        subject.samples,
        name=subject.name,
        calibration=subject.calibration,
        source=subject.source,
        limit=limit,
        progress=progress,
    )


def report_export(trained: Trained, made: Made, method: Method) -> QuantReport | None:
    """The report on the int8 file of a trained model, judged on the validation split.

    Args:
        trained: The model and its data.
        made: The file, with its study or without.
        method: How it was made.

    Returns:
        None where the file is not int8, or has an operator that is not studied.
    """
    if trained.settings.quantization != "int8" or (made.study is None and method != "ptq"):
        return None
    try:
        floating = convert(trained.model, ConversionSettings("float32")) if made.study is None else b""
        study = made.study or Study.of_files(made.content, floating)
    except NseError:
        return None
    return report_study(
        study,
        [trained.data.validation.x],
        name=trained.recipe.name,
        calibration=describe_calibration(trained.settings, trained.data.train.x),
        source="the validation split",
        method=method,
    )


def report_study(
    study: Study,
    samples: np.ndarray | Sequence[np.ndarray],
    *,
    name: str,
    calibration: str,
    source: str,
    method: Method = "ptq",
    limit: int = MAX_ANALYSED,
    progress: _Progress | None = None,
) -> QuantReport:
    """The report on an int8 graph that is there already, by whatever means it was quantized.

    Args:
        study: The graph.
        samples: What it is judged on, for each input an array (samples, ...) as the model takes them.
        name: The model's.
        calibration: Where its ranges come from, in words.
        source: Where the samples come from, in words: `the validation split`.
        method: How it was quantized.
        limit: At most so many samples are played.
        progress: Called with layers done and all of them.

    Raises:
        InputError: The samples do not fit the model.
    """
    analysis = analyze(study, samples, limit=limit, progress=progress)
    return QuantReport(name, method, calibration, f"{analysis.samples} of {source}", analysis, advise(analysis, method))


def _of_folder(folder: Path) -> _Subject:
    from neuralspot_edge.pipeline.run import load_run  # which reports on what it exports

    if not folder.is_dir():
        raise InputError(f"{folder} is no folder of a run and no .keras file; {_UNTRAINED}")
    recipe, model = load_run(folder)
    _check_float(model, str(folder))
    data = prepare(recipe)
    return _subject(recipe.name, model, data.train.x, [data.validation.x], "the validation split", recipe=recipe)


def _of_model(
    source: keras.Model | str | Path,
    calibration: Calibration | None,
    samples: np.ndarray | Sequence[np.ndarray] | None,
    window: int | None,
) -> _Subject:
    is_file = isinstance(source, str | Path)
    model: Any = load_model(source) if is_file else source
    name = Path(source).stem if is_file else model.name
    _check_float(model, name)
    words = "the samples given" if samples is not None else "the calibration samples"
    return _subject(name, model, calibration, samples, words, window=window)


def _subject(
    name: str,
    model: keras.Model,
    calibration: Calibration | None,
    samples: np.ndarray | Sequence[np.ndarray] | None,
    source: str,
    *,
    window: int | None = None,
    recipe: Recipe | None = None,
) -> _Subject:
    settings = export_settings(recipe, "int8", None)
    ranges = calibration_samples(model, settings, calibration, window)
    study = Study.of(model, ranges, io=settings.io_type, window=window)
    words = describe_calibration(settings, calibration)
    return _Subject(name, study, words, ranges if samples is None else samples, source)


def _check_float(model: keras.Model, name: str) -> None:
    if is_trained_int8(model):
        raise InputError(f"{name}: the model was trained in int8; give the float model that it was made from")


def _is_model(source: Any) -> bool:
    if isinstance(source, Recipe | Mapping):
        raise InputError(f"source: a recipe is not trained; {_UNTRAINED}")
    return not isinstance(source, str | Path) or str(source).endswith(".keras")
