import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from targets.by_hand import cost, costs, target, verdict

from neuralspot_edge.targets import estimate_latency, list_targets, load_target
from neuralspot_edge.targets.latency import estimate_work
from neuralspot_edge.targets.loading import load_reference_kernels

CALL, RUN = 400 * 1.2, 2000 * 1.2
"""Instructions for calling a kernel and for a run, at a Cortex-M4's 1.2 cycles each."""

CONV = cost("CONV_2D", 1, 1, 100, 8, macs=10_000)
MEAN = cost("MEAN", 1, 1, 1, 8, elementwise=800, index=1)
DEPTHWISE = cost("DEPTHWISE_CONV_2D", 1, 1, 100, 8, macs=2400)


def cycles(*operators, core="cortex-m4", support=None):
    estimate = estimate_latency(target(core), costs(*operators), support)
    return estimate.cycles


def test_a_model_of_nothing_takes_the_interpreter():
    assert cycles() == RUN


def test_a_convolution_by_hand():
    # 3.3 cycles a MAC and 40 an output on a Cortex-M4.
    assert cycles(CONV) == RUN + CALL + 33_000 + 800 * 40


def test_time_is_cycles_by_the_clock():
    estimate = estimate_latency(target(), costs(CONV))
    assert estimate.milliseconds == pytest.approx(67_880 / 100_000)
    twice = estimate_latency(target().replace(clock_mhz=200.0), costs(CONV))
    assert twice.milliseconds == pytest.approx(estimate.milliseconds / 2)
    assert twice.cycles == estimate.cycles


def test_the_band_holds_for_the_kernels_and_not_for_what_is_fixed():
    estimate = estimate_latency(target(), costs(CONV))
    assert estimate.low == pytest.approx((RUN + CALL + 65_000 * 0.7) / 100_000)
    assert estimate.high == pytest.approx((RUN + CALL + 65_000 * 1.5) / 100_000)


def test_a_mean_runs_on_the_reference_kernel_and_is_said_to():
    # 95 instructions an element, 60 an output.
    expected = RUN + CALL + (95 * 800 + 60 * 8) * 1.2
    assert cycles(MEAN) == round(expected)
    estimate = estimate_latency(target(), costs(CONV, MEAN))
    assert estimate.slow_share == pytest.approx((expected - RUN) / estimate.cycles, rel=1e-4)
    assert "58% of it are operators without a fast kernel (MEAN)" in estimate.method
    with_pad = estimate_latency(target(), costs(CONV, MEAN, cost("PAD", 1, 10))).method
    assert "without a fast kernel (MEAN)" in with_pad


def test_support_decides_what_is_fast():
    slow = [verdict(CONV, "cmsis-nn", "runs")]
    assert cycles(CONV, support=slow) == round(RUN + CALL + (30 * 10_000 + 60 * 800) * 1.2)
    assert cycles(CONV, support=[verdict(CONV, "cmsis-nn", "fast")]) == cycles(CONV)
    assert cycles(CONV, support=[verdict(CONV, "tflm", "runs")]) == cycles(CONV)
    assert cycles(CONV, support=[verdict(CONV, "ethos-u55", "refused")]) == cycles(CONV)
    other = dataclasses.replace(slow[0], subgraph_index=1)
    assert cycles(CONV, support=[other]) == cycles(CONV)


def test_a_dilated_depthwise_convolution_runs_in_a_plain_loop():
    slow = cycles(DEPTHWISE, support=[verdict(DEPTHWISE, "cmsis-nn", "runs")])
    assert slow == round(RUN + CALL + (16 * 2400 + 60 * 800) * 1.2)


@pytest.mark.parametrize("backend", ["tflm", "cmsis-nn"])
@pytest.mark.parametrize("core", ["cortex-m4", "xtensa-lx7", "hazard3"])
def test_what_does_not_run_takes_no_time(backend, core):
    assert estimate_latency(target(core), costs(CONV), [verdict(CONV, backend, "refused")]) is None


def test_float_runs_on_reference_kernels_and_without_an_fpu_much_slower():
    real = cost("CONV_2D", 1, 1, 100, 8, macs=10_000, dtype="float32")
    work = (30 * 10_000 + 60 * 800) * 1.2
    assert cycles(real) == round(RUN + CALL + work)
    without = cycles(real, core="cortex-m0+")
    assert without == round((2000 + 400 + (30 * 10_000 + 60 * 800) * 8) * 1.6)


