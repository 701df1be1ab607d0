"""What is known of stations and connectors that may have gone silent or got stuck."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from anomalies.deadlines import Subject, Watched
from anomalies.detectors import ConnectorFacts, SessionFacts, StationFacts, Waiting
from anomalies.models import Incident
from chargepoints.models import ChargePoint, Command, Connector
from chargepoints.selectors import profile_of
from sessions_app.flags import SessionFlag
from sessions_app.models import ChargingSession

# What BootNotification is answered where no profile of the model says otherwise.
USUAL_HEARTBEAT_S: Final = 300
_WAITING: Final = {
    Connector.Status.PREPARING: Waiting.PREPARING,
    Connector.Status.FINISHING: Waiting.FINISHING,
    Connector.Status.UNAVAILABLE: Waiting.UNAVAILABLE,
}
# The causes that timers find; the same kinds have others, which events and sessions find.
STATION_CAUSES: Final = {"S3": ("offline",)}
CONNECTOR_CAUSES: Final = {
    "S1": ("no_samples",),
    "S4": ("silent", "connector_free", "next_started"),
    "S5": ("too_long", "overstay"),
    "S6": ("preparing", "finishing", "unavailable"),
}


def watched_places() -> set[Watched]:
    """Every station that was ever heard, and every connector that waits or charges; all tenants."""
    stations = ChargePoint.objects.filter(enabled=True, last_seen_at__isnull=False)
    open_sessions = ChargingSession.objects.filter(
        state=ChargingSession.State.OPEN, started_at__isnull=False, ended_at=None
    )
    timed = [*CONNECTOR_CAUSES]
    incidents = Incident.objects.filter(state=Incident.State.OPEN, kind__in=timed)
    connectors = {
        *Connector.objects.filter(charge_point__enabled=True, status__in=[*_WAITING]).values_list(
            "tenant_id", "pk"
        ),
        *open_sessions.exclude(connector=None).values_list("tenant_id", "connector_id"),
        *incidents.exclude(connector=None).values_list("tenant_id", "connector_id"),
    }
    return {
        *(Watched(t, Subject.STATION, pk) for t, pk in stations.values_list("tenant_id", "pk")),
        *(Watched(tenant, Subject.CONNECTOR, pk) for tenant, pk in connectors if pk is not None),
    }


def station_facts(charge_point: ChargePoint) -> StationFacts | None:
    """When the station was last heard; None for one that never was, or is not in use."""
    if charge_point.last_seen_at is None or not charge_point.enabled:
        return None
    heard_at = charge_point.last_seen_at
    return StationFacts(last_frame_at=heard_at, heartbeat_s=heartbeat_of(charge_point))


def connector_facts(connector: Connector) -> ConnectorFacts:
    """Since when the connector waits for something, as it says."""
    waiting = _WAITING.get(Connector.Status(connector.status))
    open_here = open_sessions_at(connector.pk)
    return ConnectorFacts(
        waiting=waiting,
        waiting_since=connector.status_at if waiting else None,
        is_authorized=bool(open_here),
        is_commanded=_is_taken_out(connector),
    )


def open_session_facts(session: ChargingSession, connector: Connector) -> SessionFacts | None:
    """An open session as timers see it; None when its start is not known yet."""
    if session.started_at is None:
        return None
    status_at = connector.status_at
    is_free = connector.status == Connector.Status.AVAILABLE
    came_free = status_at if is_free and status_at and status_at > session.started_at else None
    successor = SessionFlag.SUPERSEDED in session.flags
    is_charging = connector.status == Connector.Status.CHARGING
    return SessionFacts(
        started_at=session.started_at,
        last_sample_at=session.last_sample_at,
        is_charging=is_charging,
        charging_since=status_at if is_charging else None,
        free_since=came_free,
        has_successor=successor,
    )


def open_sessions_at(connector_id: UUID) -> list[ChargingSession]:
    """Sessions of a connector that have not ended, the oldest first."""
    return list(
        ChargingSession.objects.filter(
            connector_id=connector_id, state=ChargingSession.State.OPEN, ended_at=None
        ).order_by("started_at")
    )


def heartbeat_of(charge_point: ChargePoint) -> int:
    """How often the station was told to send a heartbeat, s."""
    profile = profile_of(charge_point.pk)
    return profile.heartbeat_interval_s if profile is not None else USUAL_HEARTBEAT_S


def _is_taken_out(connector: Connector) -> bool:
    """Whether our own last order was to take the connector, or all of the station, out."""
    order = (
        Command.objects.filter(
            charge_point_id=connector.charge_point_id,
            action="ChangeAvailability",
            state=Command.State.ANSWERED,
        )
        .order_by("-id")
        .first()
    )
    if order is None:
        return False
    said = order.payload.get("type") or order.payload.get("operationalStatus")
    return bool(said == "Inoperative")
