from pathlib import Path

import pytest

from neuralspot_edge.errors import InputError
from neuralspot_edge.targets import list_targets, load_core, load_target

MINE = {"name": "mine", "description": "my board", "core": "cortex-m4", "clock_mhz": "80"}


def write(folder: Path, text: str | None = None, **fields: str) -> Path:
    path = folder / "mine.yaml"
    lines = "".join(f"{key}: {value}\n" for key, value in {**MINE, **fields}.items())
    path.write_text(lines if text is None else text)
    return path


def test_names_by_pattern():
    assert list_targets("apollo*") == ("apollo3", "apollo3p", "apollo4", "apollo510")
    assert list_targets("CORTEX-M3*") == ("cortex-m3", "cortex-m33")
    assert list_targets("z80*") == ()


def test_chips_come_before_cores():
    names = list_targets()
    assert names.index("stm32u5") < names.index("cortex-m0+")


def test_a_chip_has_its_figures():
    chip = load_target("nrf52840")
    assert (chip.core, chip.clock_mhz, chip.flash_bytes, chip.ram_bytes) == ("cortex-m4", 64, 1 << 20, 256 << 10)
    assert chip.npu is None
    npu = load_target("alif-e7").npu
    assert (npu.accelerator, npu.clock_mhz, npu.backend) == ("ethos-u55-256", 400, "ethos-u55")


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("arduino-nano-33-ble-sense", "nrf52840"),
        ("apollo4p", "apollo4"),
        ("STM32L4", "stm32l4"),
        ("cortex-m0plus", "cortex-m0+"),
        ("cortex-m4f", "cortex-m4"),
    ],
)
def test_other_names_lead_to_the_same_target(alias, name):
    assert load_target(alias) == load_target(name)


def test_a_core_by_itself_has_no_memory_and_a_round_clock():
    core = load_target("cortex-m55")
    assert (core.core, core.clock_mhz, core.flash_bytes, core.ram_bytes) == ("cortex-m55", 100, None, None)
    assert "100 MHz" in core.description


@pytest.mark.parametrize(
    ("name", "hint"),
    [("apolo4", "did you mean 'apollo4'?"), ("cortex-m44", "did you mean 'cortex-m4'?"), ("z80", "known are alif-e7")],
)
def test_an_unknown_target_is_one_line_with_the_nearest(name, hint):
    with pytest.raises(InputError, match=f"unknown target '{name}': ") as error:
        load_target(name)
    assert hint in str(error.value)


def test_an_unknown_core():
    with pytest.raises(InputError, match=r"unknown core 'cortex-m555': did you mean 'cortex-m55'\?"):
        load_core("cortex-m555")


def test_a_file_of_ones_own(tmp_path):
    path = write(tmp_path, ram_bytes="65536", npu="{accelerator: ethos-u55-128, clock_mhz: 80}")
    for source in (path, str(path)):
        chip = load_target(source)
        assert (chip.name, chip.ram_bytes, chip.flash_bytes) == ("mine", 65536, None)
        assert chip.npu.backend == "ethos-u55"
        assert chip.source == "not stated"


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"core": "cortex-m44"}, "mine.yaml: core: unknown core 'cortex-m44': did you mean 'cortex-m4'?"),
        ({"clock_mhz": "fast"}, "mine.yaml: clock_mhz: "),
        ({"clock_mhz": "0"}, "mine.yaml: clock_mhz: 0 is out of range, allowed is more than 0"),
        ({"ram_bytes": "64 KiB"}, "mine.yaml: ram_bytes: must be a whole number, received '64 KiB'"),
        ({"ram_byte": "65536"}, "mine.yaml: unknown key 'ram_byte': did you mean 'ram_bytes'?"),
        ({"name": "My Board"}, "mine.yaml: name: "),
        ({"npu": "{accelerator: ethos-u55, clock_mhz: 80}"}, "mine.yaml: npu.accelerator: 'ethos-u55' is not known"),
        ({"reserve": "{flash_bytes: -1}"}, "mine.yaml: reserve.flash_bytes: -1 is out of range"),
    ],
)
def test_a_mistake_in_a_file_names_the_file_and_the_field(tmp_path, fields, text):
    with pytest.raises(InputError) as error:
        load_target(write(tmp_path, **fields))
    assert text in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("key", MINE)
def test_what_a_file_must_say(tmp_path, key):
    text = "".join(f"{name}: {value}\n" for name, value in MINE.items() if name != key)
    with pytest.raises(InputError, match=f"mine.yaml: {key}: is required"):
        load_target(write(tmp_path, text))
