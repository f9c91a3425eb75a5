"""What int8 costs a model, layer by layer: measured by rounding everything but one layer, and one layer alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralspot_edge.errors import InputError
from neuralspot_edge.graph import Tensor
from neuralspot_edge.quantization.activations import Activation, observe_activations
from neuralspot_edge.quantization.measures import relative_error, sqnr_db
from neuralspot_edge.quantization.operators import WEIGHTED
from neuralspot_edge.quantization.placement import MOVES

if TYPE_CHECKING:
    from neuralspot_edge.quantization.study import Study

__all__ = ["MAX_ANALYSED", "Analysis", "Kernel", "Layer", "Output", "analyze"]

MAX_ANALYSED = 128
"""Samples that an analysis plays; more change the figures little and cost time in proportion."""


@dataclass(frozen=True)
class Kernel:
    """The weights of a convolution or dense layer, by output channel.

    Attributes:
        tensor: Name of the tensor.
        is_per_channel: Whether each channel has steps of its own; otherwise all share those of the largest, and a wide
            spread leaves few to the others.
        spread: The largest |weight| of the largest channel over that of the smallest; channels of zeros do not count.
        channel: Index of the channel with the largest |weight|.
    """

    tensor: str
    is_per_channel: bool
    spread: float
    channel: int


@dataclass(frozen=True)
class Layer:
    """A layer's part in the error of the model's outputs.

    Shares of single layers need not sum to 1: what one layer adds, another may amplify or happen to cancel. A negative
    share says that the error grows where the layer is left unrounded.

    Attributes:
        name: The layer's name; `input` for the rounding of the model's inputs.
        cost: Share of the error that goes away where this layer alone is left unrounded.
        weight_cost: The same of its weights alone.
        activation_cost: The same of what it computes alone.
        sqnr_db: Of what it gives in the int8 model, in dB, see `Activation.sqnr_db`.
        alone_sqnr_db: Of the model's outputs where this layer alone is rounded, in dB.
        activation: What it computes; of several tensors that one which its own rounding harms most. None where it only
            has weights that round.
        kernel: Its weights, of several kernels that with the widest spread; None where it has no kernel.
        reads: Names of the layers whose values it reads.
        is_input: Whether it is the rounding of an input of the model.
        is_output: Whether it gives an output of the model.
    """

    name: str
    cost: float
    weight_cost: float
    activation_cost: float
    sqnr_db: float
    alone_sqnr_db: float
    activation: Activation | None
    kernel: Kernel | None
    reads: tuple[str, ...]
    is_input: bool
    is_output: bool


@dataclass(frozen=True)
class Output:
    """What int8 does to an output of the model.

    Attributes:
        name: The output's name.
        dtype: Its type in the file.
        error: Mean square error against the unrounded model over the mean square of that.
        sqnr_db: The same in dB.
    """

    name: str
    dtype: str
    error: float
    sqnr_db: float


@dataclass(frozen=True)
class Analysis:
    """What int8 costs a model.

    Attributes:
        samples: How many were played.
        outputs: The error of each output.
        layers: All layers that round, the one that costs most first.
    """

    samples: int
    outputs: tuple[Output, ...]
    layers: tuple[Layer, ...]

    @property
    def error(self) -> float:
        """The mean of the outputs' relative errors."""
        return float(np.mean([output.error for output in self.outputs]))

    @property
    def sqnr_db(self) -> float:
        """`error` in dB."""
        return sqnr_db(self.error)


def analyze(
    study: Study,
    samples: np.ndarray | Sequence[np.ndarray],
    *,
    limit: int = MAX_ANALYSED,
    progress: Callable[[int, int], None] | None = None,
) -> Analysis:
    """Measures what rounding costs.

    The same samples give the same figures.

    Args:
        study: The model, unrounded and in int8.
        samples: For each input an array (samples, ...), as the model takes them; a single array where there is one
            input.
        limit: At most so many are played, spread evenly over those given.
        progress: Called after each layer with layers done and all of them.

    Raises:
        InputError: The samples do not fit the model.
    """
    chosen = _chosen(study, samples, limit)
    activations = observe_activations(study, chosen)
    errors = _Errors(study, chosen)
    names = [name for name in study.layers if _rounds(study, name)]
    layers = []
    for done, name in enumerate(names, 1):
        layers.append(_layer(study, name, errors, activations))
        if progress is not None:
            progress(done, len(names))
    ranked = sorted(layers, key=lambda layer: -layer.cost)
    return Analysis(len(chosen[0]), _outputs(study, errors), tuple(ranked))


class _Errors:
    """Relative mean square errors of the outputs, by what is rounded.

    Args:
        study: The model.
        samples: What is played.
    """

    def __init__(self, study: Study, samples: Sequence[np.ndarray]) -> None:
        self._study, self._samples = study, samples
        self._real = study.outputs(samples, study.rounding(()))
        self._known: dict[bytes, tuple[float, ...]] = {}

    def of_each(self, mask: np.ndarray) -> tuple[float, ...]:
        key = mask.tobytes()
        if key not in self._known:
            pairs = zip(self._study.outputs(self._samples, mask), self._real, strict=True)
            self._known[key] = tuple(relative_error(x, real) for x, real in pairs)
        return self._known[key]

    def of(self, mask: np.ndarray) -> float:
        return float(np.mean(self.of_each(mask)))


