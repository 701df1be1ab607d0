"""OCPP 2.0.1 transactions as stations really send them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from outbox.models import Event
from sessions_app.models import ChargingSession, ParkedMessage
from tests.cast import NOON, a_driver
from tests.sessions_app.talk import (
    Talk,
    at,
    event,
    reading_201,
    settle,
    the_session,
    token,
    values_201,
)

COMPLETED, OPEN = ChargingSession.State.COMPLETED, ChargingSession.State.OPEN

STARTED = event("Started", 0, 0, 1000)
UPDATED = event("Updated", 1, 30, 6000)
ENDED = event("Ended", 2, 60, 11_000)


def events() -> list[str]:
    return list(Event.objects.order_by("id").values_list("type", flat=True))


def test_a_session_goes_from_started_to_ended(new: Talk) -> None:
    assert new.say(STARTED) == {"idTokenInfo": {"status": "Accepted"}}
    assert new.say(UPDATED) == {}
    assert the_session().energy_wh == 5000
    assert new.say(ENDED) == {}
    session = the_session()
    assert (session.state, session.energy_wh, session.energy_source) == (
        COMPLETED,
        10_000,
        "registers",
    )
    assert (session.started_at, session.ended_at) == (at(0), at(60))
    assert (session.meter_start_wh, session.meter_stop_wh) == (1000, 11_000)
    assert (session.driver.name, session.token_uid) == ("A Driver", "AABBCC")
    assert (session.sample_count, session.stop_reason, session.flags) == (3, "Local", [])
    assert events() == ["session.started", "session.completed"]


@pytest.mark.parametrize("repeated", [STARTED, UPDATED, ENDED])
def test_a_replayed_event_is_answered_and_ignored(
    new: Talk, repeated: tuple[str, dict[str, Any]]
) -> None:
    new.say_all(STARTED, UPDATED, ENDED)
    before = ChargingSession.objects.values().get()
    new.say(repeated, NOON + timedelta(hours=9))
    assert ChargingSession.objects.values().get() == before
    assert events() == ["session.started", "session.completed"]


def test_any_event_may_come_first(new: Talk) -> None:
    new.say_all(ENDED, UPDATED)
    session = the_session()
    assert (session.state, session.started_at, session.connector) == (OPEN, None, None)
    new.say(STARTED)
    session.refresh_from_db()
    assert (session.state, session.energy_wh, session.flags) == (COMPLETED, 10_000, [])


def test_a_missing_event_is_waited_for(new: Talk) -> None:
    new.say_all(STARTED, ENDED)
    session = the_session()
    assert (session.state, session.settle_at) == (OPEN, NOON + timedelta(hours=2, seconds=300))
    new.say(UPDATED)
    assert the_session().state == COMPLETED


def test_an_event_that_never_comes_is_waited_for_only_so_long(new: Talk) -> None:
    new.say_all(STARTED, ENDED)
    assert settle() == 1
    session = the_session()
    assert (session.state, session.energy_wh) == (COMPLETED, 10_000)
    assert session.flags == ["sequence_gap"]
    assert settle() == 0
    assert events() == ["session.started", "session.completed"]


def test_a_start_that_never_comes_is_put_at_the_first_sample(new: Talk) -> None:
    new.say_all(UPDATED, ENDED)
    settle()
    session = the_session()
    assert (session.started_at, session.energy_wh, session.state) == (at(30), 5000, COMPLETED)
    assert "start_missing" in session.flags
    assert events() == ["session.started", "session.completed"]
    new.say(STARTED)
    session.refresh_from_db()
    assert (session.started_at, session.energy_wh) == (at(30), 5000)
    assert {"late_start", "late_samples"} <= {*session.flags}


def test_a_station_that_always_sends_number_0_is_given_time(new: Talk) -> None:
    new.say_all(STARTED, event("Ended", 0, 60, 11_000), event("Updated", 0, 30, 6000))
    assert the_session().state == OPEN
    settle()
    session = the_session()
    assert (session.state, session.energy_wh, session.sample_count) == (COMPLETED, 10_000, 3)
    assert session.flags == []


def test_one_number_on_two_events_loses_neither(new: Talk) -> None:
    new.say_all(STARTED, UPDATED, event("Updated", 2, 59, 10_900), ENDED)
    session = the_session()
    assert (session.sample_count, session.energy_wh, session.state) == (4, 10_000, COMPLETED)


def test_the_first_of_two_ended_events_counts(new: Talk) -> None:
    new.say_all(STARTED, UPDATED, ENDED, event("Ended", 3, 61, 11_500))
    session = the_session()
    assert (session.ended_at, session.energy_wh) == (at(60), 10_000)
    assert session.flags == ["conflicting_stop", "late_samples"]


def test_energy_without_registers_in_started_and_ended(new: Talk) -> None:
    bare = {"evse": {"id": 1}}
    new.say_all(
        event("Started", 0, 0),
        event("Updated", 1, 1, 1000, **bare),
        event("Updated", 2, 59, 9000),
        event("Ended", 3, 60),
    )
    session = the_session()
    assert (session.state, session.energy_wh) == (COMPLETED, 8000)
    assert (session.meter_start_wh, session.meter_stop_wh) == (1000, 9000)


def test_a_begin_value_repeated_at_the_end_is_not_the_stop(new: Talk) -> None:
    both = [reading_201(60, 1000, "Transaction.Begin"), reading_201(60, 11_000, "Transaction.End")]
    new.say_all(STARTED, UPDATED, event("Ended", 2, 60, meterValue=both))
    assert the_session().energy_wh == 10_000


def test_a_begin_value_alone_at_the_end_is_not_the_stop(new: Talk) -> None:
    begin = [reading_201(60, 1000, "Transaction.Begin")]
    new.say_all(STARTED, UPDATED, event("Ended", 2, 60, meterValue=begin))
    assert (the_session().energy_wh, the_session().meter_stop_wh) == (5000, 6000)


def test_a_token_may_come_after_the_start(new: Talk) -> None:
    started = event("Started", 0, 0, 1000)
    del started[1]["idToken"]
    new.say_all(started, event("Updated", 1, 1, idToken=token()))
    session = the_session()
    assert (session.token_uid, session.driver.name) == ("AABBCC", "A Driver")


def test_the_token_that_stops_is_not_the_driver(new: Talk) -> None:
    a_driver("DDEEFF", "Another Driver")
    ended = event("Ended", 2, 60, 11_000, idToken=token("DDEEFF"))
    new.say_all(ended, UPDATED)
    assert (the_session().token_uid, the_session().flags) == ("DDEEFF", ["token_from_stop"])
    new.say(STARTED)
    session = the_session()
    assert (session.driver.name, session.flags) == ("A Driver", [])


def test_charging_without_authorization_has_no_token(new: Talk) -> None:
    free = {"idToken": "", "type": "NoAuthorization"}
    assert new.say(event("Started", 0, 0, idToken=free)) == {}
    assert the_session().token_uid == ""


def test_readings_of_an_evse_go_to_its_session(new: Talk) -> None:
    new.say_all(STARTED, values_201(15, 3000))
    session = the_session()
    assert (session.sample_count, session.energy_wh, session.flags) == (2, 2000, [])


def test_readings_of_an_evse_wait_for_a_session_that_began_before(new: Talk) -> None:
    new.say(values_201(15, 3000))
    assert ParkedMessage.objects.get().session is None
    new.say(STARTED)
    assert the_session().sample_count == 2
    assert ParkedMessage.objects.get().session == the_session()


def test_readings_of_an_idle_evse_are_dropped_after_a_day(new: Talk) -> None:
    new.say(values_201(-15, 3000), NOON)
    new.say(STARTED)
    assert ParkedMessage.objects.count() == 1
    settle()
    assert not ParkedMessage.objects.exists()
    assert the_session().sample_count == 1


def test_readings_after_a_session_are_not_its_own(new: Talk) -> None:
    new.say_all(STARTED, UPDATED, ENDED, values_201(61, 11_004))
    assert (the_session().sample_count, the_session().flags) == (3, [])


def test_readings_of_the_whole_station_belong_to_no_session(new: Talk) -> None:
    new.say_all(STARTED, values_201(15, 3000, evse=0))
    assert the_session().sample_count == 1
    assert not ParkedMessage.objects.exists()


def test_evse_two_is_not_evse_one(new: Talk) -> None:
    new.say_all(STARTED, values_201(15, 3000, evse=2))
    assert the_session().sample_count == 1


@pytest.mark.parametrize("transaction", ["17", "0123456789abcdef0123456789abcdef01", "a" * 36])
def test_transaction_ids_of_any_shape(new: Talk, transaction: str) -> None:
    about = {"transactionInfo": {"transactionId": transaction}}
    new.say_all(
        event("Started", 0, 0, 1000, offline=True, **about),
        event("Ended", 1, 60, 2000, offline=True, **about),
    )
    assert (the_session().transaction_ref, the_session().energy_wh) == (transaction, 1000)


def test_an_id_used_again_is_another_session(new: Talk) -> None:
    again = (event("Started", 0, 90, 11_000), event("Ended", 1, 120, 13_000))
    new.say_all(STARTED, UPDATED, ENDED, *again, *again)
    sessions = ChargingSession.objects.order_by("started_at")
    assert list(sessions.values_list("energy_wh", "state")) == [
        (10_000, COMPLETED),
        (2000, COMPLETED),
    ]
    assert sessions[1].transaction_ref == again[0][1]["transactionInfo"]["transactionId"]
