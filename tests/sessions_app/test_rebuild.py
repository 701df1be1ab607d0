"""Energy out of samples when begin, stop or the register can not be believed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions_app.rebuild import RebuiltEnergy, rebuild_energy
from sessions_app.types import Sample

START = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def minute(number: int, wh: int | None, power_w: int | None = None) -> Sample:
    return Sample(at=START + timedelta(minutes=number), energy_wh=wh, power_w=power_w)


def rebuilt(samples: list[Sample], start: int | None, stop: int | None, **more: Any) -> Any:
    times = {"started_at": START, "ended_at": START + HOUR, "max_power_w": 12_000}
    return rebuild_energy(
        meter_start_wh=start, meter_stop_wh=stop, samples=samples, **{**times, **more}
    )


def steady(first_wh: int = 0, power_w: int | None = None) -> list[Sample]:
    """12 kW for an hour: 200 Wh a minute from the start on."""
    return [minute(n, first_wh + 200 * n, power_w) for n in range(1, 61)]


def test_a_whole_session_is_rebuilt_to_what_the_register_says() -> None:
    energy = rebuilt(steady(1003), 1003, 13_003)
    assert (energy.energy_wh, energy.bound_wh) == (12_000, 6)
    assert energy.source == "rebuilt_from_registers"


def test_after_a_placeholder_it_counts_from_the_first_true_reading() -> None:
    """A minute at 12 kW and 10 % is 220 Wh; the register may be 1 Wh coarse and 5 Wh restless."""
    energy = rebuilt(steady(910_003), 0, 922_003)
    assert (energy.energy_wh, energy.bound_wh) == (11_800, 226)


def test_a_jump_adds_nothing_but_its_minute_to_the_bound() -> None:
    samples = [*steady(1003)[:30], *steady(51_003)[30:]]
    energy = rebuilt(samples, 1003, 63_003)
    assert (energy.energy_wh, energy.bound_wh) == (11_800, 226)


def test_a_stop_that_says_nothing_leaves_the_last_sample() -> None:
    energy = rebuilt(steady(1003)[:57], 1003, -1)
    assert (energy.energy_wh, energy.bound_wh) == (57 * 200, 3 * 220 + 6)


def test_a_register_that_stood_still_gives_way_to_the_power() -> None:
    """59 minutes at 12 kW are 11,800 Wh, 3.5 % of that 413, and the first minute 220."""
    energy = rebuilt([replace(s, energy_wh=1003) for s in steady(power_w=12_000)], 1003, 1003)
    assert (energy.energy_wh, energy.bound_wh) == (11_800, 413 + 220)
    assert energy.source == "rebuilt_from_power"


def test_kwh_that_say_wh_are_rebuilt_from_the_power() -> None:
    samples = [replace(s, energy_wh=(s.energy_wh or 0) // 1000) for s in steady(0, 12_000)]
    energy = rebuilt(samples, 0, 12)
    assert (energy.energy_wh, energy.source) == (11_800, "rebuilt_from_power")
    assert energy.bound_wh >= 200


def test_where_register_and_power_disagree_the_lower_counts_and_the_bound_says_so() -> None:
    energy = rebuilt(steady(1003, power_w=6_000), 1003, 13_003)
    assert (energy.energy_wh, energy.source) == (5_900, "rebuilt_from_power")
    assert energy.bound_wh == 12_000 - 5_900


def test_it_is_never_above_the_rating_times_the_duration() -> None:
    energy = rebuilt([minute(n, 1003 + 215 * n) for n in range(1, 61)], 1003, 1003 + 12_900)
    assert (energy.energy_wh, energy.bound_wh) == (12_000, 900)


def test_without_samples_nothing_can_be_rebuilt() -> None:
    assert rebuilt([], 0, 910_031) is None
    assert rebuilt([minute(5, None)], 0, 910_031) is None


def test_a_session_that_ends_before_it_begins_can_not_be_rebuilt() -> None:
    assert rebuilt(steady(1003), 1003, 13_003, ended_at=START - HOUR) is None


def test_power_that_the_connector_can_not_give_is_no_witness() -> None:
    energy = rebuilt(steady(1003, power_w=12_000_000), 1003, 13_003)
    assert (energy.energy_wh, energy.source) == (12_000, "rebuilt_from_registers")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 200), min_size=60, max_size=60),
    st.integers(0, 10**7),
    st.sets(st.integers(0, 59), max_size=55),
    st.sampled_from(["placeholder", "jump", "fall", "stop", "nothing"]),
    st.integers(1, 59),
)
def test_the_truth_is_within_the_bound(
    steps: list[int], base: int, lost: set[int], fault: str, at: int
) -> None:
    """A car that takes at most 12 kW; whatever breaks, what it got is not further off."""
    registers = [base + sum(steps[: n + 1]) for n in range(60)]
    # A fall that one gap between samples can hide is beyond anybody.
    shift = {"jump": 500_000, "fall": -base // 2 if base > 50_000 else 0}.get(fault, 0)
    seen = [wh + shift if n >= at else wh for n, wh in enumerate(registers)]
    samples = [minute(n + 1, wh) for n, wh in enumerate(seen) if n not in lost]
    start = 0 if fault == "placeholder" and base > 50_000 else base
    stop = -1 if fault == "stop" else seen[-1]
    energy = rebuilt(samples, start, stop)
    if isinstance(energy, RebuiltEnergy):
        assert abs(sum(steps) - energy.energy_wh) <= energy.bound_wh


@pytest.mark.parametrize("shuffle", [slice(None, None, -1), slice(None, None, 1)])
def test_the_order_of_the_samples_does_not_matter(shuffle: slice) -> None:
    samples = steady(910_003, power_w=11_900)
    assert rebuilt([*samples[shuffle], *samples], 0, 922_003) == rebuilt(samples, 0, 922_003)
