"""`TCN`: the residual blocks of Bai et al. (2018) as one Keras layer, with the arguments of keras-tcn 3.5.7."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import keras

from neuralspot_edge.errors import InputError
from neuralspot_edge.models.params import ParamsWarning, validate
from neuralspot_edge.models.residual_tcn.block import ResidualBlock, take
from neuralspot_edge.models.residual_tcn.keras_tcn import read_norm
from neuralspot_edge.models.residual_tcn.params import (
    ONCE_IS_TWICE,
    Compute,
    Padding,
    ResidualTcnStack,
    ReturnedStep,
)
from neuralspot_edge.models.residual_tcn.plan import BlockPlan, Steps, plan_blocks

__all__ = ["TCN"]


@keras.saving.register_keras_serializable(package="neuralspot_edge")
class TCN(keras.layers.Layer):  # type: ignore[misc]
    """A temporal convolutional network (Bai et al. 2018, https://arxiv.org/abs/1803.01271) as a layer.

    The first fifteen arguments are those of keras-tcn 3.5.7, in its order, and `set_weights` takes the weights of its
    layer. What differs, differs where its documentation says otherwise than its code does.

    Input is (batch, time, channels); the length may be unknown. An image (batch, 1, time, channels) is taken too, and
    the output is then an image.

    A mask says which steps are there. A step that is not counts as zeros to every convolution, so that a padded
    sequence, on whichever side, gives what it gives alone; the last and the middle step are those of the steps that
    are there. The mask passes on where sequences are returned.

    Args:
        nb_filters: Output channels of all blocks, or a sequence with those of each level.
        kernel_size: Taps of each convolution.
        nb_stacks: How often the list of levels is repeated.
        dilations: Dilation of each level.
        padding: `causal` or `same`.
        use_skip_connections: Whether the output is the sum of all blocks' branches, or that of the last block.
        dropout_rate: Rate of spatial dropout.
        return_sequences: Whether every step is returned, or `returned_step` alone.
        activation: A Keras activation, by name or as a function.
        kernel_initializer: A Keras initializer, by name or as an object.
        use_batch_norm: Batch normalization after each convolution.
        use_layer_norm: Normalization over the channels of each step, after each convolution.
        go_backwards: Whether the sequence is read from its end; a returned sequence is then in that order.
        return_state: Whether to return the state too: `[output, *state]`. Called with `initial_state=state`, the layer
            goes on where that call ended: a sequence in pieces gives what it gives whole. Causal padding only.
        use_weight_norm: Weight normalization of each convolution in the blocks; keras-tcn 3.5.7 has none.
        activate_twice: Whether a block's activation is applied once more before its sum, as keras-tcn does, which
            shows with activations other than ReLU. None is False, and `set_weights` then warns where it shows.
        returned_step: `last`, or `middle`, which is time // 2; None is the last one with causal padding and the middle
            one with same, as in keras-tcn.
        compute: Without `return_sequences`: `last_only` computes the steps that the returned one needs, `all` computes
            every step. The result is the same. While training with batch normalization all are computed, as the
            statistics are over all.
        **kwargs: Those of `keras.layers.Layer`.

    Raises:
        InputError: The arguments do not fit together.
    """

    def __init__(  # noqa: PLR0917 - keras-tcn's order
        self,
        nb_filters: int | Sequence[int] = 64,
        kernel_size: int = 3,
        nb_stacks: int = 1,
        dilations: Sequence[int] = (1, 2, 4, 8, 16, 32),
        padding: Padding = "causal",
        use_skip_connections: bool = True,
        dropout_rate: float = 0.0,
        return_sequences: bool = False,
        activation: Any = "relu",
        kernel_initializer: Any = "he_normal",
        use_batch_norm: bool = False,
        use_layer_norm: bool = False,
        go_backwards: bool = False,
        return_state: bool = False,
        *,
        use_weight_norm: bool = False,
        activate_twice: bool | None = None,
        returned_step: ReturnedStep | None = None,
        compute: Compute = "last_only",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        flags = {
            "use_batch_norm": use_batch_norm,
            "use_layer_norm": use_layer_norm,
            "use_weight_norm": use_weight_norm,
        }
        self.stack = _stack(
            flags,
            nb_filters=nb_filters,
            kernel_size=kernel_size,
            nb_stacks=nb_stacks,
            dilations=dilations,
            padding=padding,
            use_skip_connections=use_skip_connections,
            dropout_rate=dropout_rate,
            go_backwards=go_backwards,
            activate_twice=bool(activate_twice),
            compute=compute,
        )
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.activation = _known_to_keras("activation", keras.activations.get, activation)
        self.kernel_initializer = _known_to_keras("kernel_initializer", keras.initializers.get, kernel_initializer)
        self.returned_step = _returned_step(returned_step, self.stack.padding)
        self.supports_masking = True
        self._activate_twice_is_given = activate_twice is not None
        self._blocks: list[ResidualBlock] = []
        _check_state(self)

    @property
    def receptive_field(self) -> int:
        """1 + 2 (kernel_size - 1) * nb_stacks * sum(dilations), in steps."""
        return self.stack.reach

    @property
    def layers(self) -> list[ResidualBlock]:
        """The residual blocks."""
        return list(self._blocks)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the blocks, in the order of keras-tcn's weights."""
        if len(input_shape) not in (3, 4) or (len(input_shape) == 4 and input_shape[1] != 1):
            raise InputError(f"a TCN's input is (time, channels) or (1, time, channels), received {input_shape[1:]}")
        shape = input_shape if len(input_shape) == 4 else (input_shape[0], 1, *input_shape[1:])
        levels = zip(self.stack.block_filters, self.stack.block_dilations, strict=True)
        for index, (filters, dilation) in enumerate(levels):
            block = ResidualBlock(
                filters,
                self.stack.kernel_size,
                dilation,
                padding=self.stack.padding,
                activation=self.activation,
                dropout=self.stack.dropout,
                norm=self.stack.norm,
                kernel_initializer=self.kernel_initializer,
                activate_twice=self.stack.activate_twice,
                name=f"{self.name}.B{index + 1}",
                dtype=self.dtype_policy,
            )
            block.build(shape)
            self._blocks.append(block)
            shape = (*shape[:-1], filters)
        self.add = keras.layers.Add(name=f"{self.name}.ADD", dtype=self.dtype_policy)

    def call(
        self,
        inputs: Any,
        mask: Any = None,
        training: bool | None = None,
        initial_state: Sequence[Any] | None = None,
    ) -> Any:
        """The network.

        Args:
            inputs: (batch, time, channels), or (batch, 1, time, channels).
            mask: (batch, time), False for steps that count as not there.
            training: As in Keras.
            initial_state: What an earlier call returned after its output; None begins with zeros.

        Returns:
            (batch, time, filters) or (batch, filters); for an image (batch, 1, time or 1, filters). With
            `return_state` a list: that, and the state.
        """
        self._check_call(mask, initial_state)
        is_image = len(inputs.shape) == 4
        x = inputs if is_image else keras.ops.expand_dims(inputs, 1)
        present = None if mask is None else keras.ops.expand_dims(mask[:, None] if len(mask.shape) == 2 else mask, -1)
        if self.stack.go_backwards:
            x = keras.ops.flip(x, 2)
            present = present if present is None else keras.ops.flip(present, 2)
        plans = self._plans(x.shape[2], present, training)
        y, state = self._run(x, plans, present, self._state(x, initial_state), training)
        if not self.return_sequences and not plans:
            y = _pick(y, self.returned_step, present)
        output = y if is_image else keras.ops.squeeze(y, 1 if self.return_sequences else (1, 2))
        return [output, *state] if self.return_state else output

    def get_initial_state(self, batch_size: int | None = None) -> list[Any]:
        """The state before the first step: zeros (batch, steps, channels), two for each block.

        Together they are what the convolutions still see of the past, the inputs of each.
        """
        state = []
        for block in self._blocks:
            steps = (block.kernel_size - 1) * block.dilation
            for conv in (block.conv1, block.conv2):
                shape = (1 if batch_size is None else batch_size, steps, conv.kernel.shape[1])
                state.append(keras.ops.zeros(shape, self.compute_dtype))
        return state

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Sets the weights, in the order of keras-tcn's layer, and warns where its outputs would differ.

        The order within a block is kernel and bias of the first convolution, its norm, the same of the second one,
        kernel and bias of the 1x1 convolution where there is one.
        """
        name = getattr(self.activation, "__name__", str(self.activation))
        if not self._activate_twice_is_given and name not in ONCE_IS_TWICE:
            text = (
                f"{self.name}: {name!r} is applied once before each sum; weights that keras-tcn trained need "
                "activate_twice=True, for others say False"
            )
            warnings.warn(text, ParamsWarning, stacklevel=2)
        super().set_weights(weights)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> Any:
        """Of the output, and with `return_state` those of the state."""
        *rest, time, channels = input_shape
        filters = self.stack.block_filters
        kept = [time] if self.return_sequences else [1] * (len(input_shape) - 3)
        output = (*rest, *kept, filters[-1])
        if not self.return_state:
            return output
        widths = [width for pair in zip((channels, *filters[:-1]), filters, strict=True) for width in pair]
        steps = [(self.stack.kernel_size - 1) * d for d in self.stack.block_dilations for _ in range(2)]
        return [output, *((rest[0], step, width) for step, width in zip(steps, widths, strict=True))]

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:  # noqa: ARG002 - Keras's signature
        """The mask of the returned sequence, in its order."""
        if previous_mask is None or not self.return_sequences or self.return_state:
            return None
        return keras.ops.flip(previous_mask, -1) if self.stack.go_backwards else previous_mask

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, under keras-tcn's names."""
        stack = self.stack
        return {
            **super().get_config(),
            "nb_filters": stack.filters,
            "kernel_size": stack.kernel_size,
            "nb_stacks": stack.stacks,
            "dilations": stack.dilations,
            "padding": stack.padding,
            "use_skip_connections": stack.use_skip_connections,
            "dropout_rate": stack.dropout,
            "return_sequences": self.return_sequences,
            "activation": keras.activations.serialize(self.activation),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "use_batch_norm": stack.norm == "batch",
            "use_layer_norm": stack.norm == "layer",
            "use_weight_norm": stack.norm == "weight",
            "go_backwards": stack.go_backwards,
            "return_state": self.return_state,
            "activate_twice": stack.activate_twice,
            "returned_step": self.returned_step,
            "compute": stack.compute,
        }

    def _run(
        self, x: Any, plans: tuple[BlockPlan, ...], present: Any, state: list[Any], training: bool | None
    ) -> tuple[Any, list[Any]]:
        """The output of the blocks, and the state after the last step."""
        branches, kept = [], []
        everything = Steps(0, x.shape[2] or 1)
        x = take(x, plans[0].entry, everything) if plans else x
        for index, block in enumerate(self._blocks):
            plan = plans[index] if plans else None
            past = state[2 * index : 2 * index + 2]
            x, branch, after = block(x, plan=plan, state=past, present=present, training=training)
            branches.append(take(branch, plans[-1].exit, plan.exit) if plan else branch)
            kept += after
        if self.stack.use_skip_connections:
            x = self.add(branches) if len(branches) > 1 else branches[0]
        return x, [keras.ops.squeeze(tensor, 1) for tensor in kept]

    def _plans(self, length: int | None, present: Any, training: bool | None) -> tuple[BlockPlan, ...]:
        """What each block computes; empty where that is all."""
        stack = self.stack
        whole_batch = training and stack.norm == "batch"
        if self.return_sequences or self.return_state or stack.compute == "all" or whole_batch:
            return ()
        if length is None or present is not None:
            return ()
        wanted = length - 1 if self.returned_step == "last" else length // 2
        return plan_blocks(stack.block_dilations, stack.kernel_size, stack.padding, length, wanted)

    def _state(self, x: Any, initial_state: Sequence[Any] | None) -> list[Any]:
        if not self.return_state:
            return []
        state = self.get_initial_state(keras.ops.shape(x)[0]) if initial_state is None else initial_state
        return [keras.ops.expand_dims(tensor, 1) for tensor in state]

    def _check_call(self, mask: Any, initial_state: Sequence[Any] | None) -> None:
        if mask is not None and self.return_state:
            raise InputError("mask: a layer with return_state takes none, give each sequence without padding")
        if initial_state is None:
            return
        if not self.return_state:
            raise InputError("initial_state: the layer keeps none, make it with return_state=True")
        if len(initial_state) != 2 * len(self._blocks):
            raise InputError(
                f"initial_state: {2 * len(self._blocks)} tensors as the layer returns them, received "
                f"{len(initial_state)}"
            )


def _pick(y: Any, step: ReturnedStep, present: Any) -> Any:
    """The last or the middle step, of those that are there where a mask says so."""
    if present is None:
        if step == "last":
            return y[:, :, -1:]
        middle = keras.ops.shape(y)[2] // 2
        return y[:, :, middle : middle + 1]
    number = keras.ops.cumsum(keras.ops.cast(present, "int32"), axis=2)
    count = number[:, :, -1:]
    wanted = count if step == "last" else count // 2 + 1
    chosen = keras.ops.logical_and(keras.ops.equal(number, wanted), keras.ops.cast(present, "bool"))
    # A sequence of no steps gives zeros.
    return keras.ops.sum(keras.ops.where(chosen, y, 0), axis=2, keepdims=True)


def _stack(flags: dict[str, bool], **settings: Any) -> ResidualTcnStack:
    try:
        norm = read_norm(flags)
    except ValueError as error:
        raise InputError(str(error)) from None
    return validate(ResidualTcnStack, {**settings, "norm": norm}, where="TCN")


def _returned_step(step: ReturnedStep | None, padding: Padding) -> ReturnedStep:
    if step not in (None, "last", "middle"):
        raise InputError(f"returned_step: {step!r:.80} is not known, allowed are last, middle and None")
    return step or ("last" if padding == "causal" else "middle")


def _known_to_keras(argument: str, get: Callable[[Any], Any], value: Any) -> Any:
    try:
        return get(value)
    except (TypeError, ValueError):
        raise InputError(f"{argument}: Keras knows no {value!r:.80}; write one by name, or give the object") from None


def _check_state(layer: TCN) -> None:
    if not layer.return_state:
        return
    if layer.stack.padding != "causal" or layer.stack.go_backwards:
        raise InputError("return_state: only padding 'causal' without go_backwards goes on from a state")
    if layer.stack.kernel_size == 1:
        raise InputError("return_state: kernel_size 1 sees no past, there is no state to return")
