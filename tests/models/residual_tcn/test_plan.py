"""Thinned plans, checked by hand and by what a convolution reads."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralspot_edge.layers.conv_geometry import ConvGeometry
from neuralspot_edge.models.residual_tcn.plan import Steps, plan_blocks


def test_doubling_dilations_leave_none_and_halve_the_steps():
    plans = plan_blocks((1, 2, 4), 3, "causal", 64, 63)
    assert [plan.entry for plan in plans] == [Steps(35, 29, 1), Steps(39, 13, 2), Steps(47, 5, 4)]
    assert [plan.first for plan in plans] == [ConvGeometry()] * 3
    assert [plan.second.stride for plan in plans] == [2, 2, 1]
    assert plans[-1].exit == Steps(63)


def test_steps_before_the_first_one_are_zeros_on_the_grid():
    (plan,) = plan_blocks((4,), 3, "causal", 10, 9)
    # Step 9 reads 9, 5, 1 of the hidden steps; those read back to -7, and 1 - 4 and 1 - 8 are not there.
    assert plan.entry == Steps(1, 3, 4)
    assert (plan.first, plan.second) == (ConvGeometry(before=2), ConvGeometry())


def test_a_second_stack_leaves_the_first_one_as_dense_as_it_is():
    plans = plan_blocks((1, 2, 1, 2), 2, "causal", 64, 63)
    assert [plan.entry.distance for plan in plans] == [1, 1, 1, 2]
    assert plans[1].first.dilation == 2


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    dilations=st.lists(st.integers(1, 8), min_size=1, max_size=4),
    kernel_size=st.integers(1, 4),
    padding=st.sampled_from(["causal", "same"]),
    length=st.integers(1, 50),
    data=st.data(),
)
def test_a_plan_gives_the_wanted_step_of_the_full_computation(dilations, kernel_size, padding, length, data):
    """The plan is played with one channel in numpy, beside the full convolutions."""
    wanted = data.draw(st.integers(0, length - 1))
    plans = plan_blocks(dilations, kernel_size, padding, length, wanted)
    generator = np.random.default_rng(0)
    kernels = generator.normal(size=(len(dilations), 2, kernel_size))
    full = generator.normal(size=length)
    thin = full[_places(plans[0].entry)]
    for plan, dilation, (one, two) in zip(plans, dilations, kernels, strict=True):
        whole = ConvGeometry.whole(kernel_size, dilation, padding)
        branch = _convolve(_convolve(thin, one, plan.first), two, plan.second)[:: plan.thinning]
        thin = branch + thin[_places(plan.exit.within(plan.entry))]
        full = full + _convolve(_convolve(full, one, whole), two, whole)
    assert len(thin) == 1
    assert thin[0] == pytest.approx(full[wanted], rel=1e-9, abs=1e-9)


def _places(steps):
    return slice(steps.first, steps.last + 1, steps.distance)


def _convolve(x, kernel, geometry):
    x = np.concatenate([np.zeros(geometry.before), x, np.zeros(geometry.after)])
    span = (len(kernel) - 1) * geometry.dilation
    starts = range(0, len(x) - span, geometry.stride)
    # A bias shows where zeros before the first step are taken for computed ones.
    return np.array([1 + x[start : start + span + 1 : geometry.dilation] @ kernel for start in starts])
