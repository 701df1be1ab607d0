"""OCPP 2.0.1's charging states, on the timeline of the connector beside its statuses."""

from __future__ import annotations

from datetime import datetime

from chargepoints.models import Connector, StatusRecord
from sessions_app.messages import Event, trusted_time
from sessions_app.models import ChargingSession

_Status = Connector.Status
# In the words of OCPP 1.6, which has them among its statuses (2.0.1 `ChargingStateEnumType`).
_STATUSES = {
    "EVConnected": _Status.PREPARING,
    "Charging": _Status.CHARGING,
    "SuspendedEV": _Status.SUSPENDED_EV,
    "SuspendedEVSE": _Status.SUSPENDED_EVSE,
    "Idle": _Status.FINISHING,
}


def charging_status(event: Event) -> str | None:
    """What an event says of the charging, or None."""
    return _STATUSES.get(event.charging_state)


def record_charging_state(session: ChargingSession, event: Event, received_at: datetime) -> None:
    """Add to the timeline of a locked session's connector what an event says of the charging.

    Stations repeat the state with every sample: what is known to be in force already is left out.
    An event without a state says nothing, nor does one that comes before its connector is known.
    The status shown for the connector stays what StatusNotification says.
    """
    status = charging_status(event)
    connector = None if status is None else session.connector
    if status is None or connector is None:
        return
    at, _ = trusted_time(event.at, received_at)
    if _is_without_gaps(session) and _is_in_force(connector, status, at):
        return
    record = StatusRecord(
        charge_point_id=session.charge_point_id,
        connector=connector,
        status=status,
        at=at,
    )
    StatusRecord.objects.bulk_create([record], ignore_conflicts=True)


def _is_without_gaps(session: ChargingSession) -> bool:
    """Whether no event before the last one seen can still come and change what was in force."""
    return session.started_at is not None and len(session.seen_sequence) == 2


def _is_in_force(connector: Connector, status: str, at: datetime) -> bool:
    """Whether the connector's latest state by then was this one and no other at that instant.

    "Occupied" says nothing of the charging.
    """
    latest = list(
        StatusRecord.objects.filter(
            charge_point_id=connector.charge_point_id, connector=connector, at__lte=at
        )
        .exclude(status=_Status.OCCUPIED)
        .order_by("-at")
        .values_list("at", "status")[:2]
    )
    return bool(latest) and {known for known_at, known in latest if known_at == latest[0][0]} == {
        status
    }
