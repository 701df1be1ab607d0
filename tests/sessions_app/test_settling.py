"""The sweep that completes what waited long enough."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from chargepoints.models import ChargePoint
from chargepoints.types import V201
from outbox.models import Event
from sessions_app.models import ChargingSession
from sessions_app.tasks import settle_sessions
from tenants.scope import across_tenants, tenant_scope
from tests.cast import NOON, a_charge_point, a_connector, a_session, a_tenant
from tests.sessions_app.talk import Talk, at, event, settle, the_session

COMPLETED = ChargingSession.State.COMPLETED


@pytest.mark.parametrize(("waited_s", "settled"), [(299, 0), (300, 1)])
def test_a_session_waits_its_time_and_no_longer(new: Talk, waited_s: int, settled: int) -> None:
    new.say(event("Ended", 2, 60, 11_000), NOON)
    with time_machine.travel(NOON + timedelta(seconds=waited_s), tick=False):
        assert settle_sessions() == settled


def test_a_session_without_any_energy_or_start_ends_when_it_began(new: Talk) -> None:
    new.say(event("Ended", 2, 60))
    settle()
    session = the_session()
    assert (session.started_at, session.ended_at, session.energy_wh) == (at(60), at(60), 0)
    assert {"start_missing", "sequence_gap", "register_missing"} <= {*session.flags}


def test_every_operator_is_swept_and_hears_of_its_own(db: None) -> None:
    for slug in ("volt", "ampere"):
        with tenant_scope(a_tenant(slug).id):
            station = a_charge_point()
            a_connector(station)
            Talk(station, V201).say(event("Ended", 1, 60, 11_000))
    assert settle() == 2
    with across_tenants(reason="test"):
        done = Event.objects.filter(type="session.completed")
        owners = {str(e.payload["session_id"]): e.tenant_id for e in done}
        assert owners == {str(s.id): s.tenant_id for s in ChargingSession.objects.all()}


def test_a_session_under_way_is_left_alone(charge_point: ChargePoint) -> None:
    a_session(charge_point)
    assert settle() == 0
    assert the_session().state == "open"


def test_what_was_left_behind_is_flagged(charge_point: ChargePoint) -> None:
    connector = charge_point.connectors.get()
    for minute in (0, 10):
        a_session(charge_point, str(minute), connector=connector, started_at=at(minute))
    settle()
    settle()
    flags = dict(ChargingSession.objects.values_list("transaction_ref", "flags"))
    assert flags == {"0": ["superseded"], "10": []}
