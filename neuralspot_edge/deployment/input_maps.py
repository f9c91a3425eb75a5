"""From a sensor's samples to the model's integers in one multiplication and one addition a value.

`standardize` and the quantization of the input are both affine, so their product is: with mean m and deviation s of a
channel, scale S and zero point Z of the input,

    integer = round((sample - m) / s / S) + Z = round(sample * gain + offset) + Z
    gain = 1 / (s * S), offset = -m / (s * S)

The constants are float32, as a microcontroller wants them. Against `Preprocessing.apply` and `Quantization.quantize`
the integers differ by at most 1, next to a tie, while no offset is beyond 2^22: for an int8 input of the usual scale of
0.03 that is a mean of 100,000 deviations, for an int16 one 1,000.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph.view import Tensor
from neuralspot_edge.preprocessing import Preprocessing

__all__ = ["InputMap", "input_map"]

_QUANTIZED_TYPES = ("int8", "uint8", "int16", "uint16")


@dataclass(frozen=True)
class InputMap:
    """How the values of one input are made from samples.

    Attributes:
        gain: Factor of each channel; one for all where the preprocessing does not tell channels apart.
        offset: What is added then, as many.
        rounds: Whether the result is rounded, moved by the zero point and clipped to the input's type.
        per_channel: Whether each channel has its own gain and offset.
        lowest: The least integer of the type less the zero point; 0 where nothing is rounded.
        highest: The greatest one, in the same way.
    """

    gain: tuple[float, ...]
    offset: tuple[float, ...]
    rounds: bool
    per_channel: bool
    lowest: int = 0
    highest: int = 0


def input_map(tensor: Tensor, preprocessing: Preprocessing) -> InputMap | None:
    """The map for one input of a model.

    Args:
        tensor: The input, quantized with one scale or none.
        preprocessing: What is done to samples. `window` needs a whole window and stays the caller's; the map is then
            from its result to the input.

    Returns:
        The map; None where there is nothing to compute: float32 without a fixed preprocessing, or integers that stand
        for no real number, such as the indices of an embedding.

    Raises:
        InputError: The preprocessing has another number of channels than the input, or is out of float32's range.
    """
    per_channel = preprocessing.kind == "standardize"
    quantization = tensor.quantization if tensor.dtype in _QUANTIZED_TYPES else None
    if quantization is None and not (per_channel and tensor.dtype == "float32"):
        return None
    gain, offset = _constants(tensor, preprocessing, 1.0 if quantization is None else quantization.scale[0])
    if quantization is None:
        return InputMap(gain, offset, rounds=False, per_channel=per_channel)
    limits, zero_point = np.iinfo(np.dtype(tensor.dtype)), quantization.zero_point[0]
    return InputMap(gain, offset, True, per_channel, int(limits.min) - zero_point, int(limits.max) - zero_point)


def _constants(
    tensor: Tensor, preprocessing: Preprocessing, scale: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Gain and offset as float32, one of each for all channels where the preprocessing does not tell them apart."""
    mean, std = np.zeros(1), np.ones(1)
    if preprocessing.kind == "standardize":
        _check_channels(tensor, preprocessing)
        mean, std = np.array(preprocessing.mean), np.array(preprocessing.std)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        gain, offset = (1 / (std * scale)).astype(np.float32), (-mean / (std * scale)).astype(np.float32)
    if not (np.isfinite(gain).all() and np.isfinite(offset).all() and gain.all()):
        raise InputError(
            f"preprocessing: mean {preprocessing.mean} and std {preprocessing.std} with the input's scale {scale} "
            "are out of float32's range; record the samples in another unit"
        )
    # Adding 0.0 turns the -0.0 of a channel without a mean into 0.0.
    return tuple(gain.tolist()), tuple((offset + 0.0).tolist())


def _check_channels(tensor: Tensor, preprocessing: Preprocessing) -> None:
    channels = tensor.shape[-1] if tensor.shape else 0
    if channels != len(preprocessing.mean):
        raise InputError(
            f"preprocessing was fitted on {len(preprocessing.mean)} channels, input {tensor.name!r} of shape "
            f"{tensor.shape} has {channels}: give the preprocessing of this model"
        )
