"""The residual block of Bai et al. (2018), figure 1: two dilated convolutions beside a shortcut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from neuralspot_edge.layers.batch_normalization import FusedBatchNormalization
from neuralspot_edge.layers.conv_geometry import ConvGeometry, Padding
from neuralspot_edge.layers.normalization import ChannelNormalization
from neuralspot_edge.layers.temporal_conv import TemporalConv
from neuralspot_edge.models.residual_tcn.params import Norm
from neuralspot_edge.models.residual_tcn.plan import BlockPlan, Steps

__all__ = ["ResidualBlock", "take"]


class ResidualBlock(keras.layers.Layer):  # type: ignore[misc]
    """Twice convolution, norm, activation, spatial dropout; then the sum with the input, and an activation.

    Where the channels differ, a 1x1 convolution brings the input to `filters`. The block is a part of `TCN`, which
    makes it anew when a model is loaded.

    Args:
        filters: Output channels.
        kernel_size: Of the two convolutions.
        dilation: Of the two convolutions.
        padding: `causal` or `same`.
        activation: A Keras activation, by name or as a function.
        dropout: Rate of spatial dropout.
        norm: `batch`, `layer` (over the channels of each step), `weight`, or None.
        kernel_initializer: Of all three convolutions.
        activate_twice: Whether the activation is applied once more before the sum, as keras-tcn does.
        **kwargs: Those of `keras.layers.Layer`.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        dilation: int = 1,
        *,
        padding: Padding = "causal",
        activation: Any = "relu",
        dropout: float = 0.0,
        norm: Norm | None = None,
        kernel_initializer: Any = "he_normal",
        activate_twice: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.activation = keras.activations.get(activation)
        self.dropout = dropout
        self.norm = norm
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.activate_twice = activate_twice
        self.supports_masking = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the layers, in the order of keras-tcn's weights."""
        middle = (*input_shape[:-1], self.filters)
        self.conv1, self.norm1 = self._conv("CN1", input_shape), self._norm("CN1", middle)
        self.conv2, self.norm2 = self._conv("CN2", middle), self._norm("CN2", middle)
        self.match = self._shortcut(input_shape) if input_shape[-1] != self.filters else None
        self.activate1, self.activate2, self.activate3 = (self._activation(f"ACT{place}") for place in (1, 2, 3))
        self.add = keras.layers.Add(**self._settings("ADD"))
        self.drop1, self.drop2 = (self._dropout(f"DROP{place}") for place in (1, 2))

    @property
    def layers(self) -> list[keras.layers.Layer]:
        """The layers within, in the order of the computation."""
        order = (
            *(self.conv1, self.norm1, self.activate1, self.drop1),
            *(self.conv2, self.norm2, self.activate2, self.drop2),
            *(self.match, self.add, self.activate3),
        )
        return [layer for layer in order if layer is not None]

    def call(
        self,
        inputs: Any,
        *,
        plan: BlockPlan | None = None,
        state: Sequence[Any] | None = None,
        present: Any = None,
        training: bool | None = None,
    ) -> tuple[Any, Any, list[Any]]:
        """The block.

        Args:
            inputs: (batch, 1, time, channels).
            plan: What to compute, where that is not all.
            state: The steps before the first one, of the input and of the second convolution's input.
            present: (batch, 1, time, 1), False for steps that count as not there.
            training: As in Keras.

        Returns:
            The output (batch, 1, time, filters), the same before the sum, and the state after the last step.
        """
        steps = None if present is None else present[..., 0]
        convolve, (one, two) = _Convolver(state, present, training), self._halves()
        y = convolve(one.conv, inputs, plan.first if plan else None)
        y = convolve(two.conv, one.finish(y, steps, training), plan.second if plan else None)
        if plan and plan.thinning > 1:
            y = y[:, :, :: plan.thinning]
        y = two.finish(y, steps, training)
        return *self._join(take(inputs, plan.exit, plan.entry) if plan else inputs, y), convolve.kept

    def _halves(self) -> tuple[_Half, _Half]:
        return (
            _Half(self.conv1, self.norm1, self.activate1, self.drop1),
            _Half(self.conv2, self.norm2, self.activate2, self.drop2),
        )

    def _join(self, inputs: Any, branch: Any) -> tuple[Any, Any]:
        if self.activate_twice:
            branch = self.activate2(branch)
        shortcut = inputs if self.match is None else self.match(inputs)
        return self.activate3(self.add([shortcut, branch])), branch

    def _conv(self, part: str, input_shape: tuple[int | None, ...]) -> TemporalConv:
        conv = TemporalConv(
            self.filters,
            self.kernel_size,
            self.dilation,
            padding=self.padding,
            kernel_initializer=self._initializer(),
            weight_norm=self.norm == "weight",
            **self._settings(part),
        )
        conv.build(input_shape)
        return conv

    def _shortcut(self, input_shape: tuple[int | None, ...]) -> TemporalConv:
        conv = TemporalConv(self.filters, 1, kernel_initializer=self._initializer(), **self._settings("SKIP"))
        conv.build(input_shape)
        return conv

    def _settings(self, part: str) -> dict[str, Any]:
        return {"name": f"{self.name}.{part}", "dtype": self.dtype_policy}

    def _initializer(self) -> Any:
        """One for each convolution: an initializer without a seed draws one for itself, and all it gives is alike."""
        is_object = isinstance(self.kernel_initializer, keras.initializers.Initializer)
        return self.kernel_initializer.clone() if is_object else self.kernel_initializer

    def _norm(self, part: str, shape: tuple[int | None, ...]) -> keras.layers.Layer | None:
        kinds: dict[str, Callable[[], keras.layers.Layer]] = {
            # Keras's own momentum of 0.99 needs hundreds of steps; the data sets of small devices have a few an epoch.
            "batch": lambda: FusedBatchNormalization(momentum=0.9, **self._settings(f"{part}.BN")),
            "layer": lambda: ChannelNormalization(**self._settings(f"{part}.CHN")),
        }
        if self.norm not in kinds:
            return None
        norm = kinds[self.norm]()
        norm.build(shape)
        return norm

    def _activation(self, part: str) -> keras.layers.Layer:
        return keras.layers.Activation(self.activation, **self._settings(part))

    def _dropout(self, part: str) -> keras.layers.Layer | None:
        return keras.layers.SpatialDropout2D(self.dropout, **self._settings(part)) if self.dropout else None


