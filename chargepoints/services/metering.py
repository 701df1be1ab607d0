"""Asking stations for the meter values we want, and for what they are set to."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chargepoints.metering import Wish, unmet_wishes
from chargepoints.models import ChargePoint, Command, DeviceVariable
from chargepoints.services.commands import LARGEST_START_ID, PLATFORM, queue_command
from chargepoints.types import V16

REPORT_IS_FRESH_FOR = timedelta(minutes=10)
OPEN_STATES = (Command.State.QUEUED, Command.State.SENT)
TTL_S = 300


def request_metering(*, charge_point_id: UUID, version: str) -> None:
    """Ask for every meter setting that differs from what we want and is not being asked for.

    At most 60 s between samples, with energy, power, current, voltage and state of charge.
    """
    # Read first: what is answered between the two reads is then among the known values.
    asked = _settings_being_asked(charge_point_id)
    known = {
        (variable.component, variable.name): variable.value
        for variable in DeviceVariable.objects.filter(charge_point_id=charge_point_id)
    }
    wishes = [w for w in unmet_wishes(version, known) if (w.component, w.name) not in asked]
    ask_for(
        charge_point_id=charge_point_id,
        version=version,
        values=[(wish, wish.offers[0]) for wish in wishes],
    )


def ask_for(
    *, charge_point_id: UUID, version: str, values: Iterable[tuple[Wish, str]]
) -> list[Command]:
    """Queue the calls that set these values: one each in OCPP 1.6, one in all in 2.0.1."""
    charge_point = ChargePoint.objects.get(pk=charge_point_id)
    calls: list[tuple[str, dict[str, Any]]]
    if version == V16:
        calls = [
            ("ChangeConfiguration", {"key": wish.name, "value": value}) for wish, value in values
        ]
    else:
        items = [
            {
                "attributeValue": value,
                "component": {"name": wish.component},
                "variable": {"name": wish.name},
            }
            for wish, value in values
        ]
        calls = [("SetVariables", {"setVariableData": items})] if items else []
    return [_queue(charge_point, action, payload) for action, payload in calls]


def request_report(*, charge_point_id: UUID, version: str, now: datetime) -> Command | None:
    """Ask the station for all its settings, unless it told some of them in the last 10 minutes."""
    payload: dict[str, Any]
    if version == V16:
        action, payload = "GetConfiguration", {}
    else:
        request_id = secrets.randbelow(LARGEST_START_ID) + 1
        action, payload = "GetBaseReport", {"requestId": request_id, "reportBase": "FullInventory"}
    is_fresh = DeviceVariable.objects.filter(
        charge_point_id=charge_point_id, reported_at__gt=now - REPORT_IS_FRESH_FOR
    ).exists()
    is_asked = Command.objects.filter(
        charge_point_id=charge_point_id, action=action, state__in=OPEN_STATES
    ).exists()
    if is_fresh or is_asked:
        return None
    return _queue(ChargePoint.objects.get(pk=charge_point_id), action, payload)


def _queue(charge_point: ChargePoint, action: str, payload: dict[str, Any]) -> Command:
    return queue_command(
        charge_point=charge_point,
        action=action,
        payload=payload,
        requested_by=PLATFORM,
        ttl_s=TTL_S,
        may_wait=True,
    )


def _settings_being_asked(charge_point_id: UUID) -> set[tuple[str, str]]:
    """(component, name) of every setting that an open command changes."""
    payloads = Command.objects.filter(
        charge_point_id=charge_point_id,
        action__in=("ChangeConfiguration", "SetVariables"),
        state__in=OPEN_STATES,
    ).values_list("payload", flat=True)
    asked: set[tuple[str, str]] = set()
    for payload in payloads:
        if "key" in payload:
            asked.add(("", payload["key"]))
        for item in payload.get("setVariableData", ()):
            asked.add((item["component"]["name"], item["variable"]["name"]))
    return asked
