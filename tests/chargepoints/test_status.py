"""Connectors' states: created when first heard of, replayed, repeated, back-dated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from chargepoints.errors import CallRefused
from chargepoints.models import ChargePoint, Connector, StatusRecord
from chargepoints.ocpp_handlers import ChargePointHandlers16, ChargePointHandlers201
from chargepoints.routing import Connection
from tenants.scope import tenant_scope
from tests.cast import a_charge_point, a_tenant

NOON = datetime.fromisoformat("2026-06-01T12:00:00+00:00")


@pytest.fixture
def charge_point(db: None) -> Iterator[ChargePoint]:
    with tenant_scope(a_tenant().id):
        yield a_charge_point()


def tell(charge_point: ChargePoint, status: str, minute: int | None = 0, **other: Any) -> None:
    """A StatusNotification of OCPP 1.6, `minute` minutes after noon by the station's clock."""
    connection = Connection(charge_point.tenant_id, charge_point.id, "CP-1", "1.6")
    payload = {"connectorId": 1, "errorCode": "NoError", "status": status, **other}
    if minute is not None:
        payload.setdefault("timestamp", (NOON + timedelta(minutes=minute)).isoformat())
    received_at = NOON + timedelta(hours=1)
    ChargePointHandlers16(connection).answer_status_notification(payload, received_at)


def test_a_connector_is_created_when_first_heard_of(charge_point: ChargePoint) -> None:
    tell(charge_point, "SuspendedEVSE", connectorId=2)
    connector = Connector.objects.get()
    assert (connector.evse_id, connector.connector_id) == (2, 1)
    assert (connector.status, connector.status_at) == (Connector.Status.SUSPENDED_EVSE, NOON)


def test_an_older_status_does_not_overwrite_a_newer_one(charge_point: ChargePoint) -> None:
    tell(charge_point, "Charging", 10)
    tell(charge_point, "Available", 5)
    assert Connector.objects.get().status == Connector.Status.CHARGING
    assert StatusRecord.objects.count() == 2


def test_a_repeated_status_changes_nothing(charge_point: ChargePoint) -> None:
    tell(charge_point, "Preparing", 1)
    tell(charge_point, "Charging", 1)
    tell(charge_point, "Preparing", 1)
    assert Connector.objects.get().status == Connector.Status.CHARGING
    assert StatusRecord.objects.count() == 2


def test_an_error_is_kept_and_goes_again(charge_point: ChargePoint) -> None:
    tell(charge_point, "Faulted", 1, errorCode="GroundFailure", vendorErrorCode="E7")
    assert Connector.objects.get().error_code == "GroundFailure"
    tell(charge_point, "Available", 2)
    assert Connector.objects.get().error_code == ""
    assert StatusRecord.objects.get(status="faulted").vendor_error_code == "E7"


def test_connector_0_is_the_station_itself(charge_point: ChargePoint) -> None:
    tell(charge_point, "Unavailable", connectorId=0)
    assert not Connector.objects.exists()
    assert StatusRecord.objects.get().connector is None


@pytest.mark.parametrize(
    "stamp", ["1970-01-01T00:00:00Z", "2000-01-01T00:00:09Z", "2031-01-01T00Z"]
)
def test_a_clock_that_is_not_set_does_not_count(charge_point: ChargePoint, stamp: str) -> None:
    tell(charge_point, "Available", timestamp=stamp)
    assert Connector.objects.get().status_at == NOON + timedelta(hours=1)


def test_a_status_without_a_time_is_of_now(charge_point: ChargePoint) -> None:
    tell(charge_point, "Available", minute=None)
    assert Connector.objects.get().status_at == NOON + timedelta(hours=1)


def test_a_time_without_a_zone_is_utc(charge_point: ChargePoint) -> None:
    tell(charge_point, "Available", timestamp="2026-06-01T12:00:00.250")
    assert Connector.objects.get().status_at == NOON + timedelta(milliseconds=250)


def test_a_number_no_connector_has_is_refused(charge_point: ChargePoint) -> None:
    with pytest.raises(CallRefused, match="connectorId: is not between 0 and 100"):
        tell(charge_point, "Available", connectorId=101)


@pytest.mark.parametrize("status", ["Available", "Occupied", "Reserved", "Unavailable", "Faulted"])
def test_every_status_of_2_0_1_has_its_place(charge_point: ChargePoint, status: str) -> None:
    connection = Connection(charge_point.tenant_id, charge_point.id, "CP-1", "2.0.1")
    payload = {
        "timestamp": NOON.isoformat(),
        "connectorStatus": status,
        "evseId": 2,
        "connectorId": 3,
    }
    assert ChargePointHandlers201(connection).answer_status_notification(payload, NOON) == {}
    connector = Connector.objects.get()
    assert (connector.evse_id, connector.connector_id) == (2, 3)
    assert Connector.Status(connector.status).value == status.lower()
