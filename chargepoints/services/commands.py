"""Commands to stations: a row first, then a wake-up call to the process that holds the socket."""

from __future__ import annotations

import logging
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chargepoints.errors import CallRefused
from chargepoints.masking import MASK, sets_secret
from chargepoints.models import ChargePoint, Command, Connector
from chargepoints.node import notify
from chargepoints.schemas import check_call
from chargepoints.services.beginnings import begin_command
from chargepoints.types import V16
from tenants.scope import across_tenants

log = logging.getLogger(__name__)

# Who asks when no person does.
PLATFORM = "laddbok"
WAKE_AGAIN_AFTER = timedelta(seconds=5)
LARGEST_START_ID = 2**31 - 1
_PASSWORD = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}


class CommandNotPossible(ValueError):
    """The command does not exist in the station's OCPP version, or its content does not fit."""


def queue_command(
    *,
    charge_point: ChargePoint,
    action: str,
    payload: dict[str, Any],
    requested_by: str,
    ttl_s: int = 60,
    may_wait: bool = False,
    sets_key: bool = False,
    idempotency_key: str = "",
) -> Command:
    """Owe the station an OCPP call for `ttl_s` seconds; it is sent when this commits.

    A station without a socket makes the command `offline` at once, unless it `may_wait` for the
    next connection. Raises `CommandNotPossible` when OCPP's schema refuses the payload, and for a
    station's key: keys are made by us, never chosen (`begin_rotation`).
    """
    if not sets_key and sets_secret(payload):
        raise CommandNotPossible(
            f"{action}: the key is made by the platform, not chosen; rotate it"
        )
    now = timezone.now()
    channel, version = ChargePoint.objects.values_list("socket_channel", "ocpp_version").get(
        pk=charge_point.pk
    )
    try:
        check_call(version or V16, action, payload)
    except CallRefused as refusal:
        raise CommandNotPossible(f"{action}: {refusal.reason}") from refusal
    is_owed = bool(channel) or may_wait
    with transaction.atomic():
        command = Command.objects.create(
            tenant_id=charge_point.tenant_id,
            charge_point=charge_point,
            action=action,
            payload=payload,
            requested_by=requested_by,
            idempotency_key=idempotency_key,
            state=Command.State.QUEUED if is_owed else Command.State.OFFLINE,
            error="" if is_owed else "the station is not connected",
            expires_at=now + timedelta(seconds=ttl_s),
        )
        if is_owed:
            begin_command(command)
        if channel:
            transaction.on_commit(lambda: wake_socket(channel, charge_point.pk))
    return command


def queue_key(*, charge_point: ChargePoint, ttl_s: int) -> Command:
    """Owe the station a new key; the key itself is put in when the command is sent.

    OCPP 1.6 security whitepaper A01 (`AuthorizationKey`), 2.0.1 A01 (`BasicAuthPassword`).
    """
    payload: dict[str, Any]
    action, payload = "ChangeConfiguration", {"key": "AuthorizationKey", "value": MASK}
    if current_version(charge_point) != V16:
        action, payload = (
            "SetVariables",
            {"setVariableData": [{**_PASSWORD, "attributeValue": MASK}]},
        )
    return queue_command(
        charge_point=charge_point,
        action=action,
        payload=payload,
        requested_by=PLATFORM,
        ttl_s=ttl_s,
        may_wait=True,
        sets_key=True,
    )


def request_remote_start(
    *,
    charge_point: ChargePoint,
    token_uid: str,
    requested_by: str,
    connector: Connector | None = None,
) -> Command:
    """Ask the station to start charging for a token, at this outlet or at one of its choice."""
    version = current_version(charge_point)
    payload: dict[str, Any]
    if version == V16:
        action = "RemoteStartTransaction"
        payload = {"idTag": token_uid}
        place = "connectorId"
    else:
        action = "RequestStartTransaction"
        payload = {
            "idToken": {"idToken": token_uid, "type": "Central"},
            "remoteStartId": secrets.randbelow(LARGEST_START_ID) + 1,
        }
        place = "evseId"
    if connector is not None:
        payload[place] = connector.evse_id
    return queue_command(
        charge_point=charge_point, action=action, payload=payload, requested_by=requested_by
    )


def request_remote_stop(
    *, charge_point: ChargePoint, transaction_ref: str, requested_by: str
) -> Command:
    """Ask the station to stop a transaction (`ChargingSession.transaction_ref`).

    Raises `CommandNotPossible` for an OCPP 1.6 transaction id that is no number.
    """
    payload: dict[str, Any]
    if current_version(charge_point) == V16:
        if not transaction_ref.lstrip("-").isdecimal():
            raise CommandNotPossible("RemoteStopTransaction: the transaction id is not a number")
        action, payload = "RemoteStopTransaction", {"transactionId": int(transaction_ref)}
    else:
        action, payload = "RequestStopTransaction", {"transactionId": transaction_ref}
    return queue_command(
        charge_point=charge_point, action=action, payload=payload, requested_by=requested_by
    )


def current_version(charge_point: ChargePoint) -> str:
    """The OCPP version the station spoke last; 1.6 for one that never connected."""
    version = ChargePoint.objects.values_list("ocpp_version", flat=True).get(pk=charge_point.pk)
    return version or V16


def wake_socket(channel: str, charge_point_id: UUID) -> None:
    """Tell the process behind `channel` that its station is owed a command."""
    notify(channel, {"type": "wake", "charge_point": str(charge_point_id)})


def expire_commands(*, now: datetime) -> int:
    """End commands past their time, and call again for those still queued; returns how many ended.

    A queued one was never sent: the station is offline. A sent one got no answer.
    """
    with across_tenants(reason="commands past their time"):
        late = Command.objects.filter(expires_at__lte=now)
        ended = late.filter(state=Command.State.QUEUED).update(
            state=Command.State.OFFLINE, error="the station did not connect in time"
        )
        ended += late.filter(state=Command.State.SENT).update(
            state=Command.State.TIMED_OUT, error="no answer in time"
        )
        forgotten = (
            Command.objects.filter(
                state=Command.State.QUEUED, created_at__lte=now - WAKE_AGAIN_AFTER
            )
            .exclude(charge_point__socket_channel="")
            .values_list("charge_point__socket_channel", "charge_point_id")
            .distinct()
        )
        for channel, charge_point_id in forgotten:
            wake_socket(channel, charge_point_id)
    return ended
