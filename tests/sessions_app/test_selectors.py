"""Reads of sessions."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import pytest

from chargepoints.models import ChargePoint
from sessions_app.models import ChargingSession, MeterSample
from sessions_app.selectors import (
    CurvePoint,
    DayEnergy,
    energy_by_day,
    open_sessions,
    session_curve,
    session_samples,
    sessions_under_way,
)
from sessions_app.types import SampleContext
from tests.cast import NOON, a_session
from tests.sessions_app.talk import at

STOCKHOLM = ZoneInfo("Europe/Stockholm")


@pytest.fixture
def session(charge_point: ChargePoint) -> ChargingSession:
    return a_session(charge_point)


def add_samples(session: ChargingSession, powers: list[int]) -> None:
    MeterSample.objects.bulk_create(
        MeterSample(
            session=session,
            at=NOON + timedelta(seconds=second),
            context=SampleContext.PERIODIC,
            seq=second + 1,
            received_at=NOON,
            power_w=power,
        )
        for second, power in enumerate(powers)
    )


def a_sample(session: ChargingSession, context: str = "periodic", **values: int) -> None:
    MeterSample.objects.create(
        session=session, at=NOON, context=context, seq=1, received_at=NOON, **values
    )


def test_samples_come_by_time_and_begin_before_end(session: ChargingSession) -> None:
    for context in ("end", "periodic", "begin"):
        a_sample(session, context)
    assert [s.context.value for s in session_samples(session.id)] == ["begin", "periodic", "end"]


def test_a_short_curve_is_whole(session: ChargingSession) -> None:
    a_sample(session, power_w=7000, current_ma=16_000, voltage_mv=230_000, energy_wh=5, soc_pct=40)
    assert session_curve(session.id) == [CurvePoint(NOON, 7000, 230_000, 16_000, 5, 40)]


def test_phases_are_folded_for_the_curve(session: ChargingSession) -> None:
    phases = {"voltage_l1_mv": 230_000, "voltage_l2_mv": 232_000, "current_l1_ma": 15_000}
    a_sample(session, current_l2_ma=16_000, **phases)
    assert session_curve(session.id) == [CurvePoint(NOON, None, 231_000, 16_000, None, None)]


def test_a_long_curve_keeps_its_peaks_and_dips(session: ChargingSession) -> None:
    powers = [7000] * 3000
    powers[1234], powers[2345] = 50_000, 0
    add_samples(session, powers)
    curve = session_curve(session.id)
    assert len(curve) <= 500
    assert {50_000, 0} <= {point.power_w for point in curve}
    assert curve == sorted(curve, key=lambda point: point.at)


@pytest.mark.parametrize("count", [1, 499, 500, 501, 777, 1001])
def test_a_curve_is_never_longer_than_asked(session: ChargingSession, count: int) -> None:
    add_samples(session, list(range(count)))
    points = len(session_curve(session.id))
    assert points == count if count <= 500 else 250 <= points <= 500


def test_energy_is_counted_on_the_local_day(charge_point: ChargePoint) -> None:
    for ref, hour, energy_wh in (("1", 20, 1000), ("2", 21, 2000), ("3", 23, 4000)):
        ended_at = NOON.replace(hour=hour, minute=59, tzinfo=UTC)
        done = {"state": ChargingSession.State.COMPLETED, "ended_at": ended_at}
        a_session(charge_point, ref, energy_wh=energy_wh, **done)
    a_session(charge_point, "4", energy_wh=8000)
    days = energy_by_day(day_from=date(2026, 6, 1), day_to=date(2026, 6, 3), zone=STOCKHOLM)
    assert days == [DayEnergy(date(2026, 6, 1), 3000, 2), DayEnergy(date(2026, 6, 2), 4000, 1)]
    assert energy_by_day(day_from=date(2026, 6, 2), day_to=date(2026, 6, 2), zone=STOCKHOLM) == []


def test_sessions_under_way_have_begun_and_not_been_left(charge_point: ChargePoint) -> None:
    here = a_session(charge_point, "here")
    a_session(charge_point, "left", flags=["superseded"])
    a_session(charge_point, "stopped", ended_at=at(5))
    a_session(charge_point, "unknown", started_at=None)
    a_session(charge_point, "done", state=ChargingSession.State.COMPLETED)
    assert list(sessions_under_way()) == [here]
    assert open_sessions().count() == 4
