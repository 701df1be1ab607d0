"""E1 and E3: power against voltage times current, and current against its limits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from anomalies.detectors import LimitChange, load_thresholds
from anomalies.types import Action, Severity
from sessions_app.types import Sample
from tests.anomalies.traces import AC, DC, ac, at, changed, dc, kinds, watch

STEADY = ac([15] * 20)
ONE_PHASE = replace(AC, phases=1, max_power_w=3680)


def scaled(samples: list[Sample], first: int, permille: int) -> list[Sample]:
    """The samples with the power alone scaled from one on."""
    return [
        replace(s, power_w=(s.power_w or 0) * permille // 1000) if i >= first else s
        for i, s in enumerate(samples)
    ]


# --- E1 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("permille", [850, 900, 1100, 1150, 500, 0])
def test_a_power_that_is_not_u_times_i_is_e1_at_the_fourth_sample(permille: int) -> None:
    assert kinds(scaled(STEADY, 10, permille)) == [(13, "E1")]


def test_the_same_holds_for_dc() -> None:
    assert kinds(scaled(dc([100] * 20), 10, 850), DC) == [(13, "E1")]


def test_a_voltage_sensor_ten_percent_off_is_e1() -> None:
    assert kinds(changed(dc([100] * 20), range(10, 20), voltage_mv=440_000), DC) == [(13, "E1")]


def test_e1_says_both_figures_and_since_when() -> None:
    _, [(_, finding)] = watch(scaled(STEADY, 10, 850))
    assert (finding.observed, finding.expected, finding.unit) == (8692, 10_372, "W")
    assert (finding.cause, finding.since_at, finding.at) == ("power_low", at(660), at(840))
    assert (finding.severity, finding.action) == (Severity.ERROR, Action.WORK_ORDER)
    assert finding.holds_billing


@pytest.mark.parametrize("permille", [967, 1006, 945])
def test_the_measured_spread_of_healthy_stations_is_silence(permille: int) -> None:
    samples = [
        replace(s, power_w=3 * 15 * (s.voltage_l1_mv or 0) * permille // 10**6) for s in STEADY
    ]
    assert kinds(samples) == []


def test_single_bad_samples_leak_away() -> None:
    samples = list(STEADY)
    for index in range(0, 20, 2):
        samples = changed(samples, [index], power_w=6000)
    assert kinds(samples) == []


def test_e1_is_said_once_and_again_only_after_it_was_gone() -> None:
    bad = scaled(STEADY, 0, 800)
    assert kinds(bad) == [(3, "E1")]
    healed = [*bad[:8], *STEADY[8:14], *bad[14:]]
    assert kinds(healed) == [(3, "E1"), (17, "E1")]


def test_below_1500_watts_it_means_little() -> None:
    assert kinds(changed(ac([2] * 20), range(20), power_w=900)) == []


def test_a_reported_power_factor_is_respected() -> None:
    poor = scaled(STEADY, 0, 800)
    assert kinds([replace(s, extra={"Power.Factor": "0.79"}) for s in poor]) == []
    assert kinds([replace(s, extra={"Power.Factor": "n/a"}) for s in poor]) == [(3, "E1")]


def test_a_one_phase_car_on_three_phases_is_silence() -> None:
    assert kinds(ac([15] * 20, phases=1)) == []
    assert kinds(ac([15] * 20, phases=2)) == []


def test_a_missing_voltage_of_l3_is_silence() -> None:
    assert kinds(changed(STEADY, range(20), voltage_l3_mv=None)) == []
    only = {"voltage_l1_mv": None, "voltage_l2_mv": None, "voltage_l3_mv": None}
    assert kinds(changed(STEADY, range(20), voltage_mv=230_000, **only)) == []
    assert kinds(changed(STEADY, range(20), **only)) == []


def test_missing_phase_currents_may_carry_the_rest() -> None:
    partial = changed(STEADY, range(20), current_l2_ma=None, current_l3_ma=None)
    assert kinds(partial) == []
    assert kinds(scaled(partial, 10, 200)) == [(13, "E1")]


def test_an_unphased_current_on_three_phases_says_nothing() -> None:
    none = {"current_l1_ma": None, "current_l2_ma": None, "current_l3_ma": None}
    summed = changed(STEADY, range(20), current_ma=45_000, **none)
    assert kinds(summed) == []
    assert kinds(changed(STEADY, range(20), current_ma=15_000, **none)) == []


def test_an_unphased_current_on_one_phase_is_compared() -> None:
    samples = [
        Sample(at=at(60 * i), power_w=2500, current_ma=15_000, voltage_l1_mv=230_000)
        for i in range(1, 8)
    ]
    assert kinds(samples, ONE_PHASE) == [(3, "E1")]


def test_a_station_without_power_is_silence() -> None:
    assert kinds(changed(STEADY, range(20), power_w=None)) == []


def test_giving_back_is_silence() -> None:
    """V2X: negative power, or import 0 with an export measurand."""
    assert kinds([replace(s, power_w=-(s.power_w or 0)) for s in STEADY]) == []
    export = {"Power.Active.Export": "10000 W"}
    assert kinds(changed(STEADY, range(20), power_w=0, extra=export)) == []


@pytest.mark.parametrize("volts", [200, 400, 800, 900])
def test_dc_from_200_to_900_volts_is_silence(volts: int) -> None:
    assert kinds(dc([50] * 20, volts=volts), DC) == []


def test_the_band_is_a_threshold() -> None:
    wide = load_thresholds({"E1": {"deviation_permille": 200}})
    assert watch(scaled(STEADY, 0, 850), AC, wide)[1] == []


# --- E3 -----------------------------------------------------------------------------------------


def e3(samples: list[Sample], **facts: object) -> list[int]:
    """At which samples E3 was found."""
    return [
        i for i, kind in kinds(samples, replace(AC, max_power_w=99_000, **facts)) if kind == "E3"
    ]


def e4(samples: list[Sample], **facts: object) -> list[int]:
    """At which samples E4 was found."""
    both = kinds(samples, replace(AC, **facts), frozenset({"E3", "E4"}))
    assert not [i for i, kind in both if kind == "E3"]
    return [i for i, _ in both]


def test_over_current_is_e3_at_the_second_sample() -> None:
    assert e3(ac([16] * 10 + [18] * 10)) == [11]


def test_e3_says_the_worst_phase_and_the_limit() -> None:
    samples = changed(ac([16] * 4), [1, 2, 3], current_l2_ma=19_500)
    facts = replace(AC, max_power_w=99_000)
    finding = next(f for _, f in watch(samples, facts)[1] if f.kind == "E3")
    assert (finding.observed, finding.expected, finding.unit) == (19_500, 16_000, "mA")
    assert (finding.since_at, finding.at) == (at(120), at(180))
    assert (finding.severity, finding.action) == (Severity.SYSTEM, Action.TAKE_OUT_OF_SERVICE)


def test_three_percent_and_one_ampere_are_tolerated() -> None:
    assert e3(ac([17.4] * 10)) == []
    assert e3(ac([17.5] * 10)) == [1]


def test_one_sample_above_is_no_over_current() -> None:
    assert e3(ac([16, 16, 20, 16, 16, 20, 16])) == []


def test_e3_is_said_once_and_again_only_after_it_was_gone() -> None:
    assert e3(ac([20] * 6)) == [1]
    assert e3(ac([20] * 4 + [16] * 2 + [20] * 4)) == [1, 7]


def test_a_lowered_profile_has_a_minute_to_settle() -> None:
    limits = (LimitChange(at(0), 16_000), LimitChange(at(301), 10_000))
    slow = ac([16] * 6 + [10] * 6)
    assert e4(slow, limits=limits) == []
    assert e4(ac([16] * 12), limits=limits) == [7]


def test_a_profile_of_zero_that_is_ignored_is_e4_and_one_obeyed_is_silence() -> None:
    limits = (LimitChange(at(299), 0),)
    assert e4(ac([16] * 5 + [0] * 5), limits=limits) == []
    assert e4(ac([16] * 10), limits=limits) == [6]


def test_a_lifted_profile_counts_at_once() -> None:
    limits = (LimitChange(at(0), 6000), LimitChange(at(290), None))
    assert e4(ac([6] * 4 + [16] * 6), limits=limits) == []


def test_a_station_that_floors_our_limit_is_silence() -> None:
    """AcTec floors 8.5 A to 8 A; others round up by less than one."""
    assert e4(ac([9] * 10), limits=(LimitChange(at(-600), 8500),)) == []


def test_the_stations_own_offer_is_a_limit_after_a_minute() -> None:
    offers = changed(ac([16] * 12), range(12), current_offered_ma=16_000)
    lowered = changed(offers, range(6, 12), current_offered_ma=10_000)
    assert e3(offers) == []
    assert e3(lowered) == [8]
    assert (
        e3(
            [
                replace(s, current_l1_ma=10_000, current_l2_ma=10_000, current_l3_ma=10_000)
                if i > 6
                else s
                for i, s in enumerate(lowered)
            ]
        )
        == []
    )


def test_the_first_offer_has_its_minute_too() -> None:
    samples = ac([16] * 4 + [10] * 8, step_s=15)
    assert e3(changed(samples, range(12), current_offered_ma=10_000)) == []
    late = ac([16] * 12, step_s=15)
    assert e3(changed(late, range(12), current_offered_ma=10_000)) == [5]


def test_a_station_that_always_offers_zero_is_silence() -> None:
    assert e3(changed(ac([16] * 10), range(10), current_offered_ma=0)) == []


def test_an_unphased_sum_of_three_phases_is_no_over_current() -> None:
    none = {"current_l1_ma": None, "current_l2_ma": None, "current_l3_ma": None}
    assert e3(changed(ac([16] * 6), range(6), current_ma=48_000, **none)) == []


def test_dc_over_current_is_e3() -> None:
    samples = dc([100] * 5 + [140] * 5)
    found = kinds(samples, replace(DC, max_power_w=99_000))
    assert found == [(6, "E3")]


def test_without_any_limit_there_is_no_over_current() -> None:
    assert e3(ac([80] * 5), max_current_ma=None) == []
