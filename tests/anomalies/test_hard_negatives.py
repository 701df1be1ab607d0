"""What looks like a fault and is none (the benchmark's list): each stays silent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from anomalies.detectors import (
    Activity,
    ConnectorFacts,
    ConnectorState,
    Facts,
    LimitChange,
    SessionSummary,
    StationState,
    StatusChange,
    TagState,
    TagUse,
    Waiting,
    connector_step,
    overdue,
    site_storm,
    station_step,
    tag_step,
)
from anomalies.detectors.station import Spoke, StateReported
from sessions_app.types import Sample
from tests.anomalies.traces import AC, DC, START, ac, at, changed, dc, watch

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def said(samples: list[Sample], facts: Facts) -> list[str]:
    """The kinds of all incidents."""
    return [f.kind for _, f in watch(samples, facts)[1] if not f.is_evidence]


def with_states(facts: Facts, *states: tuple[int, Activity]) -> Facts:
    changes = tuple(StatusChange(at(second), activity) for second, activity in states)
    return replace(facts, statuses=(*facts.statuses, *changes))


def test_a_taper() -> None:
    assert said(dc([100 * 0.93**minute for minute in range(45)], soc=75), DC) == []


def test_the_steps_of_a_battery() -> None:
    amps = [120] * 6 + [85] * 5 + [120] * 4 + [60] * 8 + [40] * 10 + [22] * 10
    assert said(dc(amps), DC) == []


@pytest.mark.parametrize("pause", [Activity.SUSPENDED_EV, Activity.SUSPENDED_EVSE])
def test_a_pause_that_is_announced(pause: Activity) -> None:
    facts = with_states(AC, (11 * 60, pause), (26 * 60, Activity.CHARGING))
    assert said(ac([16] * 10 + [0] * 15 + [16] * 10), facts) == []


def test_a_full_battery() -> None:
    amps = [16, 16, 16, 12, 9, 6.5, 4, 2, 1.2, *[0] * 20]
    facts = with_states(AC, (9 * 60, Activity.SUSPENDED_EV))
    assert said(ac(amps), facts) == []


def test_a_lower_limit_of_ours_that_is_obeyed() -> None:
    limits = (LimitChange(at(0), 16_000), LimitChange(at(590), 8_000), LimitChange(at(1190), None))
    assert said(ac([16] * 10 + [8] * 10 + [16] * 10), replace(AC, limits=limits)) == []


def test_a_car_that_follows_the_sun_by_our_limits() -> None:
    amps = [16, 8, 15, 7, 14, 6, 16, 8, 15, 7, 16, 8, 15, 7]
    limits = tuple(LimitChange(at(60 * i + 20), a * 1_000) for i, a in enumerate(amps))
    assert said(ac(amps), replace(AC, limits=limits)) == []


def test_a_car_that_drops_to_one_phase() -> None:
    samples = changed(ac([10] * 20), range(10, 20), current_l2_ma=0, current_l3_ma=0)
    for index in range(10, 20):
        one = samples[index]
        samples[index] = replace(one, power_w=(one.power_w or 0) // 3, energy_wh=None)
    assert said(samples, AC) == []


@pytest.mark.parametrize("volts", [200, 400, 800, 900])
def test_a_dc_voltage_is_no_mains_voltage(volts: int) -> None:
    facts = replace(DC, max_power_w=150_000)
    assert said(dc([100] * 30, volts=volts), facts) == []


def test_messages_kept_while_offline_say_nothing_of_the_clock() -> None:
    state = StationState()
    for minute in range(30):
        at_us = START + timedelta(minutes=minute)
        kept = Spoke(at_us, at_us - timedelta(hours=5), is_replayed=True)
        state, findings = station_step(state, kept)
        assert findings == ()


def test_a_family_that_shares_its_token() -> None:
    state = TagState()
    for day in range(20):
        for north in (59_300_000, 59_600_000):
            use = TagUse(NOON + timedelta(days=day), None, north, 18_000_000, 9_000, is_shared=True)
            state, findings = tag_step(state, use)
            assert findings == ()


def test_a_connector_in_maintenance() -> None:
    fault = StateReported(NOON, 1, False, False, "GroundFailure", is_muted=True)
    assert station_step(StationState(), fault)[1] == ()
    waiting = ConnectorFacts(Waiting.FINISHING, NOON, is_muted=True)
    assert overdue(waiting, NOON + timedelta(hours=5)) == ()
    state = ConnectorState()
    for minute in range(9):
        began = NOON + timedelta(minutes=2 * minute)
        test = SessionSummary("", f"t{minute}", began, began, 0, is_maintenance=True)
        state, findings = connector_step(state, test)
        assert findings == ()


def test_our_own_order_makes_a_connector_unavailable() -> None:
    ordered = ConnectorFacts(Waiting.UNAVAILABLE, NOON, is_commanded=True)
    assert overdue(ordered, NOON + timedelta(days=2)) == ()


def test_a_power_cut_is_one_incident_of_the_site() -> None:
    lost = [NOON + timedelta(seconds=7 * n) for n in range(10)]
    storm = site_storm(lost, NOON + timedelta(minutes=3))
    assert storm is not None
    assert (storm.members, storm.finding.cause) == (tuple(range(10)), "site_offline")
    assert site_storm([NOON, *[None] * 9], NOON + timedelta(minutes=3)) is None
