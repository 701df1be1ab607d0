"""A session uses the reservation of its token, once, and billing can ask for how long it was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chargepoints.models import Reservation
from chargepoints.selectors import reserved_s_of
from chargepoints.services import expire_reservations
from sessions_app.models import ChargingSession
from tenants.scope import tenant_scope
from tests.cast import a_connector, a_driver, a_tenant
from tests.chargepoints.lines import NOW, Line

BOTH = pytest.mark.parametrize("version", ["1.6", "2.0.1"])


@pytest.fixture(autouse=True)
def volt(db: None) -> Iterator[None]:
    with tenant_scope(a_tenant().id):
        yield


def reserved(line: Line, number: int = 5, evse_id: int = 1, **more: Any) -> Reservation:
    """A reservation that became active at noon, for a quarter of an hour."""
    connector = line.charge_point.connectors.filter(evse_id=evse_id).first()
    values = {"token_uid": "AABBCC", "state": "active", "active_from": NOW, "number": number}
    values |= {"expires_at": NOW + timedelta(minutes=15), "connector": connector}
    return Reservation.objects.create(charge_point=line.charge_point, **{**values, **more})


def starts(line: Line, minutes: int, number: int | None = None) -> None:
    """A session begins at EVSE 1 so many minutes after noon."""
    at = NOW + timedelta(minutes=minutes)
    named: dict[str, Any] = {} if number is None else {"reservationId": number}
    if line.version == "1.6":
        start = {"connectorId": 1, "idTag": "aabbcc", "meterStart": 0}
        line.says("StartTransaction", {**start, "timestamp": at.isoformat(), **named}, at)
        return
    event = {"eventType": "Started", "timestamp": at.isoformat(), "triggerReason": "Authorized"}
    event |= {"seqNo": 0, "transactionInfo": {"transactionId": "t-1"}, "evse": {"id": 1}}
    token = {"idToken": "aabbcc", "type": "ISO14443"}
    line.says("TransactionEvent", {**event, "idToken": token, **named}, at)


def a_line(version: str) -> Line:
    line = Line(version)
    a_connector(line.charge_point)
    a_driver("AABBCC")
    return line


@BOTH
@pytest.mark.parametrize("number", [None, 5])
def test_a_session_uses_the_reservation_of_its_token(version: str, number: int | None) -> None:
    line = a_line(version)
    reserved(line)
    starts(line, 10, number)
    session = ChargingSession.objects.get()
    kept = Reservation.objects.get()
    assert (kept.state, kept.transaction_ref) == ("used", session.transaction_ref)
    assert reserved_s_of(line.charge_point.pk, session.transaction_ref) == 600


@BOTH
def test_a_repeated_start_uses_no_second_reservation(version: str) -> None:
    line = a_line(version)
    reserved(line)
    reserved(line, 6)
    for _ in range(2):
        starts(line, 10)
    assert Reservation.objects.filter(state="active").count() == 1


@BOTH
@pytest.mark.parametrize(
    "other",
    [{"token_uid": "OTHER"}, {"expires_at": NOW + timedelta(minutes=9)}, {"state": "cancelled"}],
)
def test_a_reservation_that_is_not_for_this_session_stays(
    version: str, other: dict[str, Any]
) -> None:
    line = a_line(version)
    kept = reserved(line, **other)
    starts(line, 10)
    assert Reservation.objects.get().state == kept.state
    assert reserved_s_of(line.charge_point.pk, ChargingSession.objects.get().transaction_ref) == 0


def test_a_reservation_of_another_outlet_stays() -> None:
    line = a_line("1.6")
    a_connector(line.charge_point, 2)
    reserved(line, evse_id=2)
    starts(line, 10)
    assert Reservation.objects.get().state == "active"


def test_a_reservation_ends_with_its_time() -> None:
    line = a_line("1.6")
    reserved(line)
    assert expire_reservations(now=NOW + timedelta(minutes=14)) == 0
    assert expire_reservations(now=NOW + timedelta(minutes=20)) == 1
    kept = Reservation.objects.get()
    assert (kept.state, kept.reserved_s) == ("expired", 900)
