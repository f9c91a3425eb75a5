import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from targets.by_hand import target

from neuralspot_edge.targets import Reserve, check_fit, list_targets, load_target

SIZES = st.integers(0, 10_000_000)


def test_the_margins_are_what_is_left_after_model_arena_and_reserve():
    chip = target(reserve=Reserve(flash_bytes=100_000, ram_bytes=20_000))
    fit = check_fit(chip, model_bytes=250_000, arena_bytes=30_000)
    assert fit.target == "mine"
    assert fit.fits is True
    assert (fit.flash_used_bytes, fit.flash_margin_bytes) == (350_000, 650_000)
    assert (fit.ram_used_bytes, fit.ram_margin_bytes) == (50_000, 150_000)
    assert "flash: 650,000 bytes left (65.0% of it)" in fit.detail
    assert "RAM: 150,000 bytes left (75.0% of it)" in fit.detail


def test_a_chip_reserves_for_code_and_stack_unless_told_otherwise():
    fit = check_fit(target(), model_bytes=0, arena_bytes=0)
    assert (fit.flash_used_bytes, fit.ram_used_bytes) == (131_072, 16_384)


def test_too_large_an_arena_says_by_how_much_and_what_to_do():
    fit = check_fit(target(), model_bytes=10_000, arena_bytes=200_000)
    assert fit.fits is False
    assert fit.ram_margin_bytes == -16_384
    assert fit.flash_margin_bytes > 0
    assert "RAM: 16,384 bytes too few (8.2% of it)" in fit.detail
    assert "the arena (200,000) and a reserve for stack and data (16,384)" in fit.detail
    assert "shorten the window" in fit.detail


def test_too_large_a_model_says_so_too():
    fit = check_fit(target(), model_bytes=1_000_000, arena_bytes=1000)
    assert fit.fits is False
    assert "flash: 131,072 bytes too few" in fit.detail
    assert "fewer filters" in fit.detail


def test_to_the_last_byte_is_enough():
    chip = target(reserve=Reserve(flash_bytes=0, ram_bytes=0))
    assert check_fit(chip, 1_000_000, 200_000).fits is True
    assert check_fit(chip, 1_000_001, 200_000).fits is False


@pytest.mark.parametrize(
    ("memory", "sizes", "fits"),
    [
        ({"flash_bytes": None, "ram_bytes": None}, (10**9, 10**9), None),
        ({"flash_bytes": None}, (10**9, 1000), None),
        ({"flash_bytes": None}, (1000, 10**9), False),
        ({"ram_bytes": None}, (10**9, 1000), False),
        ({"ram_bytes": 0}, (1000, 1000), False),
    ],
)
def test_what_is_not_known_is_not_decided(memory, sizes, fits):
    fit = check_fit(target(**memory), *sizes)
    assert fit.fits is fits
    if None in memory.values():
        assert "is not known" in fit.detail


def test_a_bare_core_leaves_it_open():
    assert check_fit(load_target("cortex-m4"), 1000, 1000).fits is None


@settings(deadline=None, derandomize=True)
@given(model=SIZES, arena=SIZES, more=SIZES, name=st.sampled_from(list_targets()))
def test_more_never_fits_better(model, arena, more, name):
    chip = load_target(name)
    before, after = check_fit(chip, model, arena), check_fit(chip, model, arena + more)
    larger = check_fit(chip, model + more, arena)
    for worse in (after, larger):
        assert not (worse.fits and not before.fits)
        assert (before.fits is None) == (worse.fits is None)
    if before.ram_margin_bytes is not None:
        assert before.ram_margin_bytes - after.ram_margin_bytes == more
        assert before.flash_margin_bytes - larger.flash_margin_bytes == more
