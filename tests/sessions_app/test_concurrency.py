"""Two sockets saying the same at once: one of them is always first."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from chargepoints.types import V16, V201
from outbox.models import Event
from sessions_app.models import ChargingSession
from sessions_app.services import clear_session, hold_session
from tenants.scope import tenant_scope
from tests.cast import a_charge_point, a_connector, a_driver, a_session, a_tenant
from tests.sessions_app.talk import Message, Talk, event, start, stop, the_session, values

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def charge_point() -> Iterator[Any]:
    """A station whose rows other connections can see."""
    tenant = a_tenant()
    with tenant_scope(tenant.id):
        station = a_charge_point()
        a_connector(station)
        a_driver()
        yield station


def at_once(*calls: Any, tenant_id: Any) -> list[Any]:
    """What the calls return, each made in a thread and on a connection of its own."""
    ready = Barrier(len(calls))

    def run(call: Any) -> Any:
        try:
            with tenant_scope(tenant_id):
                ready.wait(5)
                return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def say_at_once(charge_point: Any, version: str, *messages: Message) -> list[Any]:
    calls = [lambda m=m: Talk(charge_point, version).say(m) for m in messages]
    return at_once(*calls, tenant_id=charge_point.tenant_id)


def test_the_same_start_twice_at_once_is_one_session(charge_point: Any) -> None:
    first, second = say_at_once(charge_point, V16, start(), start())
    assert first["transactionId"] == second["transactionId"]
    assert ChargingSession.objects.count() == 1
    assert Event.objects.count() == 1


def test_start_readings_and_stop_at_once_lose_nothing(charge_point: Any) -> None:
    number = Talk(charge_point, V16).start()
    ChargingSession.objects.all().delete()
    say_at_once(
        charge_point, V16, stop(number), start(), values(number, 30, 6000), values(number, 40, 7000)
    )
    session = the_session()
    assert (session.state, session.energy_wh, session.sample_count) == ("completed", 10_000, 2)


def test_events_of_one_transaction_at_once_are_one_session(charge_point: Any) -> None:
    messages = [
        event("Started", 0, 0, 1000),
        event("Updated", 1, 30, 6000),
        event("Updated", 1, 30, 6000),
        event("Ended", 2, 60, 11_000),
    ]
    say_at_once(charge_point, V201, *messages)
    session = the_session()
    assert (session.state, session.energy_wh, session.sample_count) == ("completed", 10_000, 3)
    assert session.last_seq >= 3
    assert Event.objects.filter(type="session.completed").count() == 1


def test_a_gate_moves_once_whoever_moves_it(charge_point: Any) -> None:
    session = a_session(charge_point, state="completed")
    moved = at_once(
        lambda: clear_session(session_id=session.id),
        lambda: hold_session(session_id=session.id, reason="M1"),
        tenant_id=charge_point.tenant_id,
    )
    assert sorted(moved) == [False, True]
    assert Event.objects.filter(type__in=("session.held", "session.cleared")).count() == 1
