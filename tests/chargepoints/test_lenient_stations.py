"""Stations of a model with a profile are understood over the socket; others stay refused."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from chargepoints.models import ChargePoint, Connector, ModelProfile, OcppMessage
from chargepoints.services.profiles import assign_profiles
from sessions_app.models import ChargingSession, MeterSample
from tests.cast import a_driver
from tests.chargepoints.conftest import Registered
from tests.station import OcppError

BOOT = {"chargePointVendor": "Acme", "chargePointModel": "Wall"}
ODD_STATUS = {"connectorId": "1", "errorCode": "RCD", "status": "available", "rssi": -70}
START = {"connectorId": 1, "idTag": "AABBCC", "meterStart": 0, "timestamp": "2026-06-01T12:00:00Z"}
READING = {"value": 11, "measurand": "Power.Active.Import"}


@pytest.fixture
def profile(volt: Registered) -> ModelProfile:
    """What Volt knows of Acme's walls."""
    return ModelProfile.objects.create(
        vendor="Acme",
        model="Wall",
        lenient=True,
        heartbeat_interval_s=60,
        missing_units={"Power.Active.Import": "kW"},
    )


def say(volt: Registered, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
    async def talk() -> list[Any]:
        async with volt.booted() as station:
            return [await station.call(action, payload) for action, payload in calls]

    return asyncio.run(talk())


def test_a_boot_brings_its_models_profile_into_force(
    volt: Registered, profile: ModelProfile
) -> None:
    booted, answer = say(volt, ("BootNotification", BOOT), ("StatusNotification", ODD_STATUS))
    assert (booted["interval"], answer) == (60, {})
    connector = Connector.objects.get()
    assert (connector.status, connector.error_code) == ("available", "OtherError")


def test_the_log_keeps_what_was_sent_and_names_what_was_mended(
    volt: Registered, profile: ModelProfile
) -> None:
    say(volt, ("BootNotification", BOOT), ("StatusNotification", ODD_STATUS))
    row = OcppMessage.objects.get(action="StatusNotification", inbound=True)
    assert (row.payload, row.error_code) == (ODD_STATUS, "")
    assert row.reason.startswith("mended: ")
    assert "rssi: is not a field of this message" in row.reason


def test_the_profile_holds_again_at_the_next_connection(
    volt: Registered, profile: ModelProfile
) -> None:
    ChargePoint.objects.filter(pk=volt.charge_point.pk).update(vendor="acme", model="wall")
    assign_profiles()
    assert say(volt, ("StatusNotification", ODD_STATUS)) == [{}]


def test_a_heartbeat_with_more_than_it_should_have_is_answered_and_noted(
    volt: Registered, profile: ModelProfile
) -> None:
    _booted, answer = say(volt, ("BootNotification", BOOT), ("Heartbeat", {"uptime": 5}))
    assert "currentTime" in answer
    row = OcppMessage.objects.get(action="Heartbeat", inbound=True)
    assert row.reason == "mended: uptime: is not a field of this message"


def test_a_unit_the_model_never_sends_is_known(volt: Registered, profile: ModelProfile) -> None:
    a_driver("AABBCC")
    value = {"timestamp": "2026-06-01T12:01:00Z", "sampledValue": [READING]}
    say(volt, ("BootNotification", BOOT), ("StartTransaction", START))
    number = int(ChargingSession.objects.get().transaction_ref)
    say(
        volt,
        ("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": [value]}),
    )
    assert MeterSample.objects.get(power_w__isnull=False).power_w == 11_000


def test_a_start_without_its_time_is_refused_all_the_same(
    volt: Registered, profile: ModelProfile
) -> None:
    timeless = {name: value for name, value in START.items() if name != "timestamp"}
    _booted, answer = say(volt, ("BootNotification", BOOT), ("StartTransaction", timeless))
    assert isinstance(answer, OcppError)
    assert answer.description == "timestamp: is missing"


def test_without_a_profile_the_schema_is_the_law(volt: Registered) -> None:
    _booted, answer = say(volt, ("BootNotification", BOOT), ("StatusNotification", ODD_STATUS))
    assert isinstance(answer, OcppError)
    assert not Connector.objects.exists()
