"""The call of TensorFlow's converter: a frozen graph in, the bytes of a `.tflite` out. It can crash the process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuralspot_edge.conversion.lstm import fuse_lstms
from neuralspot_edge.conversion.ranges import with_measured_ranges
from neuralspot_edge.conversion.settings import ConversionSettings
from neuralspot_edge.conversion.trace import FrozenGraph

__all__ = ["Job", "run_converter"]


@dataclass(frozen=True)
class Job:
    """All that a conversion needs, fit to be sent to another process.

    Attributes:
        graph: The model.
        settings: How it is to be converted.
        calibration: For each input an array (samples, ...) of what the model will meet; empty for float models.
    """

    graph: FrozenGraph
    settings: ConversionSettings
    calibration: tuple[np.ndarray, ...] = ()


def run_converter(job: Job) -> bytes:
    """Converts in this process.

    Raises:
        Exception: Whatever the converter raises; it may also end the process by a segmentation fault.
    """
    import tensorflow as tf

    function = _concrete_function(job.graph)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
    if job.graph.has_fused_nodes:
        return _convert_fused(converter, job)
    _configure(converter, job.settings)
    if not job.settings.needs_calibration:
        return bytes(converter.convert())
    converter.representative_dataset = lambda: _samples(job.calibration)
    if job.settings.quantization == "int16x8":
        # The quantizer for 16 bits takes its ranges from the converter's calibration and from nowhere else.
        return bytes(converter.convert())
    return _quantize(converter, job)


def _quantize(converter: Any, job: Job) -> bytes:
    """Quantizes with ranges measured here: see `ranges.py`."""
    converter._experimental_calibrate_only = True
    return _quantize_float(bytes(converter.convert()), job)


def _convert_fused(converter: Any, job: Job) -> bytes:
    """Converts to float first: the converter's calibration runs no file with nodes that are yet to be operators."""
    converter.allow_custom_ops = True
    content = fuse_lstms(bytes(converter.convert()))
    return _quantize_float(content, job) if job.settings.needs_calibration else content


def _quantize_float(content: bytes, job: Job) -> bytes:
    import tensorflow as tf
    from tensorflow.lite.python.convert import mlir_quantize

    measured = with_measured_ranges(content, job.calibration, job.graph.states)
    io_type = getattr(tf, job.settings.io_type)
    return bytes(mlir_quantize(measured, input_data_type=io_type, output_data_type=io_type))


def _concrete_function(graph: FrozenGraph) -> Any:
    import tensorflow as tf

    graph_def = tf.compat.v1.GraphDef.FromString(graph.graph_def)
    wrapped = tf.compat.v1.wrap_function(lambda: tf.import_graph_def(graph_def, name=""), [])
    inputs = [wrapped.graph.get_tensor_by_name(name) for name in graph.inputs]
    outputs = [wrapped.graph.get_tensor_by_name(name) for name in graph.outputs]
    return wrapped.prune(inputs, outputs)


def _configure(converter: Any, settings: ConversionSettings) -> None:
    import tensorflow as tf

    if settings.quantization == "float32":
        return
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if settings.quantization == "float16":
        converter.target_spec.supported_types = [tf.float16]
        return
    operators = {
        "int8": tf.lite.OpsSet.TFLITE_BUILTINS_INT8,
        "int16x8": tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8,
    }
    converter.target_spec.supported_ops = [operators[settings.quantization]]
    converter.inference_input_type = converter.inference_output_type = getattr(tf, settings.io_type)


def _samples(calibration: Sequence[np.ndarray]) -> Iterator[list[np.ndarray]]:
    for index in range(len(calibration[0])):
        yield [array[index : index + 1] for array in calibration]
