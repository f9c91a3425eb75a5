"""Hypothesis strategies for TCN params and inputs, and a model with weights that no symmetry hides."""

from __future__ import annotations

import warnings
from typing import Any

import keras
import numpy as np
from hypothesis import strategies as st

from neuralspot_edge.models import TcnModel, TcnParams
from neuralspot_edge.models.params import ParamsWarning

BLOCK_TYPES = ("lg", "mb", "sm")
NORMS = (None, "batch", "layer", "channel")
EXPORTABLE = ("relu6", "relu", "linear", "leaky_relu", "tanh", "sigmoid", "hard_sigmoid", "swish")
ALL_ACTIVATIONS = (*EXPORTABLE, "gelu", "selu", "mish", "elu", "softplus", "hard_swish", "hard_tanh", "softsign")

sizes = st.one_of(st.integers(1, 5), st.tuples(st.integers(1, 3), st.integers(1, 5)))
rates = st.one_of(st.integers(1, 5), st.tuples(st.integers(1, 2), st.integers(1, 5)))


def blocks(
    activations: tuple[str, ...] = ALL_ACTIVATIONS, fewest_filters: int = 1
) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"filters": st.integers(fewest_filters, 8), "activation": st.sampled_from(activations)},
        optional={
            "depth": st.integers(1, 2),
            "branch": st.integers(1, 3),
            "kernel": sizes,
            "dilation": rates,
            "ex_ratio": st.sampled_from([1, 1.5, 2]),
            "se_ratio": st.sampled_from([0, 1, 2, 4, 100]),
            "se_window": st.one_of(st.none(), st.integers(1, 6)),
            "dropout": st.sampled_from([None, 0, 0.3]),
            "norm": st.sampled_from(NORMS),
            "skip": st.sampled_from([None, "identity", "project"]),
            "se_context": st.sampled_from([None, "window", "causal", "frame"]),
        },
    )


def params(
    activations: tuple[str, ...] = ALL_ACTIVATIONS, fewest_filters: int = 1
) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "blocks": st.lists(blocks(activations, fewest_filters), max_size=3),
            "block_type": st.sampled_from(BLOCK_TYPES),
        },
        optional={
            "input_kernel": st.one_of(st.none(), sizes),
            "input_norm": st.sampled_from(NORMS),
            "output_kernel": sizes,
            "include_top": st.booleans(),
            "use_logits": st.booleans(),
            "output_activation": st.sampled_from([None, "sigmoid", "tanh"]),
            "padding": st.sampled_from(["same", "causal"]),
            "head": st.sampled_from(["per_step", "pooled", "last"]),
            "skip": st.sampled_from(["identity", "project"]),
            "se_context": st.sampled_from(["window", "causal", "frame"]),
        },
    )


input_shapes = st.one_of(
    st.tuples(st.integers(1, 24), st.integers(1, 4)),
    st.tuples(st.integers(1, 3), st.integers(1, 16), st.integers(1, 3)),
)


def build(tcn: dict[str, Any] | TcnParams, shape: tuple[int | None, ...], num_classes: int = 3) -> keras.Model:
    keras.utils.set_random_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ParamsWarning)
        return TcnModel.model_from_params(keras.Input(shape), tcn, num_classes)


def randomize(model: keras.Model, seed: int = 0) -> keras.Model:
    """Weights as after some training: no zero bias, no batch statistics of 0 and 1, no unit that is always off."""
    generator = np.random.default_rng(seed)
    for weight in model.weights:
        noise = generator.normal(0, 0.2, weight.shape).astype(np.float32)
        weight.assign(np.abs(weight.numpy() + noise) + 0.1 if "variance" in weight.path else weight.numpy() + noise)
    return model


def windows(shape: tuple[int, ...], count: int = 8, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, *shape)).astype(np.float32)
