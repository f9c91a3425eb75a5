"""Export: a model or a recipe to a folder with one `.tflite` in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from neuralspot_edge.conversion import ConversionSettings, convert, shared_worker
from neuralspot_edge.conversion.settings import Io, QuantizationKind
from neuralspot_edge.conversion.trained import is_trained_int8
from neuralspot_edge.datasets import Preprocessing
from neuralspot_edge.errors import ConversionError, InputError, NseError
from neuralspot_edge.files import write_bytes
from neuralspot_edge.graph import annotate, load_graph
from neuralspot_edge.graph.card import ModelCard
from neuralspot_edge.interpreters import TflmInterpreter, available
from neuralspot_edge.pipeline.firmware import write_firmware
from neuralspot_edge.pipeline.folder import STREAM, TFLITE, claim_folder
from neuralspot_edge.pipeline.ladder import Ladder
from neuralspot_edge.pipeline.sequences import Recording
from neuralspot_edge.pipeline.streaming import Streamed, streamed, streaming_spec
from neuralspot_edge.quantization import (
    MAX_SAMPLES,
    PostTraining,
    check_calibration,
    quantize_post_training,
    random_calibration,
)
from neuralspot_edge.recipes import Recipe, StreamingSpec, load_recipe
from neuralspot_edge.training import build_model, prepare

if TYPE_CHECKING:
    import keras

__all__ = [
    "Calibration",
    "ExportResult",
    "calibration_samples",
    "convert_model",
    "describe_calibration",
    "export",
    "export_settings",
    "finish",
    "write_export",
]

Calibration = np.ndarray | Sequence[np.ndarray] | Literal["random"]

_NO_PREPROCESSING = Preprocessing("none")


@dataclass(frozen=True)
class ExportResult:
    """What an export gives.

    Attributes:
        path: The `.tflite` file.
        size_bytes: Its size.
        quantization: Of weights and activations.
        io: Type of its inputs and outputs.
        operators: How many there are of each kind, most frequent first.
        calibration: Where the ranges of the activations come from, in words.
        files: All that was written, the `.tflite` first.
        streaming: The step graph beside it; None where none was asked for.
        ladder: The ways to int8 that were tried; None where there was no choice.
    """

    path: Path
    size_bytes: int
    quantization: QuantizationKind
    io: Io
    operators: Mapping[str, int]
    calibration: str
    files: tuple[Path, ...] = ()
    streaming: Streamed | None = None
    ladder: Ladder | None = None

    @property
    def ok(self) -> bool:
        """Whether the step graph, if there is one, was seen to give what the window graph gives."""
        return self.streaming is None or (self.streaming.proof is not None and self.streaming.proof.holds)


def export(
    model: keras.Model | Recipe | str | Path | Mapping[str, Any],
    out_dir: str | Path,
    quantization: QuantizationKind | None = None,
    calibration: Calibration | None = None,
    *,
    io: Io | None = None,
    window: int | None = None,
    card: ModelCard | None = None,
    streaming: StreamingSpec | Mapping[str, Any] | None = None,
    tools: PostTraining | None = None,
    bundle: bool = False,
    overwrite: bool = False,
) -> ExportResult:
    """Exports a model for TensorFlow Lite Micro: `out_dir/model.tflite`, and beside it what a firmware needs of it.

    That is model_data.h and .cc, op_resolver.h, and the golden vectors golden.npz: inputs from the calibration
    samples, and what TensorFlow Lite Micro makes of them.

    Args:
        model: Any functional Keras model, trained or not; or a recipe (a `Recipe`, a preset's name, a path, a dict),
            whose untrained model is then exported and calibrated with its own training data. A model of
            `quantize_aware` needs no calibration.
        out_dir: A folder, made where it does not exist.
        quantization: `int8` (the default), `int16x8`, `float16` or `float32`; a recipe's own where it is None.
        calibration: Real inputs (samples, ...) from the training data, an array for each input of the model, as
            the model takes them; or the word `random`, for a model whose data is not at hand.
        io: Type of the inputs and outputs; None takes the quantization's own (int8 for int8).
        window: The length in steps of a time axis that the model leaves open.
        card: What the file shall say of itself; None takes the recipe's. Its preprocessing is the recipe's only
            where the recipe's own data is used: samples given here are as the model takes them.
        streaming: `{"hop": 1, "state": "io"}`, or one of the two, to write the step graph `stream.tflite` too, proven
            on the calibration samples; the C sources and golden vectors are then the step graph's. None takes the
            recipe's.
        tools: What to do against the loss by int8, see `neuralspot_edge.quantization.PostTraining`; None does nothing.
        bundle: Whether a CMake project with a runner and a self-test is written to `out_dir/firmware` too.
        overwrite: Whether an earlier run in `out_dir` may be replaced.

    Returns:
        The path, and what is in the file.

    Raises:
        InputError: An argument is wrong, quantization lacks calibration samples, or a layer does not stream.
        ConversionError: The model breaks a rule of TensorFlow Lite Micro, or the converter refused it or crashed.
    """
    recipe = None if _is_keras_model(model) else load_recipe(model)
    settings, spec = export_settings(recipe, quantization, io), streaming_spec(recipe, streaming)
    folder = claim_folder(out_dir, overwrite=overwrite)
    shared_worker()
    network: Any = model
    if recipe is not None:
        if calibration is None and recipe.data is not None:
            data = prepare(recipe)
            calibration, card = data.train.x, card or ModelCard.of(recipe, data.preprocessing, data.dataset.channels)
        network, card = build_model(recipe), card or ModelCard.of(recipe, _NO_PREPROCESSING)
    card = card or ModelCard(network.name)
    samples = calibration_samples(network, settings, calibration, window)
    if tools is not None:
        _check_tools(network, settings)
        plus = quantize_post_training(network, samples, tools, io=settings.io_type, window=window)
        content = finish(plus.content, settings, card)
    else:
        content = convert_model(network, settings, samples, window=window, card=card)
    is_real = bool(samples) and not isinstance(calibration, str)
    # A model that needs no samples has golden vectors that do, and so does the proof of a step graph.
    samples = samples or random_calibration(network, window)
    source = "none needed" if is_trained_int8(network) else describe_calibration(settings, calibration)
    recording = Recording(samples[0], "calibration" if is_real else "random")
    stream = streamed(content, spec, recording) if spec is not None else None
    return write_export(folder, content, settings, card, samples, calibration=source, stream=stream, bundle=bundle)


def _check_tools(model: keras.Model, settings: ConversionSettings) -> None:
    if settings.quantization != "int8":
        raise InputError(f"tools: they are for int8, received quantization {settings.quantization!r}; leave them out")
    if is_trained_int8(model):
        raise InputError("tools: the model was trained in int8 and is exported as it is; leave them out")


def export_settings(recipe: Recipe | None, quantization: QuantizationKind | None, io: Io | None) -> ConversionSettings:
    """What was asked for, and for the rest what the recipe says; its `io` goes with its own quantization only."""
    if recipe is None:
        return ConversionSettings(quantization or "int8", io)
    own = recipe.export
    kind = quantization or own.quantization
    return ConversionSettings(kind, io or (own.io if kind == own.quantization else None))


def calibration_samples(
    model: keras.Model, settings: ConversionSettings, calibration: Calibration | None, window: int | None = None
) -> tuple[np.ndarray, ...]:
    """The samples for a conversion, an array for each input; none where it needs none.

    Raises:
        InputError: They are needed and missing, or do not fit the model.
    """
    if not settings.needs_calibration or (calibration is None and is_trained_int8(model)):
        return ()
    if calibration is None:
        raise InputError(
            f"calibration: {settings.quantization} needs real inputs from the training data, an array "
            "(samples, ...); pass calibration='random' to go without, the ranges then fit no real signal"
        )
    if isinstance(calibration, str):
        if calibration != "random":
            raise InputError(f"calibration: an array or the word 'random', received {calibration!r}")
        return random_calibration(model, window)
    return check_calibration(model, calibration, window)


def describe_calibration(settings: ConversionSettings, calibration: Calibration | None) -> str:
    """Where the ranges of the activations come from, in words."""
    if not settings.needs_calibration or calibration is None:
        return "none needed"
    if isinstance(calibration, str):
        return "random numbers: the ranges fit no real signal"
    count = len(calibration) if hasattr(calibration, "__array__") else len(calibration[0])
    return f"{min(count, MAX_SAMPLES)} samples of real data"


def convert_model(
    model: keras.Model,
    settings: ConversionSettings,
    samples: tuple[np.ndarray, ...],
    *,
    window: int | None = None,
    card: ModelCard | None = None,
) -> bytes:
    """The content of the `.tflite`, seen to load on TensorFlow Lite Micro where that can be had; see `export`."""
    card = card or ModelCard(model.name)
    return finish(convert(model, settings, samples, window=window), settings, card)


def finish(content: bytes, settings: ConversionSettings, card: ModelCard) -> bytes:
    """A converted file with its card in it, seen to load on TensorFlow Lite Micro where that can be had.

    Raises:
        ConversionError: It does not load.
    """
    content = annotate(content, metadata=card.to_metadata())
    if settings.quantization != "float16" and "TflmInterpreter" in available():
        try:
            TflmInterpreter(content)
        except NseError as error:
            raise ConversionError(f"TensorFlow Lite Micro does not take the exported model: {error}") from error
    return content


def write_export(
    folder: Path,
    content: bytes,
    settings: ConversionSettings,
    card: ModelCard,
    samples: Sequence[np.ndarray],
    *,
    calibration: str,
    stream: tuple[bytes, Streamed] | None = None,
    ladder: Ladder | None = None,
    bundle: bool = False,
) -> ExportResult:
    """Writes the `.tflite` and what goes beside it, see `write_firmware`, and says what is there.

    Where there is a step graph that is what a firmware plays, and the sources are its own. The `.tflite` comes last:
    where it is new, all of it is.
    """
    files = write_firmware(stream[0] if stream else content, folder, card, samples, bundle=bundle)
    if stream:
        files = (write_bytes(folder / STREAM, stream[0]), *files)
    else:
        (folder / STREAM).unlink(missing_ok=True)  # it would be that of an earlier model
    path = write_bytes(folder / TFLITE, content)
    kinds = Counter(operator.kind for operator in load_graph(content).operators)
    return ExportResult(
        path=path,
        size_bytes=len(content),
        quantization=settings.quantization,
        io=settings.io_type,
        operators=dict(kinds.most_common()),
        calibration=calibration,
        files=(path, *files),
        streaming=stream[1] if stream else None,
        ladder=ladder,
    )


def _is_keras_model(model: Any) -> bool:
    """Without loading Keras where no model of it can be at hand."""
    import sys

    keras = sys.modules.get("keras")
    return keras is not None and isinstance(model, keras.Model)