def _layer(study: Study, name: str, errors: _Errors, activations: dict[int, Activation]) -> Layer:
    graph = study.layer.graph
    places = sorted(study.layers[name])
    constants = [index for index in places if graph.tensors[index].is_constant]
    computed = [index for index in places if not graph.tensors[index].is_constant]
    everywhere = study.rounding()
    whole = errors.of(everywhere)

    def share(unrounded: list[int]) -> float:
        mask = everywhere.copy()
        mask[unrounded] = 0
        return 1 - errors.of(mask) / whole if whole else 0.0

    seen = [activations[index] for index in _in_order(study, computed) if index in activations]
    return Layer(
        name=name,
        cost=share(places),
        weight_cost=share(constants),
        activation_cost=share(computed),
        sqnr_db=seen[-1].sqnr_db if seen else float("inf"),
        alone_sqnr_db=sqnr_db(errors.of(study.rounding([name]))),
        activation=min(seen, key=lambda activation: activation.own_sqnr_db, default=None),
        kernel=_kernel(study, set(constants)),
        reads=_reads(study, set(computed)),
        is_input=bool(_inputs(study) & study.layers[name]),
        is_output=any(index in study.layers[name] for index in _rounded_in(study, graph.outputs)),
    )


def _in_order(study: Study, computed: list[int]) -> list[int]:
    """Tensors in the order in which they are computed; that of their numbers may be another."""
    written = [tensor.index for operator in study.layer.graph.operators for tensor in operator.outputs]
    return [index for index in computed if index not in written] + [index for index in written if index in computed]


def _inputs(study: Study) -> set[int]:
    """Where the inputs are rounded: as they come, or behind them where the file takes floats."""
    graph = study.layer.graph
    given = {tensor.index for tensor in graph.inputs}
    behind = (o for o in graph.operators if o.kind == "QUANTIZE" and o.inputs[0] and o.inputs[0].index in given)
    return given | {tensor.index for operator in behind for tensor in operator.outputs}


def _reads(study: Study, computed: set[int]) -> tuple[str, ...]:
    operators = [o for o in study.layer.graph.operators if any(tensor.index in computed for tensor in o.outputs)]
    sources = {index for operator in operators for index in _rounded_in(study, operator.inputs)} - computed
    return tuple(name for name, places in study.layers.items() if any(index in sources for index in places))


def _rounded_in(study: Study, tensors: Sequence[Tensor | None]) -> set[int]:
    """Where the values of tensors were rounded last: what only moves them rounds nothing."""
    movers = {t.index: o for o in study.layer.graph.operators if o.kind in MOVES for t in o.outputs}
    waiting, found = [t for t in tensors if t is not None and not t.is_constant], set()
    while waiting:
        tensor = waiting.pop()
        if tensor.index in movers:
            waiting += [t for t in movers[tensor.index].inputs if t is not None and not t.is_constant]
        else:
            found.add(tensor.index)
    return found


def _kernel(study: Study, constants: set[int]) -> Kernel | None:
    kernels = [
        kernel
        for operator in study.layer.graph.operators
        if operator.kind in WEIGHTED and (kernel := operator.inputs[1]) is not None and kernel.index in constants
    ]
    found = []
    for kernel in kernels:
        values = np.abs(study.layer.operand(kernel).numpy())
        largest = values.reshape(-1, values.shape[-1]).max(axis=0)
        alive = largest[largest > 0]
        spread = float(alive.max() / alive.min()) if len(alive) else 1.0
        is_per_channel = kernel.quantization is not None and len(kernel.quantization.scale) > 1
        found.append(Kernel(kernel.name, is_per_channel, spread, int(largest.argmax())))
    return max(found, key=lambda kernel: kernel.spread, default=None)


def _outputs(study: Study, errors: _Errors) -> tuple[Output, ...]:
    graph = study.layer.graph
    each = zip(graph.output_names, graph.outputs, errors.of_each(study.rounding()), strict=True)
    return tuple(Output(name, tensor.dtype, error, sqnr_db(error)) for name, tensor, error in each)


def _rounds(study: Study, name: str) -> bool:
    """Whether there is anything to round: the float inputs of a file are not."""
    return any(study.layer.graph.tensors[index].quantization is not None for index in study.layers[name])


def _chosen(study: Study, samples: np.ndarray | Sequence[np.ndarray], limit: int) -> list[np.ndarray]:
    inputs = study.layer.graph.inputs
    given: list[Any] = [samples] if hasattr(samples, "__array__") else list(samples)
    if limit < 1:
        raise InputError(f"limit: at least one sample is played, received {limit}")
    if len(given) != len(inputs):
        raise InputError(f"samples: the model needs {len(inputs)} array(s), one for each input; received {len(given)}")
    arrays = [_checked(array, tensor) for array, tensor in zip(given, inputs, strict=True)]
    if len({len(array) for array in arrays}) > 1:
        counts = ", ".join(str(len(array)) for array in arrays)
        raise InputError(f"samples: every input needs the same number of samples, received {counts}")
    kept = np.linspace(0, len(arrays[0]) - 1, min(len(arrays[0]), limit)).round().astype(int)
    return [array[kept] for array in arrays]


def _checked(array: np.ndarray, tensor: Tensor) -> np.ndarray:
    """Real values where the file has integers that stand for them; tokens stay whole numbers."""
    is_real = tensor.quantization is not None or tensor.dtype.startswith("float")
    array = np.asarray(array, "float32" if is_real else tensor.dtype)
    shape = tensor.shape[1:]
    if array.shape[1:] != shape or not array.size:
        wanted = f"(samples, {', '.join(map(str, shape))})"
        raise InputError(f"samples: the input {tensor.name!r} needs shape {wanted}, received {array.shape}")
    if not np.isfinite(array).all():
        raise InputError(f"samples: the input {tensor.name!r} has NaN or infinity")
    return array
