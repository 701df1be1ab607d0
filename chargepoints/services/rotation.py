"""New keys over OCPP: sent, valid beside the old one, in force once the station has used it."""

from __future__ import annotations

import logging
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from chargepoints.keys import as_hexadecimal, generate_key, key_mac
from chargepoints.models import ChargePoint, Command, DoorRecord, KeyRotation
from chargepoints.services.commands import current_version, queue_key
from chargepoints.types import V16
from tenants.scope import across_tenants, tenant_scope
from tenants.sealing import seal, unseal

log = logging.getLogger(__name__)

State = KeyRotation.State
Kind = DoorRecord.Kind
OPEN = (State.OWED, State.ACCEPTED)

# How long a rotation nobody answered stays open: the station may have taken the key all the same.
GIVEN_UP_AFTER = timedelta(days=7)
# How long the old key lives after the station has accepted the new one without using it, and after
# one that must restart first has.
OLD_KEY_LIVES = {"Accepted": timedelta(days=1), "RebootRequired": timedelta(days=30)}


class RotationUnderWay(ValueError):
    """The station has not used the last new key yet."""


def begin_rotation(
    *, charge_point: ChargePoint, requested_by: str, now: datetime | None = None
) -> KeyRotation:
    """Send the station a new key, now or when it next connects; nobody gets to see the key.

    Both keys are valid until the station signs in with the new one, refuses it, or a bound passes
    (`GIVEN_UP_AFTER`, `OLD_KEY_LIVES`). Raises `RotationUnderWay`.
    """
    now = now or timezone.now()
    key = generate_key()
    with transaction.atomic():
        ChargePoint.objects.select_for_update(no_key=True).get(pk=charge_point.pk)
        if KeyRotation.objects.filter(charge_point=charge_point, state__in=OPEN).exists():
            raise RotationUnderWay(str(charge_point.pk))
        is_16 = current_version(charge_point) == V16
        command = queue_key(charge_point=charge_point, ttl_s=int(GIVEN_UP_AFTER.total_seconds()))
        rotation = KeyRotation.objects.create(
            charge_point=charge_point,
            command=command,
            key_mac=key_mac(charge_point.pk, key),
            sealed_value=seal(as_hexadecimal(key) if is_16 else key),
            bound_at=now + GIVEN_UP_AFTER,
        )
        ChargePoint.objects.filter(pk=charge_point.pk).update(next_key_mac=rotation.key_mac)
        _note(rotation, Kind.ROTATION_BEGUN, now, by=requested_by)
    return rotation


def payload_to_send(command: Command) -> dict[str, Any]:
    """The command's content with the key in its place, which the row itself does not hold."""
    rotation = KeyRotation.objects.filter(command=command).exclude(sealed_value="").first()
    if rotation is None:
        return dict(command.payload)
    payload: dict[str, Any] = deepcopy(command.payload)
    value = unseal(rotation.sealed_value)
    if "setVariableData" in payload:
        payload["setVariableData"][0]["attributeValue"] = value
    else:
        payload["value"] = value
    return payload


def conclude_rotation(command: Command, answer: dict[str, Any] | None, now: datetime) -> None:
    """Draw the consequence of the station's answer; None is an error. Needs a transaction."""
    rotation = (
        KeyRotation.objects.select_for_update().filter(command=command, state=State.OWED).first()
    )
    if rotation is None:
        return
    status = _status(answer or {})
    lives = OLD_KEY_LIVES.get(status)
    if lives is None:
        _end(rotation, State.REJECTED, Kind.ROTATION_REJECTED, now, reason=status)
        return
    rotation.state, rotation.bound_at, rotation.sealed_value = State.ACCEPTED, now + lives, ""
    rotation.save(update_fields=("state", "bound_at", "sealed_value"))


def promote_key(charge_point: ChargePoint, now: datetime, *, reason: str) -> None:
    """The new key is the key; the old one ends. Needs a transaction and the locked row."""
    ChargePoint.objects.filter(pk=charge_point.pk).exclude(next_key_mac="").update(
        key_mac=charge_point.next_key_mac, next_key_mac="", key_set_at=now
    )
    for rotation in KeyRotation.objects.filter(charge_point=charge_point, state__in=OPEN):
        _end(rotation, State.DONE, Kind.KEY_CHANGED, now, reason=reason)


def abandon_rotation(charge_point: ChargePoint, now: datetime, *, reason: str) -> None:
    """Forget the new key; the old one stays. Needs a transaction."""
    for rotation in KeyRotation.objects.filter(charge_point=charge_point, state__in=OPEN):
        _end(rotation, State.LAPSED, Kind.ROTATION_LAPSED, now, reason=reason)


def settle_rotations(*, now: datetime) -> int:
    """End rotations that were refused or whose bound has passed; returns how many. A sweep."""
    with across_tenants(reason="key rotations past their time"):
        due = list(
            KeyRotation.objects.filter(
                Q(state__in=OPEN, bound_at__lte=now)
                | Q(state=State.OWED, command__state=Command.State.FAILED)
            ).values_list("tenant_id", "charge_point_id", "id")
        )
    for tenant_id, charge_point_id, rotation_id in due:
        with tenant_scope(tenant_id), transaction.atomic():
            charge_point = ChargePoint.objects.select_for_update(no_key=True).get(
                pk=charge_point_id
            )
            rotation = KeyRotation.objects.select_related("command").get(pk=rotation_id)
            _settle(charge_point, rotation, now)
    return len(due)


def _settle(charge_point: ChargePoint, rotation: KeyRotation, now: datetime) -> None:
    if rotation.state == State.ACCEPTED:
        promote_key(charge_point, now, reason="the old key's time is over")
    elif rotation.state == State.OWED and rotation.command.state == Command.State.FAILED:
        error = rotation.command.error
        _end(rotation, State.REJECTED, Kind.ROTATION_REJECTED, now, reason=error)
    elif rotation.state == State.OWED:
        _end(rotation, State.LAPSED, Kind.ROTATION_LAPSED, now, reason="no answer in time")


def _end(
    rotation: KeyRotation,
    state: KeyRotation.State,
    kind: DoorRecord.Kind,
    now: datetime,
    **why: str,
) -> None:
    KeyRotation.objects.filter(pk=rotation.pk).update(state=state, ended_at=now, sealed_value="")
    ChargePoint.objects.filter(pk=rotation.charge_point_id, next_key_mac=rotation.key_mac).update(
        next_key_mac=""
    )
    _note(rotation, kind, now, **why)


def _note(rotation: KeyRotation, kind: DoorRecord.Kind, now: datetime, **more: str) -> None:
    DoorRecord.objects.create(charge_point_id=rotation.charge_point_id, kind=kind, at=now, **more)


def _status(answer: dict[str, Any]) -> str:
    results = answer.get("setVariableResult")
    if isinstance(results, list):
        return str(results[0]["attributeStatus"]) if results else ""
    return str(answer.get("status", "error"))
