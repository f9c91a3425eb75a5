"""Hypothesis strategies for params of the residual TCN, and models of them."""

from __future__ import annotations

import warnings
from typing import Any

import keras
from hypothesis import strategies as st

from neuralspot_edge.models import ResidualTcnParams, residual_tcn_model
from neuralspot_edge.models.params import ParamsWarning

EXPORTABLE = ("relu", "relu6", "linear", "leaky_relu", "tanh", "sigmoid", "hard_sigmoid", "swish")
ALL_ACTIVATIONS = (*EXPORTABLE, "gelu", "selu", "mish", "elu", "softplus", "hard_tanh")
NORMS = (None, "batch", "layer", "weight")

input_shapes = st.tuples(st.integers(1, 40), st.integers(1, 4))


def params(
    activations: tuple[str, ...] = ALL_ACTIVATIONS, fewest_filters: int = 1
) -> st.SearchStrategy[dict[str, Any]]:
    """Params that are legal: a list of filters comes with skip connections only where they are equal."""
    drawn = st.fixed_dictionaries(
        {
            "dilations": st.lists(st.integers(1, 6), min_size=1, max_size=3),
            "activation": st.sampled_from(activations),
            "kernel_size": st.integers(1, 4),
        },
        optional={
            "stacks": st.integers(1, 2),
            "padding": st.sampled_from(["causal", "same"]),
            "use_skip_connections": st.booleans(),
            "dropout": st.sampled_from([0.0, 0.3]),
            "norm": st.sampled_from(NORMS),
            "activate_twice": st.booleans(),
            "head": st.sampled_from([None, "last", "middle", "per_step", "pooled"]),
            "compute": st.sampled_from(["last_only", "all"]),
            "use_logits": st.booleans(),
            "output_activation": st.sampled_from([None, "sigmoid", "tanh"]),
        },
    )
    return st.tuples(drawn, st.lists(st.integers(fewest_filters, 6), min_size=3, max_size=3), st.booleans()).map(_join)


def _join(parts: tuple[dict[str, Any], list[int], bool]) -> dict[str, Any]:
    drawn, widths, backwards = parts
    levels = len(drawn["dilations"])
    is_list = not drawn.get("use_skip_connections", True)
    filters = widths[:levels] if is_list else widths[0]
    return {**drawn, "filters": filters, "go_backwards": backwards and drawn.get("head") != "per_step"}


def build(
    given: dict[str, Any] | ResidualTcnParams, shape: tuple[int | None, ...], num_classes: int | None = 3
) -> keras.Model:
    keras.utils.set_random_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ParamsWarning)
        return residual_tcn_model(keras.Input(shape), given, num_classes)
