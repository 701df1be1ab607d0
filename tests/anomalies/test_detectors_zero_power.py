"""E9: charging by its status, and nothing flows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from anomalies.detectors import Activity, Facts, LimitChange, StatusChange
from anomalies.types import Action, Severity
from sessions_app.types import Sample
from tests.anomalies.traces import AC, DC, START, ac, at, changed, dc, kinds, watch

BROKEN = ac([16] * 10 + [0] * 10)


def with_status(facts: Facts, *changes: tuple[int, Activity]) -> Facts:
    return replace(facts, statuses=tuple(StatusChange(at(s), activity) for s, activity in changes))


def test_zero_power_while_charging_is_e9_within_three_minutes() -> None:
    assert kinds(BROKEN) == [(12, "E9")]


@pytest.mark.parametrize(("step_s", "sample"), [(15, 19), (30, 14), (60, 12), (300, 11)])
def test_the_delay_at_other_intervals(step_s: int, sample: int) -> None:
    assert kinds(ac([16] * 10 + [0] * 12, step_s=step_s)) == [(sample, "E9")]


def test_e9_says_since_when() -> None:
    _, [(_, finding)] = watch(BROKEN)
    assert (finding.cause, finding.observed, finding.expected) == ("no_power", 0, 150)
    assert (finding.since_at, finding.at) == (at(600), at(780))
    assert (finding.severity, finding.action) == (Severity.ALERT, Action.INFORM_DRIVER)
    assert not finding.holds_billing
    assert finding.params == {"duration_s": 180}


def test_a_session_that_never_gets_going_is_e9() -> None:
    assert kinds(ac([0] * 6)) == [(3, "E9")]


def test_e9_is_said_once_and_again_only_after_it_was_gone() -> None:
    assert kinds(ac([16] * 4 + [0] * 6 + [16] * 4 + [0] * 6)) == [(6, "E9"), (16, "E9")]


def test_a_short_break_is_silence() -> None:
    assert kinds(ac([16] * 4 + [0, 0] + [16] * 4)) == []


@pytest.mark.parametrize(
    "activity", [Activity.SUSPENDED_EV, Activity.SUSPENDED_EVSE, Activity.NOT_CHARGING]
)
def test_suspended_is_silence(activity: Activity) -> None:
    facts = with_status(AC, (0, Activity.CHARGING), (605, activity))
    assert kinds(BROKEN, facts) == []


def test_the_timer_starts_when_charging_resumes() -> None:
    facts = with_status(AC, (0, Activity.SUSPENDED_EV), (610, Activity.CHARGING))
    assert kinds(ac([0] * 20), facts) == [(12, "E9")]


def test_a_repeated_status_does_not_restart_the_timer() -> None:
    repeated = [(60 * minute, Activity.CHARGING) for minute in range(20)]
    assert kinds(BROKEN, with_status(AC, *repeated)) == [(12, "E9")]


def test_an_unknown_status_is_silence_unless_the_battery_is_known_not_full() -> None:
    unknown = replace(AC, statuses=())
    assert kinds(BROKEN, unknown) == []
    assert kinds(changed(BROKEN, range(20), soc_pct=60), unknown) == [(12, "E9")]


@pytest.mark.parametrize("limit", [LimitChange(at(599), 0), LimitChange(at(599), None, 1000)])
def test_our_own_limit_of_zero_is_silence(limit: LimitChange) -> None:
    assert kinds(BROKEN, replace(AC, limits=(limit,))) == []


def test_the_timer_starts_when_our_limit_is_lifted() -> None:
    limits = (LimitChange(at(599), 0), LimitChange(at(870), 16_000))
    assert kinds(BROKEN, replace(AC, limits=limits)) == [(16, "E9")]


def test_an_offer_below_six_amperes_is_silence() -> None:
    assert kinds(changed(BROKEN, range(10, 20), current_offered_ma=0)) == []


def test_a_full_battery_is_silence() -> None:
    assert kinds(changed(BROKEN, range(20), soc_pct=95)) == []
    assert kinds(changed(BROKEN, range(20), soc_pct=94)) == [(12, "E9")]


def test_a_taper_that_ends_is_silence() -> None:
    assert kinds(ac([16] * 10 + [12, 9, 7, 6] + [0] * 10)) == []


def test_a_soc_that_is_always_zero_is_an_unknown_one() -> None:
    assert kinds(changed(BROKEN, range(20), soc_pct=0)) == [(12, "E9")]
    assert kinds(changed(BROKEN, range(20), soc_pct=0), replace(AC, statuses=())) == []


def test_giving_back_is_not_nothing() -> None:
    export = {"Power.Active.Export": "7000 W"}
    assert kinds(changed(BROKEN, range(10, 20), extra=export)) == []


def test_samples_without_power_and_current_say_nothing() -> None:
    soc_only = [Sample(at=at(60 * i), soc_pct=50) for i in range(1, 10)]
    assert kinds(soc_only) == []


def test_a_long_silence_is_no_evidence_of_zero_power() -> None:
    late = [replace(s, at=at(7200 + 60 * i)) for i, s in enumerate(BROKEN[10:12])]
    assert kinds([*BROKEN[:10], *late]) == []


def test_dc_below_40_percent_without_progress_is_e9_after_20_minutes() -> None:
    stuck = [replace(s, soc_pct=30) for s in dc([3] * 30)]
    _, found = watch(stuck, DC)
    assert [(i, f.kind, f.cause) for i, f in found] == [(20, "E9", "no_progress")]
    assert found[0][1].since_at == at(60)


def test_a_soc_that_stands_while_power_flows_is_not_zero_power() -> None:
    assert kinds([replace(s, soc_pct=30) for s in dc([100] * 30)], DC) == []
    assert kinds([replace(s, soc_pct=70) for s in dc([3] * 30)], DC) == []


def test_dc_zero_power_is_found_like_ac() -> None:
    assert kinds(dc([100] * 5 + [0] * 6), DC) == [(7, "E9")]


def test_facts_know_since_when_a_status_holds() -> None:
    facts = with_status(AC, (60, Activity.CHARGING), (30, Activity.CHARGING))
    assert facts.activity_at(START) is None
    assert facts.activity_at(at(90)) == StatusChange(at(30), Activity.CHARGING)