@dataclass(frozen=True)
class _Half:
    """A convolution, and what follows it."""

    conv: TemporalConv
    norm: Any
    activate: Any
    drop: Any

    def normalize(self, x: Any, steps: Any, training: bool | None) -> Any:
        """Statistics of a batch are those of the steps that are there."""
        if isinstance(self.norm, keras.layers.BatchNormalization):
            return self.norm(x, training=training, mask=steps)
        return x if self.norm is None else self.norm(x)

    def finish(self, x: Any, steps: Any, training: bool | None) -> Any:
        """All that follows the convolution."""
        x = self.activate(self.normalize(x, steps, training))
        return x if self.drop is None else self.drop(x, training=training)


class _Convolver:
    """Convolves with what stands before a sequence, and keeps what the next one needs.

    Args:
        state: The steps before the first one, for each convolution; None for zeros.
        present: (batch, 1, time, 1); what it leaves out is zeros to a convolution.
        training: As in Keras.
    """

    def __init__(self, state: Sequence[Any] | None, present: Any, training: bool | None) -> None:
        self._state = list(state or ())
        self._present = present
        self._training = training
        self.kept: list[Any] = []

    def __call__(self, conv: TemporalConv, x: Any, geometry: ConvGeometry | None) -> Any:
        if self._present is not None:
            x = x * keras.ops.cast(self._present, x.dtype)
        if not self._state:
            return conv(x, geometry=geometry, training=self._training)
        before = self._state.pop(0)
        x = keras.ops.concatenate([before, x], axis=2)
        self.kept.append(x[:, :, -before.shape[2] :])
        return conv(x, geometry=ConvGeometry(dilation=conv.dilation), training=self._training)


def take(x: Any, steps: Steps, available: Steps) -> Any:
    """Some of the available steps of (batch, 1, time, channels)."""
    if steps == available:
        return x
    places = steps.within(available)
    return x[:, :, places.first : places.last + 1 : places.distance]
