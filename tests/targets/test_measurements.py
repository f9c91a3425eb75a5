"""The estimates against published times."""

import pytest

from neuralspot_edge.targets import load_measurements, load_target
from neuralspot_edge.targets.latency import estimate_work
from neuralspot_edge.targets.measurements import count_measurements, works_of

ALL = load_measurements()
FITTED = [each for each in ALL.measurements if each.fitted]
OTHERS = [each for each in ALL.measurements if not each.fitted]


def estimate(measurement):
    return estimate_work(load_target(measurement.core).replace(clock_mhz=measurement.clock_mhz), works_of(measurement))


def name_of(measurement):
    return f"{measurement.workload}-{measurement.device.partition(' (')[0]}"


@pytest.mark.parametrize("measurement", [*FITTED, *(each for each in OTHERS if each.reference)], ids=name_of)
def test_a_published_time_is_within_the_band(measurement):
    expected = estimate(measurement)
    assert expected.low <= measurement.milliseconds <= expected.high


@pytest.mark.parametrize("measurement", FITTED, ids=name_of)
def test_fast_kernels_are_estimated_within_a_quarter(measurement):
    assert estimate(measurement).milliseconds == pytest.approx(measurement.milliseconds, rel=0.25)


@pytest.mark.parametrize("measurement", OTHERS, ids=name_of)
def test_a_time_that_was_left_out_is_slower_than_estimated_and_says_why(measurement):
    assert measurement.note
    assert measurement.milliseconds > estimate(measurement).milliseconds


def test_the_cores_that_matter_are_calibrated():
    counts = {core: count_measurements(core) for core in ("cortex-m4", "cortex-m33", "cortex-m7", "cortex-m55")}
    assert counts == {"cortex-m4": 6, "cortex-m33": 9, "cortex-m7": 1, "cortex-m55": 1}
    assert count_measurements("xtensa-lx7") == count_measurements("rv32imc") == 1
    assert count_measurements("cortex-m0+") == 0


@pytest.mark.parametrize(
    ("workload", "macs"),
    [("kws", 2_656_768), ("ic", 12_501_632), ("vww", 7_489_664), ("ad", 264_192), ("person-detection", 7_157_888)],
)
def test_the_workloads_have_the_macs_of_their_models(workload, macs):
    assert sum(layers.macs for layers in ALL.workloads[workload].values()) == macs


def test_a_workload_has_as_many_operators_as_its_model():
    measurement = next(each for each in FITTED if each.workload == "kws")
    works = works_of(measurement)
    assert len(works) == 13
    assert sum(work.macs for work in works) == 2_656_768
