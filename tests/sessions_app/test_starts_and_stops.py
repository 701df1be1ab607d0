"""OCPP 1.6 transactions as stations really send them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chargepoints.errors import CallRefused, Fault
from chargepoints.models import Connector
from outbox.models import Event
from sessions_app.models import ChargingSession, MeterSample, ParkedMessage
from sessions_app.services.starts import first_transaction_id
from tests.cast import NOON
from tests.sessions_app.talk import Talk, at, reading, settle, start, stop, the_session, values

COMPLETED, OPEN = ChargingSession.State.COMPLETED, ChargingSession.State.OPEN


def events() -> list[str]:
    return list(Event.objects.order_by("id").values_list("type", flat=True))


def test_a_session_goes_from_start_to_stop(old: Talk) -> None:
    number = old.start()
    old.say(values(number, 30, 6000))
    assert old.say(stop(number)) == {}
    session = the_session()
    assert (session.state, session.energy_wh, session.energy_source) == (
        COMPLETED,
        10_000,
        "registers",
    )
    assert (session.started_at, session.ended_at) == (at(0), at(60))
    assert (session.driver.name, session.connector.evse_id) == ("A Driver", 1)
    assert (session.stop_reason, session.flags) == ("Local", [])
    assert events() == ["session.started", "session.completed"]


def test_a_repeated_start_gets_the_same_id(old: Talk) -> None:
    first, again = old.start(), old.start()
    assert first == again
    assert the_session().transaction_ref == str(first)
    assert events() == ["session.started"]


def test_a_start_that_differs_is_another(old: Talk) -> None:
    ids = {
        old.start(),
        old.start(minute=1),
        old.start(wh=1001),
        old.start(tag="DDEEFF"),
        old.start(connector=2),
    }
    assert len(ids) == 5
    assert all(0 < number < 2**31 for number in ids)


def test_a_token_in_other_letters_is_the_same_start(old: Talk) -> None:
    assert old.start(tag="AABBCC") == old.start(tag="aabbcc")


def test_a_number_taken_by_another_start_gives_the_next(
    old: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "sessions_app.services.starts.first_transaction_id", lambda fingerprint: 2**31 - 1
    )
    assert old.start() == 2**31 - 1
    assert old.start(minute=1) == 1
    assert old.start(minute=1) == 1
    assert old.start() == 2**31 - 1


def test_ids_are_positive_31_bit_numbers() -> None:
    assert first_transaction_id("0" * 64) == 1
    assert first_transaction_id(f"{2**31 - 2:064x}") == 2**31 - 1
    assert first_transaction_id(f"{2**31 - 1:064x}") == 1


def test_a_repeated_stop_changes_nothing(old: Talk) -> None:
    number = old.start()
    last = stop(number, transactionData=[reading(30, 6000)])
    old.say(last)
    before = ChargingSession.objects.values().get()
    old.say(last, NOON + timedelta(hours=5))
    assert ChargingSession.objects.values().get() == before
    assert events() == ["session.started", "session.completed"]


def test_a_contradicting_stop_is_flagged_and_changes_nothing_else(old: Talk) -> None:
    number = old.start()
    old.say_all(stop(number), stop(number, minute=70, wh=12_000))
    session = the_session()
    assert (session.energy_wh, session.ended_at) == (10_000, at(60))
    assert session.flags == ["conflicting_stop"]


def test_messages_before_their_start_wait_for_it(old: Talk) -> None:
    number = old.start()
    ChargingSession.objects.all().delete()
    old.say_all(stop(number), values(number, 30, 6000))
    assert ParkedMessage.objects.filter(session=None).count() == 2
    assert old.start() == number
    session = the_session()
    assert (session.state, session.energy_wh, session.sample_count) == (COMPLETED, 10_000, 1)
    assert (session.flags, ParkedMessage.objects.filter(session=session).count()) == ([], 2)


def test_an_unknown_message_is_kept_once(old: Talk) -> None:
    for _ in range(3):
        assert old.say(stop(4711)) == {}
        assert old.say(values(4711, 30, 6000)) == {}
    assert ParkedMessage.objects.count() == 2
    assert not ChargingSession.objects.exists()


@pytest.mark.parametrize("invented", [0, -1, -(2**31)])
def test_a_stop_with_an_invented_id_goes_to_the_only_open_session(old: Talk, invented: int) -> None:
    old.start()
    last = stop(invented, idTag="AABBCC")
    assert old.say(last) == {"idTagInfo": {"status": "Accepted"}}
    old.say(last)
    session = the_session()
    assert (session.state, session.energy_wh) == (COMPLETED, 10_000)
    assert session.flags == ["matched_by_evidence"]
    assert ParkedMessage.objects.get().session_id == session.id


def test_a_stop_with_an_invented_id_and_two_sessions_goes_by_the_token(old: Talk) -> None:
    old.start()
    other = old.start(connector=2, tag="DDEEFF")
    old.say(stop(-1, idTag="ddeeff"))
    stopped = ChargingSession.objects.get(state=COMPLETED)
    assert stopped.transaction_ref == str(other)


def test_a_repeated_stop_with_an_invented_id_stops_nothing_else(old: Talk) -> None:
    old.start()
    old.say(stop(-1))
    old.start(minute=30, connector=2)
    old.say(stop(-1))
    assert ChargingSession.objects.get(state=OPEN).started_at == at(30)


def test_a_stop_with_an_invented_id_means_the_later_of_two_on_a_connector(old: Talk) -> None:
    old.start()
    old.start(minute=30, wh=5000)
    old.say(stop(-1))
    assert ChargingSession.objects.get(state=COMPLETED).started_at == at(30)


def test_a_stop_of_another_token_is_no_evidence(old: Talk) -> None:
    old.start()
    old.say(stop(-1, idTag="DDEEFF"))
    assert the_session().state == OPEN
    assert ParkedMessage.objects.get().session_id is None


def test_an_ambiguous_stop_stays_parked(old: Talk) -> None:
    old.start()
    old.start(connector=2)
    old.say(stop(-1))
    assert ChargingSession.objects.filter(state=OPEN).count() == 2
    assert ParkedMessage.objects.get().session_id is None


def test_an_invented_stop_before_its_start_finds_it(old: Talk) -> None:
    old.say(stop(-1))
    old.start(minute=90)
    assert the_session().state == OPEN
    old.start()
    assert ChargingSession.objects.get(started_at=NOON).state == COMPLETED


def test_a_second_start_leaves_the_first_open_and_flagged(old: Talk) -> None:
    first = old.start(wh=500)
    second = old.start(minute=10, wh=100)
    flags = dict(ChargingSession.objects.values_list("transaction_ref", "flags"))
    assert flags == {str(first): ["superseded"], str(second): []}
    assert not ChargingSession.objects.exclude(state=OPEN).exists()


def test_a_superseded_session_that_gets_its_stop_is_not_superseded(old: Talk) -> None:
    second = start(minute=90)
    old.say(second)
    first = old.start()
    assert ChargingSession.objects.get(started_at=NOON).flags == ["superseded"]
    old.say(stop(first))
    assert ChargingSession.objects.get(started_at=NOON).flags == []


def test_a_meter_stop_of_zero_waits_for_samples_and_uses_them(old: Talk) -> None:
    number = old.start(wh=0)
    old.say_all(values(number, 1, 100), stop(number, wh=0), values(number, 30, 547))
    session = the_session()
    assert (session.state, session.settle_at) == (OPEN, NOON + timedelta(hours=2, seconds=300))
    settle()
    session.refresh_from_db()
    assert (session.state, session.energy_wh) == (COMPLETED, 547)
    assert "stop_unknown" in session.flags


def test_a_meter_stop_of_zero_is_never_believed_at_once(old: Talk) -> None:
    number = old.start(wh=0)
    old.say_all(stop(number, wh=0), values(number, 1, 0), values(number, 30, 547))
    settle()
    assert (the_session().energy_wh, the_session().state) == (547, COMPLETED)


def test_a_session_without_energy_is_complete(old: Talk) -> None:
    number = old.start(wh=1234)
    old.say(stop(number, wh=1234))
    session = the_session()
    assert (session.state, session.energy_wh, session.sample_count) == (COMPLETED, 0, 0)


def test_an_unknown_token_is_recorded_and_told_invalid(old: Talk) -> None:
    answer = old.say(start(tag="STRANGER"))
    assert answer["idTagInfo"] == {"status": "Invalid"}
    session = the_session()
    assert (session.driver, session.token_uid) == (None, "STRANGER")
    assert answer["transactionId"] == int(session.transaction_ref)


def test_transaction_data_is_never_added_twice(old: Talk) -> None:
    number = old.start()
    begin_and_end = [
        reading(0, 1000, "Transaction.Begin"),
        reading(30, 6000),
        reading(60, 11_000, "Transaction.End"),
        reading(60, 1000, "Transaction.Begin"),
    ]
    old.say_all(values(number, 30, 6000), stop(number, transactionData=begin_and_end))
    session = the_session()
    assert (session.energy_wh, session.sample_count) == (10_000, 4)


def test_late_samples_are_kept_and_change_no_energy(old: Talk) -> None:
    number = old.start()
    old.say_all(stop(number), values(number, 61, 11_004))
    session = the_session()
    assert (session.energy_wh, session.sample_count) == (10_000, 1)
    assert session.flags == ["late_samples"]


def test_a_stop_earlier_than_samples_keeps_its_time(old: Talk) -> None:
    number = old.start()
    old.say_all(values(number, 61, 11_000), stop(number))
    session = the_session()
    assert (session.ended_at, session.energy_wh, session.state) == (at(60), 10_000, COMPLETED)


def test_a_station_without_a_clock_gets_our_time(old: Talk) -> None:
    received_at = datetime(2026, 6, 1, 12, 0, 7, tzinfo=UTC)
    old.say(start(timestamp="1970-01-01T00:00:12Z"), received_at)
    session = the_session()
    assert (session.started_at, session.flags) == (received_at, ["clock_unset"])


def test_the_same_start_without_a_clock_after_its_stop_is_another(old: Talk) -> None:
    message = start(timestamp="1970-01-01T00:00:12Z")
    first = old.say(message)["transactionId"]
    assert old.say(message)["transactionId"] == first
    old.say(stop(first))
    second = old.say(message)["transactionId"]
    assert second != first
    assert old.say(message)["transactionId"] == second


def test_a_new_connector_is_made_when_first_heard_of(old: Talk) -> None:
    old.start(connector=7)
    assert the_session().connector == Connector.objects.get(evse_id=7, connector_id=1)


def test_connector_zero_is_no_outlet(old: Talk) -> None:
    old.start(connector=0)
    assert the_session().connector is None


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (start(timestamp="soon"), "timestamp"),
        (start(timestamp="2026-02-30T12:00:00Z"), "timestamp"),
        (start(timestamp="2026-W23-1"), "timestamp"),
        (start(meterStart=2**63), "meterStart"),
        (start(connectorId=70_000), "connectorId"),
        (start(connectorId=-1), "connectorId"),
        (stop(1, timestamp=""), "timestamp"),
        (stop(2**64), "transactionId"),
        (values(1, 0, 0, meterValue=[{"timestamp": "x", "sampledValue": []}]), "meterValue.0.time"),
    ],
)
def test_a_field_that_means_nothing_is_named_and_nothing_written(
    old: Talk, message: tuple[str, dict[str, object]], field: str
) -> None:
    with pytest.raises(CallRefused, match=field) as refused:
        old.say(message)
    assert refused.value.fault is Fault.PROPERTY
    assert not ChargingSession.objects.exists()
    assert not ParkedMessage.objects.exists()


def test_a_stop_is_not_refused_for_a_reading_without_a_time(old: Talk) -> None:
    number = old.start()
    last = stop(number, transactionData=[reading(30, 10_000) | {"timestamp": "2026-06-01"}])
    old.say_all(last, last)
    assert MeterSample.objects.get().at == at(60)
    assert the_session().flags == ["time_unreadable"]