def test_int16_takes_helium_twice_as_long():
    wide = cost("CONV_2D", 1, 1, 100, 8, macs=10_000, dtype="int16")
    fixed = cycles(core="cortex-m55") + 400 * 0.95
    assert cycles(wide, core="cortex-m55") - fixed == pytest.approx(
        2 * (cycles(CONV, core="cortex-m55") - fixed), abs=2
    )
    assert cycles(wide) == cycles(CONV)


def test_the_method_says_what_it_is_and_what_it_leaves_out():
    work = dataclasses.replace(cost("CUSTOM", 1, 4), counted=False)
    named = dataclasses.replace(work, operator=dataclasses.replace(work.operator, custom_code="Mine"))
    method = estimate_latency(load_target("alif-e7"), costs(CONV, named)).method
    assert method.startswith("estimate, not a measurement: ")
    assert "cortex-m55 with CMSIS-NN kernels at 400 MHz, fitted to published times (1)" in method
    assert "without Mine, whose work is not known" in method
    assert "for the CPU alone, nse profile --vela asks ethos-u-vela about the ethos-u55-256" in method


def test_a_core_without_published_times_is_not_called_calibrated():
    estimate = estimate_latency(load_target("rp2040"), costs(CONV))
    assert estimate.calibrated == 0
    assert "not calibrated: from the core's instruction set" in estimate.method
    assert "external flash" in estimate.method


def test_squeeze_and_excite_takes_the_share_that_was_seen_on_emulated_cores():
    """Five MEANs took 36 % of all instructions on an emulated Cortex-M4 and 63 % on a Cortex-M55.

    The model is the preset of a smartwatch with squeeze-and-excite in each block, its operators summed by class.
    """
    operators = [
        cost("CONV_2D", 1, 1, 100, 24, macs=100_800, kernel=7),
        cost("CONV_2D", 1, 1, 100, 432, macs=952_960, kernel=1),
        cost("DEPTHWISE_CONV_2D", 1, 1, 100, 192, macs=57_600),
        *[cost("MEAN", 1, 1, 1, 42, elementwise=4200) for _ in range(5)],
    ]
    for core, seen in (("cortex-m4", 0.36), ("cortex-m55", 0.63)):
        assert estimate_latency(load_target(core), costs(*operators)).slow_share == pytest.approx(seen, abs=0.12)


@st.composite
def works(draw):
    kinds = ["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "MEAN", "ADD", "SOFTMAX", "PAD", "LOGISTIC", "RESHAPE"]
    return cost(
        draw(st.sampled_from(kinds)),
        draw(st.integers(1, 1000)),
        macs=draw(st.integers(0, 10**7)),
        elementwise=draw(st.integers(0, 10**6)),
        dtype=draw(st.sampled_from(["int8", "int16", "float32", "int32", "bool"])),
        kernel=draw(st.sampled_from([1, 3])),
    )


@settings(deadline=None)
@given(
    operators=st.lists(works(), min_size=1, max_size=5),
    more=st.integers(1, 10**7),
    name=st.sampled_from(list_targets()),
)
def test_more_work_never_takes_less_time(operators, more, name):
    chip = load_target(name)
    larger = [dataclasses.replace(operators[0], macs=operators[0].macs + more), *operators[1:]]
    before = estimate_latency(chip, costs(*operators))
    for after in (
        estimate_latency(chip, costs(*larger)),
        estimate_latency(chip, costs(*operators, operators[0])),
        estimate_latency(chip, costs(*operators), [verdict(operators[0], "cmsis-nn", "runs")]),
    ):
        assert after.milliseconds >= before.milliseconds
        assert after.high >= before.high
    assert 0 < before.low <= before.milliseconds <= before.high
    assert 0 <= before.slow_share <= 1


def test_what_is_fixed_is_taken_from_the_data():
    reference = load_reference_kernels()
    assert (reference.per_operator, reference.per_inference) == (400, 2000)
    assert estimate_work(target(), []).cycles == RUN
