"""Starts that are not accepted at once, and clocks that are off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from chargepoints.errors import CallRefused, Fault
from chargepoints.journal import Journal
from chargepoints.models import ChargePoint, Command, DoorRecord
from chargepoints.services import change_boot_answer
from chargepoints.services.delivery import claim_command
from tenants.scope import tenant_scope
from tests.cast import a_tenant
from tests.chargepoints.lines import NOW, Line

BOTH = pytest.mark.parametrize("version", ["1.6", "2.0.1"])


@pytest.fixture(autouse=True)
def volt(db: None) -> Iterator[None]:
    with tenant_scope(a_tenant().id):
        yield


def boot(line: Line) -> tuple[str, int]:
    payload = {"chargePointVendor": "V", "chargePointModel": "M"}
    if line.version != "1.6":
        payload = {"reason": "PowerUp", "chargingStation": {"vendorName": "V", "model": "M"}}  # type: ignore[dict-item]
    answer = line.says("BootNotification", payload)
    return answer["status"], answer["interval"]


def decide(line: Line, answer: str, retry_s: int = 60) -> None:
    change_boot_answer(
        charge_point=line.charge_point, answer=answer, retry_s=retry_s, by="anna", now=NOW
    )


@BOTH
@pytest.mark.parametrize("answer", ["pending", "rejected"])
def test_a_station_that_is_not_accepted_may_only_start(version: str, answer: str) -> None:
    line = Line(version)
    decide(line, answer)
    assert boot(line) == (answer.capitalize(), 60)
    assert ChargePoint.objects.get().boot_state == answer
    assert not Command.objects.exists(), "nothing is asked of it yet"
    with pytest.raises(CallRefused) as refusal:
        line.says("Heartbeat", {})
    assert refusal.value.fault is Fault.SECURITY
    assert boot(line) == (answer.capitalize(), 60)


@BOTH
def test_an_accepted_station_may_speak_and_is_asked_for_its_settings(version: str) -> None:
    line = Line(version)
    decide(line, "pending")
    boot(line)
    decide(line, "accepted")
    assert Command.objects.get().payload == {"requestedMessage": "BootNotification"}
    assert boot(line) == ("Accepted", 300)
    line.says("Heartbeat", {})
    assert Command.objects.filter(requested_by="laddbok").exists()


def test_a_pending_station_may_say_what_it_was_asked_for() -> None:
    line = Line("2.0.1")
    line.station.boot_state = "pending"
    line.station.expected.add("Heartbeat")
    line.says("Heartbeat", {})


@pytest.mark.parametrize(
    ("state", "action", "sent"),
    [
        ("pending", "RemoteStartTransaction", False),
        ("pending", "Reset", True),
        ("rejected", "Reset", False),
    ],
)
def test_what_a_station_may_not_be_told_yet_is_not_sent(
    state: str, action: str, sent: bool
) -> None:
    line = Line("1.6")
    command = line.is_told(action, **({"idTag": "A"} if action != "Reset" else {"type": "Soft"}))
    claimed = claim_command(Journal(line.station.connection, 0, NOW), command.created_at, state)
    assert (claimed is not None) is sent
    command.refresh_from_db()
    assert command.state == ("sent" if sent else "failed")
    assert sent or "the station is" in command.error


def test_the_interval_is_bounded_and_a_change_is_in_the_door_book() -> None:
    line = Line("1.6")
    with pytest.raises(ValidationError):
        decide(line, "pending", 9)
    decide(line, "rejected")
    decide(line, "rejected")
    assert [(entry.by, entry.reason) for entry in DoorRecord.objects.all()] == [
        ("anna", "rejected")
    ]


def status(line: Line, off_s: int) -> int | None:
    stamp = (NOW + timedelta(seconds=off_s)).strftime("%Y-%m-%dT%H:%M:%SZ")
    said = {"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": stamp}
    if line.version != "1.6":
        said = {"evseId": 1, "connectorId": 1, "connectorStatus": "Available", "timestamp": stamp}
    line.says("StatusNotification", said)
    return ChargePoint.objects.get().clock_skew_s


@BOTH
def test_a_clock_that_is_off_is_noted(version: str) -> None:
    line = Line(version)
    assert status(line, 2) == 2
    assert not ChargePoint.objects.get().is_clock_wrong
    assert status(line, 4) == 2, "the network's part of it is not written down"
    assert status(line, -400) == -400
    assert ChargePoint.objects.get().is_clock_wrong
    assert status(line, 0) == 0


def test_what_a_station_sends_of_its_offline_time_says_nothing_of_its_clock() -> None:
    line = Line("1.6")
    line.station.connected_at = NOW - timedelta(seconds=30)
    assert status(line, -7_200) is None
    assert status(line, 90) == 90, "nobody sends from the future"
