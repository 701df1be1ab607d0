"""Sessions whose stop never came, closed by what else shows that they are over."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine

from chargepoints.models import ChargePoint
from chargepoints.services.status import StatusReport, record_status
from outbox.models import Event
from sessions_app.models import ChargingSession
from sessions_app.tasks import close_sessions, settle_sessions
from tests.cast import NOON, a_charge_point, a_connector
from tests.sessions_app.talk import Talk, at, event, stop, values

BOTH = pytest.mark.parametrize("version", ["1.6", "2.0.1"])
HOUR = timedelta(hours=1)


def live(station: ChargePoint, now: datetime, since: datetime = NOON) -> None:
    """The station is connected since then and was heard of just now."""
    ChargePoint.objects.filter(pk=station.pk).update(
        socket_channel="x", connected_at=since, last_seen_at=now
    )


def sweep(station: ChargePoint, now: datetime, since: datetime = NOON) -> int:
    live(station, now, since)
    with time_machine.travel(now, tick=False):
        closed: int = close_sessions()
        return closed


def charge(station: ChargePoint, version: str, until: int = 30) -> Talk:
    """A session from noon at 1000 Wh that is last heard of at 5000 Wh, and never stopped."""
    talk = Talk(station, version)
    with time_machine.travel(NOON, tick=False):
        if version == "1.6":
            number = talk.start()
            talk.say(values(number, until, 5_000), at(until))
        else:
            talk.say_all(event("Started", 0, 0, 1_000), event("Updated", 1, until, 5_000))
    return talk


def first() -> ChargingSession:
    return ChargingSession.objects.order_by("started_at")[0]


def report(station: ChargePoint, status: str, minute: int) -> None:
    with time_machine.travel(at(minute), tick=False):
        said = StatusReport(evse_id=1, connector_id=1, status=status, at=at(minute))
        record_status(charge_point_id=station.pk, report=said)


@BOTH
def test_an_outlet_that_came_free_ends_the_session(charge_point: ChargePoint, version: str) -> None:
    charge(charge_point, version)
    report(charge_point, "available", 40)
    assert sweep(charge_point, at(54)) == 0
    assert sweep(charge_point, at(55)) == 1
    kept = first()
    assert (kept.ended_at, kept.closed_by, kept.gate) == (at(40), "available", "unchecked")
    with time_machine.travel(at(116), tick=False):
        assert settle_sessions() == 1
    kept = first()
    assert (kept.state, kept.energy_wh, kept.meter_stop_wh) == ("completed", 4_000, 5_000)
    assert "closed_by_evidence" in kept.flags


@BOTH
def test_the_next_session_ends_the_one_before(charge_point: ChargePoint, version: str) -> None:
    talk = charge(charge_point, version)
    with time_machine.travel(at(90), tick=False):
        if version == "1.6":
            talk.start(minute=90, wh=6_000)
        else:
            begun = event("Started", 0, 90, 6_000)
            begun[1]["transactionInfo"] = {"transactionId": "another"}
            talk.say(begun, at(90))
    assert sweep(charge_point, at(110)) == 1
    kept = first()
    assert (kept.ended_at, kept.closed_by) == (at(90), "next_start")
    assert kept.gate == "held", "an hour without a sign may have cost nothing"
    assert Event.objects.filter(type="session.held").count() == 1


@BOTH
def test_a_restart_ends_what_was_under_way(charge_point: ChargePoint, version: str) -> None:
    charge(charge_point, version)
    ChargePoint.objects.filter(pk=charge_point.pk).update(booted_at=at(35))
    assert sweep(charge_point, at(60)) == 1
    assert (first().ended_at, first().closed_by) == (at(35), "boot")


def test_a_session_that_goes_on_after_a_restart_stays(charge_point: ChargePoint) -> None:
    charge(charge_point, "1.6")
    ChargePoint.objects.filter(pk=charge_point.pk).update(booted_at=at(35))
    report(charge_point, "charging", 36)
    assert sweep(charge_point, at(60)) == 0


@BOTH
def test_a_day_of_silence_ends_it_at_the_last_reading(
    charge_point: ChargePoint, version: str
) -> None:
    charge(charge_point, version)
    assert sweep(charge_point, at(29) + 24 * HOUR) == 0
    assert sweep(charge_point, at(30) + 24 * HOUR) == 1
    assert (first().ended_at, first().closed_by, first().gate) == (at(30), "silence", "unchecked")


def test_a_silence_before_the_station_came_back_does_not_count(charge_point: ChargePoint) -> None:
    charge(charge_point, "1.6")
    assert sweep(charge_point, at(0) + 48 * HOUR, since=at(0) + 47 * HOUR) == 0


def test_a_stations_queue_has_time_to_arrive(charge_point: ChargePoint) -> None:
    charge(charge_point, "1.6")
    report(charge_point, "available", 40)
    assert sweep(charge_point, at(60), since=at(50)) == 0
    assert sweep(charge_point, at(65), since=at(50)) == 1


def test_a_station_that_is_away_proves_nothing(charge_point: ChargePoint) -> None:
    charge(charge_point, "1.6")
    report(charge_point, "available", 40)
    live(charge_point, at(41))
    with time_machine.travel(at(600), tick=False):
        assert close_sessions() == 0


@BOTH
@pytest.mark.parametrize("completed", [False, True])
def test_a_late_real_stop_still_wins(
    charge_point: ChargePoint, version: str, completed: bool
) -> None:
    talk = charge(charge_point, version)
    ChargePoint.objects.filter(pk=charge_point.pk).update(booted_at=at(90))
    assert sweep(charge_point, at(120)) == 1
    if completed:
        with time_machine.travel(at(600), tick=False):
            settle_sessions()
    late = event("Ended", 2, 45, 7_000)
    if version == "1.6":
        late = stop(int(first().transaction_ref), 45, 7_000)
    talk.say(late, at(700))
    kept = first()
    assert (kept.state, kept.ended_at, kept.energy_wh) == ("completed", at(45), 6_000)
    assert (kept.closed_by, kept.gate, "closed_by_evidence" in kept.flags) == (
        *("", "unchecked"),
        False,
    )
    assert ("late_stop" in kept.flags) is completed


def test_readings_after_the_close_open_it_again(charge_point: ChargePoint) -> None:
    talk = charge(charge_point, "1.6")
    report(charge_point, "available", 40)
    assert sweep(charge_point, at(60)) == 1
    talk.say(values(int(first().transaction_ref), 61, 6_000), at(61))
    with time_machine.travel(at(130), tick=False):
        settle_sessions()
    assert (first().state, first().ended_at, first().closed_by) == ("open", None, "")


def test_another_outlets_session_says_nothing(charge_point: ChargePoint) -> None:
    a_connector(charge_point, 2)
    talk = charge(charge_point, "1.6")
    talk.start(minute=50, connector=2)
    other = a_charge_point("CP-2", charge_point.site)
    report(other, "available", 50)
    assert sweep(charge_point, at(90)) == 0
