"""M3 and M8: a register that stands still, and one in another unit than the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from anomalies.detectors import Facts, finish
from anomalies.types import Finding
from sessions_app.types import Sample
from tests.anomalies.traces import AC, START, ac, at, changed, ending, registers, watch

HOUR = ac([16] * 60)
LAST = HOUR[-1].energy_wh or 0
# 10.89 kW for 60 s by the trace's own physics.
STEP_WH = 181


def stuck(first: int, last: int, samples: list[Sample] | None = None) -> list[Sample]:
    """The register as it was at one sample, up to another."""
    samples = HOUR if samples is None else samples
    return changed(samples, range(first, last), energy_wh=samples[first].energy_wh)


def scaled(numerator: int, denominator: int = 1, first: int = 0) -> list[Sample]:
    """The register of the hour times a fraction, from one sample on."""
    return [
        replace(s, energy_wh=(s.energy_wh or 0) * numerator // denominator) if i >= first else s
        for i, s in enumerate(HOUR)
    ]


def said(samples: list[Sample], kind: str, facts: Facts = AC) -> list[tuple[int, str]]:
    return [(index, f.cause) for index, f in watch(samples, facts)[1] if f.kind == kind]


def is_excused(samples: list[Sample], stop_wh: int | None) -> bool:
    """Whether the end takes back that the register stood still."""
    state, _ = watch(samples)
    ends = {"started_at": START, "ended_at": at(3600), "facts": AC}
    _, excused = finish(state, meter_start_wh=1003, meter_stop_wh=stop_wh, **ends)
    return "M3" in excused


class TestStuck:
    """M3."""

    def test_a_register_that_stands_still_is_found_after_200_wh(self) -> None:
        assert said(stuck(10, 60), "M3") == [(12, "stuck")]

    def test_it_says_what_flowed_at_least_and_since_when(self) -> None:
        [finding] = [f for _, f in watch(stuck(10, 60))[1]]
        assert (finding.observed, finding.expected, finding.unit) == (0, 363, "Wh")
        assert (finding.since_at, finding.at) == (at(11 * 60), at(13 * 60))
        assert finding.holds_billing

    def test_voltage_and_current_stand_in_for_power(self) -> None:
        assert said(changed(stuck(10, 60), range(60), power_w=None), "M3") == [(12, "stuck")]

    def test_without_power_nobody_can_say(self) -> None:
        assert said(registers(*[1003] * 60), "M3") == []

    def test_a_car_that_takes_nothing_is_no_fault(self) -> None:
        assert said(ac([16] * 10 + [0] * 50), "M3") == []

    def test_a_coarse_register_may_stand_still_for_its_step(self) -> None:
        assert said(ac([16] * 60, start_wh=1000, resolution_wh=1000), "M3") == []
        assert said(stuck(0, 60, ac([16] * 60, start_wh=1000, resolution_wh=1000)), "M3") != []

    def test_a_register_that_stood_still_to_the_end_is_not_excused(self) -> None:
        assert not is_excused(stuck(10, 60), HOUR[10].energy_wh)

    def test_a_slow_register_that_caught_up_is_excused(self) -> None:
        assert is_excused(stuck(10, 20), LAST)
        assert is_excused(stuck(50, 60), LAST)

    def test_what_was_never_counted_is_not_excused_by_going_on(self) -> None:
        lost = [replace(s, energy_wh=(s.energy_wh or 0) - 10 * STEP_WH) for s in HOUR[20:]]
        samples = [*stuck(10, 20)[:20], *lost]
        assert not is_excused(samples, LAST - 10 * STEP_WH)


class TestUnits:
    """M8."""

    def test_a_register_in_kwh_that_says_wh_is_found(self) -> None:
        [(_, cause)] = said(scaled(1, 1000), "M8")
        assert cause == "register_small"

    def test_a_register_in_wh_that_says_kwh_is_found(self) -> None:
        assert said(scaled(1000), "M8") == [(3, "register_large")]

    def test_a_power_in_kw_that_says_w_is_found(self) -> None:
        in_kw = [replace(s, power_w=(s.power_w or 0) // 1000) for s in HOUR]
        assert [cause for _, cause in said(in_kw, "M8")] == ["power_small"]

    @pytest.mark.parametrize(("numerator", "denominator"), [(1000, 1), (1, 1000)])
    def test_a_unit_that_changes_on_the_way_is_found_at_once(
        self, numerator: int, denominator: int
    ) -> None:
        big = [replace(s, energy_wh=(s.energy_wh or 0) + 900_000) for s in HOUR]
        mixed = [
            replace(s, energy_wh=(s.energy_wh or 0) * numerator // denominator) if i >= 30 else s
            for i, s in enumerate(big)
        ]
        assert said(mixed, "M8")[0] == (30, "register")

    def test_begin_and_stop_in_kwh_around_samples_in_wh_are_found(self) -> None:
        samples = [replace(s, energy_wh=(s.energy_wh or 0) + 1_001_997) for s in HOUR]
        assert ("M8", "ends") in ending(samples, 1003, 1013, 3600)

    def test_the_same_unit_is_no_finding_whatever_the_resolution(self) -> None:
        for resolution_wh in (1, 10, 100, 1000):
            assert said(ac([16, 6, 0, 10] * 15, resolution_wh=resolution_wh), "M8") == []

    def test_a_car_that_idles_beside_a_coarse_register_is_no_finding(self) -> None:
        idle = [replace(s, power_w=3) for s in registers(*range(10_000, 16_000, 100))]
        moved = changed(registers(*[10_000] * 60), range(60), power_w=3)
        assert said(changed(moved, range(30, 60), energy_wh=10_100), "M8") == []
        assert said(idle, "M8") != []

    def test_a_charge_between_two_samples_of_an_idle_car_is_no_finding(self) -> None:
        idle = [replace(s, power_w=5) for s in registers(5_003, 5_003, 7_003, 7_003, 7_003)]
        assert said([replace(s, at=at(900 * i)) for i, s in enumerate(idle)], "M8") == []


def test_an_end_before_the_start_is_held_by_its_recorded_times() -> None:
    state, _ = watch(HOUR)
    ends = {"started_at": START, "ended_at": at(3600), "facts": AC}
    found, _ = finish(state, meter_start_wh=1003, meter_stop_wh=LAST, recorded_s=-61, **ends)
    [finding] = found
    assert (finding.kind, finding.cause) == ("S2", "ends_before_start")
    assert (finding.observed, finding.unit, finding.holds_billing) == (61, "s", True)


def test_a_session_that_ends_as_it_begins_is_no_contradiction() -> None:
    assert ending([], 1003, 1003, 0) == []


def rated(energy_wh: int, **more: int | None) -> tuple[Finding, ...]:
    """What the end says of an hour at 11.04 kW with so much to bill."""
    state, _ = watch([])
    ends = {"started_at": START, "ended_at": at(3600), "facts": AC, "energy_wh": energy_wh}
    return finish(state, **{"meter_start_wh": None, "meter_stop_wh": None, **ends, **more})[0]


def test_what_would_be_billed_is_held_above_rating_and_10_percent() -> None:
    """11,040 W x 1 h x 1.1 = 12,144 Wh; 200 Wh and the unknown resolution of 1 kWh on top."""
    assert rated(12_144 + 1_200) == ()
    [finding] = rated(12_144 + 1_201)
    assert (finding.kind, finding.cause) == ("M2", "above_rated")
    assert (finding.observed, finding.expected) == (13_345, 12_144)


@pytest.mark.parametrize("begin", [-1, -500])
def test_a_begin_below_zero_is_no_value(begin: int) -> None:
    assert ending(HOUR, begin, LAST, 3600) == [("M9", "begin_unknown")]


def test_other_negatives_among_the_samples_are_placeholders_as_minus_one_is() -> None:
    assert watch(changed(HOUR, [8, 9, 10], energy_wh=-500))[1] == []
    [(index, finding)] = watch(changed(HOUR, range(8, 13), energy_wh=-500))[1]
    assert (index, finding.kind, finding.cause) == (11, "M1", "stays_empty")
