"""The data files themselves: complete, consistent, and each with its source."""

import itertools
import re
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

from neuralspot_edge.targets import list_targets, load_core, load_measurements, load_target, loading, target_names
from neuralspot_edge.targets.kernels import KernelClass
from neuralspot_edge.targets.loading import load_reference_kernels

DATA = Path(loading.__file__).parent / "data"
CHIPS = sorted((DATA / "chips").glob("*.yaml"))
CORES = sorted((DATA / "cores").glob("*.yaml"))
URL = re.compile(r"https://[\w.-]+\.[a-z]+/\S+")


@pytest.mark.parametrize("path", CHIPS, ids=lambda path: path.stem)
def test_a_chip_is_complete(path):
    chip = load_target(path)
    assert chip.name == path.stem
    assert load_target(chip.name) == chip
    assert load_core(chip.core).name == chip.core
    assert URL.search(chip.source)
    assert chip.memory
    assert 128 << 10 <= chip.ram_bytes <= 8 << 20
    assert 512 << 10 <= chip.flash_bytes <= 16 << 20
    assert 10 <= chip.clock_mhz <= 1000


@pytest.mark.parametrize("path", CORES, ids=lambda path: path.stem)
def test_a_core_is_complete(path):
    core = load_core(path.stem)
    assert core.name == path.stem
    assert URL.search(core.source)
    assert 0.3 <= core.cycles_per_instruction <= 3
    if core.fast:
        assert core.fast.source
        assert set(core.fast.cycles) < set(get_args(KernelClass))
        assert core.fast.band.low < 1 < core.fast.band.high
        assert core.fast.backend in (None, "cmsis-nn")


@pytest.mark.parametrize("path", CORES, ids=lambda path: path.stem)
def test_a_fast_kernel_is_no_slower_than_what_stands_in_for_it(path):
    core, reference = load_core(path.stem), load_reference_kernels()
    if core.fast is None:
        return
    for kernel, cycles in core.fast.cycles.items():
        instructions = core.fast.plain_instructions.get(kernel, reference.instructions[kernel])
        for (dtype, factor), (name, value) in itertools.product(core.fast.types.items(), cycles):
            slow = getattr(instructions, name) * reference.types[dtype] * core.cycles_per_instruction
            assert value * factor <= slow, (kernel, name, dtype)


def test_no_two_targets_share_a_name():
    targets = [load_target(name) for name in list_targets()]
    names = Counter(name for target in targets for name in (target.name, *target.aliases))
    assert [name for name, times in names.items() if times > 1] == []
    assert sorted(names) == list(target_names())


def test_the_chips_of_the_first_release_are_there():
    assert set(list_targets()) >= {
        *("apollo3", "apollo4", "apollo510", "stm32l4", "stm32f4", "stm32f7", "stm32h7", "stm32u5"),
        *("nrf52840", "nrf5340", "esp32-s3", "rp2040", "rp2350", "alif-e7", "imxrt1062", "max78000"),
        *("cortex-m0+", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55", "xtensa-lx7", "rv32imc"),
    }


def test_every_source_of_a_measurement_has_an_address():
    published = load_measurements()
    assert all(URL.search(each.source) for each in published.measurements)
    assert {each.workload for each in published.measurements} == set(published.workloads)
    assert all(load_core(each.core) for each in published.measurements)


def test_a_vector_core_is_faster_than_a_scalar_one_at_everything():
    slow, fast = load_core("cortex-m4").fast, load_core("cortex-m55").fast
    assert slow is not None
    assert fast is not None
    for kernel, cycles in slow.cycles.items():
        assert fast.cycles[kernel].per_mac <= cycles.per_mac
        assert fast.cycles[kernel].per_element <= cycles.per_element
