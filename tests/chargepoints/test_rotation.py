"""A key rotation survives refusals, silence and crashes: the rows say what is true."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from chargepoints.keys import is_key
from chargepoints.models import ChargePoint, Command, KeyRotation
from chargepoints.services import (
    CommandNotPossible,
    RotationUnderWay,
    begin_rotation,
    queue_command,
    register_charge_point,
    rotate_key,
    settle_rotations,
)
from chargepoints.services.rotation import conclude_rotation, payload_to_send
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.cast import NOON, a_site, a_tenant

LATER = NOON + timedelta(days=1)


@pytest.fixture
def tenant(db: None) -> Tenant:
    return a_tenant()


@pytest.fixture(autouse=True)
def scoped(tenant: Tenant) -> Any:
    with tenant_scope(tenant.id):
        yield


@pytest.fixture
def station() -> tuple[ChargePoint, str]:
    return register_charge_point(site=a_site(), identity="CP-1")


def begin(station: tuple[ChargePoint, str], version: str = "1.6") -> tuple[KeyRotation, str]:
    """A rotation under way and the key the station is sent."""
    ChargePoint.objects.update(ocpp_version=version)
    rotation = begin_rotation(charge_point=station[0], requested_by="anna", now=NOON)
    payload = payload_to_send(rotation.command)
    return rotation, str(payload.get("value") or payload["setVariableData"][0]["attributeValue"])


def opens(key: str) -> bool:
    row = ChargePoint.objects.get()
    return is_key(row.id, key, row.key_mac, row.next_key_mac)


def answered(rotation: KeyRotation, status: str, at: datetime = NOON) -> str:
    conclude_rotation(rotation.command, {"status": status}, at)
    return str(KeyRotation.objects.get(pk=rotation.pk).state)


def test_the_command_row_does_not_hold_the_key(station: tuple[ChargePoint, str]) -> None:
    rotation, sent = begin(station)
    assert rotation.command.payload == {"key": "AuthorizationKey", "value": "***"}
    assert len(bytes.fromhex(sent)) == 20


def test_what_is_sent_again_after_a_crash_is_the_same_key(
    station: tuple[ChargePoint, str],
) -> None:
    rotation, sent = begin(station)
    again = payload_to_send(Command.objects.get(pk=rotation.command_id))
    assert again["value"] == sent


def test_silence_gives_the_new_key_up_and_keeps_the_old(station: tuple[ChargePoint, str]) -> None:
    _, sent = begin(station)
    assert settle_rotations(now=NOON + timedelta(days=6)) == 0
    assert opens(sent)
    assert settle_rotations(now=NOON + timedelta(days=7)) == 1
    assert (opens(sent), opens(station[1])) == (False, True)


def test_an_accepted_key_is_the_only_one_after_a_day(station: tuple[ChargePoint, str]) -> None:
    rotation, sent = begin(station)
    assert answered(rotation, "Accepted") == "accepted"
    assert (opens(sent), opens(station[1])) == (True, True)
    assert settle_rotations(now=LATER) == 1
    assert (opens(sent), opens(station[1])) == (True, False)


def test_a_station_that_must_restart_keeps_its_old_key_longer(
    station: tuple[ChargePoint, str],
) -> None:
    rotation, _ = begin(station)
    answered(rotation, "RebootRequired")
    assert settle_rotations(now=NOON + timedelta(days=29)) == 0
    assert opens(station[1])


@pytest.mark.parametrize("status", ["Rejected", "NotSupported"])
def test_a_refused_key_is_forgotten(station: tuple[ChargePoint, str], status: str) -> None:
    rotation, sent = begin(station)
    assert answered(rotation, status) == "rejected"
    assert (opens(sent), opens(station[1])) == (False, True)
    assert payload_to_send(rotation.command)["value"] == "***"


def test_an_error_is_a_refusal(station: tuple[ChargePoint, str]) -> None:
    _rotation, sent = begin(station)
    Command.objects.update(state=Command.State.FAILED, error="NotImplemented")
    assert settle_rotations(now=NOON) == 1
    assert not opens(sent)
    assert KeyRotation.objects.get().state == "rejected"


def test_there_is_one_rotation_at_a_time(station: tuple[ChargePoint, str]) -> None:
    begin(station)
    with pytest.raises(RotationUnderWay):
        begin(station)


def test_a_key_set_by_hand_ends_a_rotation(station: tuple[ChargePoint, str]) -> None:
    _, sent = begin(station)
    by_hand = rotate_key(charge_point=station[0], set_by="anna")
    assert (opens(by_hand), opens(sent), opens(station[1])) == (True, False, False)


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("ChangeConfiguration", {"key": "authorizationKEY", "value": "chosen"}),
        (
            "SetVariables",
            {
                "setVariableData": [
                    {
                        "component": {"name": "SecurityCtrlr"},
                        "variable": {"name": "BasicAuthPassword"},
                        "attributeValue": "chosen",
                    }
                ]
            },
        ),
    ],
)
def test_nobody_chooses_a_key(
    station: tuple[ChargePoint, str], action: str, payload: dict[str, Any]
) -> None:
    with pytest.raises(CommandNotPossible, match="rotate"):
        queue_command(charge_point=station[0], action=action, payload=payload, requested_by="anna")
    assert not Command.objects.exists()
