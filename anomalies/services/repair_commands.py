"""What each remote step says to a station, in the OCPP version it speaks."""

from __future__ import annotations

from typing import Any, Final

from anomalies.models import Incident, Repair
from chargepoints.models import ChargePoint, Command, Connector
from chargepoints.services import queue_command
from chargepoints.services.commands import current_version
from chargepoints.types import V16

REPAIRER: Final = "laddbok repair"
# So long a command may wait for its station; a restart that comes late is no help.
TTL_S: Final = 60

_RESETS: Final = {
    Repair.SOFT_RESET: ("Soft", "OnIdle"),
    Repair.HARD_RESET: ("Hard", "Immediate"),
}


def ask_station(incident: Incident, repair: Repair, *, asked_by: str = "") -> Command:
    """Owe the station the call of a step; needs the transaction that locked the station.

    Raises `CommandNotPossible` when the station's OCPP version has no such call.
    """
    charge_point = ChargePoint.objects.get(pk=str(incident.charge_point_id))
    is_16 = current_version(charge_point) == V16
    if repair in _RESETS:
        soft_or_hard, kind = "Reset", _RESETS[repair][0 if is_16 else 1]
        return _owe(charge_point, soft_or_hard, {"type": kind}, asked_by)
    connector = incident.connector
    if repair is Repair.INOPERATIVE:
        return change_availability(charge_point, connector, operative=False, asked_by=asked_by)
    wanted = "MeterValues" if incident.kind == "S1" else "StatusNotification"
    payload: dict[str, Any] = {"requestedMessage": wanted}
    if connector is not None:
        where = {"id": connector.evse_id}
        if wanted == "StatusNotification":
            where["connectorId"] = connector.connector_id
        payload |= {"connectorId": connector.evse_id} if is_16 else {"evse": where}
    return _owe(charge_point, "TriggerMessage", payload, asked_by)


def change_availability(
    charge_point: ChargePoint, connector: Connector | None, *, operative: bool, asked_by: str = ""
) -> Command:
    """Owe the station the call that takes an outlet (or all of it) out of service, or back."""
    state = "Operative" if operative else "Inoperative"
    payload: dict[str, Any]
    if current_version(charge_point) == V16:
        payload = {"connectorId": connector.evse_id if connector else 0, "type": state}
    else:
        payload = {"operationalStatus": state}
        if connector is not None:
            payload["evse"] = {"id": connector.evse_id}
    return _owe(charge_point, "ChangeAvailability", payload, asked_by)


def _owe(charge_point: ChargePoint, action: str, payload: dict[str, Any], asked_by: str) -> Command:
    label = f"{REPAIRER}, {asked_by}" if asked_by else REPAIRER
    return queue_command(
        charge_point=charge_point,
        action=action,
        payload=payload,
        requested_by=label[:120],
        ttl_s=TTL_S,
    )
