"""Storing many stations' samples together leaves the same rows as one message at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargepoints.models import ChargePoint, StatusRecord
from chargepoints.routing import together_of
from chargepoints.types import V16, V201
from outbox.models import Event
from sessions_app.energy import progress_wh, session_energy
from sessions_app.models import ChargingSession, MeterSample, ParkedMessage
from sessions_app.types import Sample
from tenants.scope import across_tenants
from tests.cast import NOON
from tests.sessions_app.talk import (
    Message,
    Talk,
    at,
    event,
    reading,
    reading_201,
    stop,
    the_session,
    values,
    values_201,
)

RECEIVED = NOON + timedelta(hours=2)
RANDOM = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ODD_VALUES = st.sampled_from(
    ["1500", "2600.5", "-1", "0", "1e3", "NaN", "", "99999999999999999999", "12.", "Wh", "6000"]
)


def say_together(talk: Talk, message: Message) -> bool:
    """Say it as the socket would; whether it was plain."""
    action, payload = message
    handler = talk.station.handler_of(action, payload)
    together = together_of(handler)
    plain = together.read(payload, RECEIVED) if together else None
    if together is not None and plain is not None:
        with across_tenants(reason="as the group commit"), transaction.atomic():
            if together.store([(str(talk.charge_point.id), plain)]) == [True]:
                return True
    talk.say(message, RECEIVED)
    return False


def rows(log: Sequence[Message], talk: Talk, *, together: bool) -> list[Any]:
    """All that the messages leave behind, and nothing of it kept."""
    with undone():
        for message in log:
            say_together(talk, message) if together else talk.say(message, RECEIVED)
        names = {row["id"]: row["transaction_ref"] for row in ChargingSession.objects.values()}
        tables = (ChargingSession, MeterSample, StatusRecord, ParkedMessage, Event)
        return [sorted(map(str, _facts(table, names))) for table in tables]


def _facts(table: Any, names: dict[UUID, str]) -> Iterator[dict[str, Any]]:
    for row in table.objects.values():
        session = names.get(row.pop("session_id", None))
        for name in ("id", "created_at", "due_at", "payload"):
            row.pop(name, None)
        yield {"session": session, **row}


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def numbered(message: Message, number: int) -> Message:
    """A 1.6 message about this transaction."""
    action, payload = message
    return action, payload | {"transactionId": number} if "transactionId" in payload else payload


MINUTES = st.integers(0, 40)
REGISTERS = st.integers(-1, 30_000)
READINGS_16 = st.builds(
    lambda minute, wh, more: reading(minute, wh, **more),
    MINUTES,
    REGISTERS,
    st.dictionaries(st.sampled_from(["power", "current", "voltage", "soc"]), ODD_VALUES),
)
VALUES_16 = st.lists(READINGS_16, min_size=1, max_size=3).map(
    lambda readings: values(1, 0, 0, meterValue=readings)
)
LOG_16 = st.lists(
    st.one_of(
        VALUES_16,
        VALUES_16,
        st.builds(lambda m, wh: values(None, m, wh), MINUTES, REGISTERS),
        st.builds(lambda m, wh: stop(1, m, wh), MINUTES, REGISTERS),
    ),
    max_size=8,
).flatmap(lambda log: st.permutations(log + log[:2]))


@RANDOM
@given(LOG_16)
def test_the_rows_of_16_messages_are_the_same(
    charge_point: ChargePoint, log: list[Message]
) -> None:
    talk = Talk(charge_point, V16)
    with undone():
        number = talk.start()
        said = [numbered(message, number) for message in log]
        assert rows(said, talk, together=True) == rows(said, talk, together=False)


STATES = st.sampled_from([None, "Charging", "SuspendedEV", "EVConnected"])


def updated(sequence: int, minute: int, readings: list[Any], state: str | None) -> Message:
    about = {"transactionId": "6f1a2b3c"} | ({"chargingState": state} if state else {})
    action, payload = event("Updated", sequence, minute, transactionInfo=about)
    return action, payload | ({"meterValue": readings} if readings else {})


def charging(sequence: int, minute: int) -> Message:
    return updated(sequence, minute, [reading_201(minute, 100 * minute)], "Charging")


READINGS_201 = st.builds(reading_201, MINUTES, REGISTERS)
LOG_201 = st.lists(
    st.one_of(
        st.builds(updated, st.integers(1, 9), MINUTES, st.lists(READINGS_201, max_size=2), STATES),
        st.builds(
            lambda n, m: updated(n, m, [reading_201(m, 100 * m)], "Charging"), MINUTES, MINUTES
        ),
        st.builds(lambda m, wh: values_201(m, wh), MINUTES, REGISTERS),
        st.builds(event, st.just("Ended"), st.integers(5, 9), MINUTES, REGISTERS),
        st.just(event("Started", 0, 0, 1000)),
    ),
    max_size=9,
).flatmap(lambda log: st.permutations(log + log[:2]))


@RANDOM
@given(LOG_201, st.booleans())
def test_the_rows_of_201_messages_are_the_same(
    charge_point: ChargePoint, log: list[Message], has_begun: bool
) -> None:
    talk = Talk(charge_point, V201)
    begun = [event("Started", 0, 0)] if has_begun else []
    assert rows(begun + log, talk, together=True) == rows(begun + log, talk, together=False)


def test_ordinary_messages_are_plain(old: Talk, new: Talk) -> None:
    number = old.start()
    assert say_together(old, values(number, 10, 2600))
    new.say(event("Started", 0, 0, 1000))
    assert say_together(new, updated(1, 10, [reading_201(10, 2600)], None))


def test_a_state_in_force_is_plain(new: Talk) -> None:
    new.say(event("Started", 0, 0, 1000))
    charging = [updated(n, 10 * n, [reading_201(10 * n, 2000)], "Charging") for n in (1, 2)]
    assert [say_together(new, message) for message in charging] == [False, True]


@pytest.mark.parametrize("minute", [10, 20])
def test_what_is_not_newer_is_not_plain(old: Talk, minute: int) -> None:
    number = old.start()
    assert say_together(old, values(number, 20, 2600))
    assert not say_together(old, values(number, minute, 2600))


def test_a_transaction_of_another_station_is_not_touched(old: Talk) -> None:
    number = old.start()
    plain = together_of(old.station.meter_values)
    assert plain is not None
    read = plain.read(values(number, 10, 2600)[1], RECEIVED)
    with across_tenants(reason="a test"):
        assert plain.store([(str(UUID(int=1)), read), (str(old.charge_point.id), read)]) == [
            False,
            True,
        ]
    assert the_session().sample_count == 1


@given(
    st.integers(-2, 10_000) | st.none(),
    st.integers(-2, 2_000_000),
    st.integers(-60, 600),
    st.booleans(),
)
def test_the_energy_so_far_is_that_of_the_whole_story(
    begin_wh: int | None, register_wh: int, minute: int, is_timed: bool
) -> None:
    started_at = NOON if is_timed else None
    story = session_energy(
        meter_start_wh=begin_wh,
        meter_stop_wh=None,
        samples=[Sample(at=at(minute), energy_wh=register_wh)],
        started_at=started_at,
    )
    assert story.energy_wh == progress_wh(
        begin_wh=begin_wh, register_wh=register_wh, at=at(minute), started_at=started_at
    )
