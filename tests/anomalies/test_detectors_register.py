"""M1 and M2: registers that run backwards or jump, and those that only look so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from anomalies.detectors import load_thresholds
from anomalies.types import Action, Finding, Relation, Severity
from sessions_app.types import SampleContext
from tests.anomalies.traces import AC, DC, ac, at, begin, changed, kinds, registers, shifted, watch

STEADY = ac([16] * 20)


@pytest.mark.parametrize("lost_wh", [400, 1000, 2500])
def test_a_step_back_is_m1_at_once(lost_wh: int) -> None:
    assert kinds(shifted(STEADY, 10, -lost_wh)) == [(10, "M1")]


def test_a_step_back_says_what_was_seen_and_holds_billing() -> None:
    _, [(_, finding)] = watch(registers(1003, 1150, 987))
    assert finding == Finding(
        kind="M1",
        cause="lower",
        signal="Energy.Active.Import.Register",
        unit="Wh",
        observed=987,
        expected=1150,
        relation=Relation.AT_LEAST,
        since_at=at(120),
        at=at(180),
        severity=Severity.CRITICAL,
        action=Action.HOLD_BILLING,
        holds_billing=True,
        params={"lost_wh": 163},
    )


def test_jitter_of_a_few_wh_is_no_step_back() -> None:
    assert kinds(registers(1003, 1150, 1145, 1151, 1147)) == []
    assert kinds(registers(1003, 1150, 1143)) == [(2, "M1")]


def test_slow_running_backwards_is_found_in_the_end() -> None:
    assert kinds(registers(1003, 1150, 1147, 1145, 1143, 1141)) == [(4, "M1")]


def test_a_coarse_register_may_go_back_one_step() -> None:
    assert kinds(registers(10_000, 11_000, 12_000, 11_000, 12_000), DC) == []


def test_an_end_value_in_rounded_kwh_is_no_step_back() -> None:
    samples = registers(5003, 5137, 5437, 5400)
    assert kinds(changed(samples, [3], context=SampleContext.END)) == []
    assert kinds(samples) == [(3, "M1")]


@pytest.mark.parametrize("empty", [[0], [0, 0], [0, 0, 0], [-1], [0, -1, 0]])
def test_zero_or_minus_one_for_three_samples_is_silence(empty: list[int]) -> None:
    samples = list(STEADY)
    for index, wh in enumerate(empty, start=8):
        samples = changed(samples, [index], energy_wh=wh)
    assert kinds(samples) == []


@pytest.mark.parametrize("empty", [0, -1])
def test_zero_or_minus_one_that_stays_is_m1_at_the_fourth(empty: int) -> None:
    _, found = watch(changed(STEADY, range(8, 20), energy_wh=empty))
    assert [(index, f.kind, f.cause) for index, f in found] == [(11, "M1", "stays_empty")]


def test_a_long_glitch_is_m1_alone_and_its_end_no_jump() -> None:
    assert kinds(changed(STEADY, range(8, 15), energy_wh=0)) == [(11, "M1")]


def test_a_register_that_comes_back_after_more_than_ten_readings_has_jumped() -> None:
    long = ac([16] * 30)
    assert kinds(changed(long, range(8, 22), energy_wh=0)) == [(11, "M1")]
    assert kinds(changed(long, range(8, 23), energy_wh=0)) == [(11, "M1"), (23, "M2")]


def test_a_low_value_for_once_is_m1_alone() -> None:
    assert kinds(changed(STEADY, [10], energy_wh=77)) == [(10, "M1")]


def test_a_register_that_starts_again_in_the_session_is_m1_once() -> None:
    _, found = watch(shifted(STEADY, 10, -2500))
    assert [(index, finding.kind) for index, finding in found] == [(10, "M1")]


def test_a_begin_value_in_periodic_frames_is_no_step_back() -> None:
    """Growatt THOR (lbbrhzn/ocpp issue 1838), and one that repeats it at the end."""
    samples = [*STEADY[:5], begin(1003, 300), *STEADY[5:], begin(1003, 1200)]
    assert kinds(samples) == []


def test_a_base_of_its_own_at_the_session_start_is_silence() -> None:
    facts = replace(AC, meter_start_wh=0)
    assert kinds(registers(0, 120, 300), facts) == []
    assert kinds([begin(123_456, 0), *registers(0, 120, 300)]) == []
    assert kinds(registers(123_456, 0, 20, 150, 300), facts) == []
    assert kinds(registers(123_456, 0, 0, 0, 0, 0, 100), facts) == []


def test_a_low_value_after_a_begin_that_fits_is_m1() -> None:
    facts = replace(AC, meter_start_wh=5000)
    assert kinds(registers(5100, 77, 5300), facts) == [(1, "M1")]


@pytest.mark.parametrize("gained_wh", [500, 3000, 909_948])
def test_a_jump_is_m2_at_once(gained_wh: int) -> None:
    assert kinds(shifted(STEADY, 10, gained_wh)) == [(10, "M2")]


def test_a_jump_says_how_much_was_possible() -> None:
    _, [(_, finding)] = watch(registers(1003, 1150, 3001))
    assert (finding.observed, finding.expected, finding.relation) == (1851, 440, "at_most")
    assert finding.holds_billing
    assert finding.params == {"from_wh": 1150, "to_wh": 3001}


def test_a_high_value_for_once_is_m2_alone() -> None:
    assert kinds(changed(STEADY, [10], energy_wh=999_999)) == [(10, "M2")]


def test_a_zero_placeholder_and_then_the_odometer_is_m2() -> None:
    """citrineos-core pull request 1060."""
    facts = replace(AC, meter_start_wh=0)
    assert kinds(registers(0, 909_948, 909_990, 910_031), facts) == [(1, "M2")]


def test_a_zero_before_a_known_begin_is_a_glitch() -> None:
    facts = replace(AC, meter_start_wh=909_900)
    assert kinds(registers(0, 909_948, 909_990, 910_031), facts) == []


def test_a_gap_allows_what_the_rating_gives_in_it() -> None:
    hour = [*STEADY[:5], *[replace(s, at=at(4000)) for s in shifted(STEADY, 0, 9000)[5:6]]]
    assert kinds(hour) == []
    assert kinds([*hour[:5], replace(hour[5], at=at(400))]) == [(5, "M2")]


def test_a_kwh_register_may_step_by_one_between_two_samples() -> None:
    assert kinds(registers(7000, 7000, 7000, 8000, 8000), replace(AC, max_power_w=3680)) == []


def test_an_unknown_rating_leaves_only_the_absurd() -> None:
    facts = replace(AC, max_power_w=None, max_current_ma=None)
    assert kinds(registers(1003, 6003, 11_003), facts) == []
    assert kinds(registers(1003, 31_003), facts) == [(1, "M2")]


def test_the_rating_follows_from_the_current_where_no_power_is_known() -> None:
    facts = replace(AC, max_power_w=None)
    assert facts.rated_power_w == 11_040
    assert replace(facts, nominal_voltage_mv=120_000, phases=1).rated_power_w == 1_920
    assert replace(facts, nominal_voltage_mv=None).rated_power_w == 11_040
    assert replace(DC, max_power_w=None).rated_power_w is None
    assert kinds(registers(1003, 1443), facts) == []
    assert kinds(registers(1003, 1444), facts) == [(1, "M2")]


def test_duplicates_and_late_samples_are_passed_over() -> None:
    twice = [sample for sample in STEADY for _ in range(2)]
    assert kinds(twice) == []
    assert kinds([*STEADY, *STEADY]) == []


def test_missing_registers_are_no_steps() -> None:
    assert kinds(changed(STEADY, range(3, 9), energy_wh=None)) == []


def test_thresholds_move_the_verdict() -> None:
    strict = load_thresholds({"register": {"sentinel_samples": 0, "tolerance_wh": 100}})
    _, found = watch(changed(STEADY, [8], energy_wh=0), AC, strict)
    assert [(index, finding.kind) for index, finding in found] == [(8, "M1")]
