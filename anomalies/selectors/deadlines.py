"""What is known of stations and connectors that may have gone silent or got stuck."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from anomalies.deadlines import Subject, Watched
from anomalies.detectors import (
    ConnectorFacts,
    SessionFacts,
    StationFacts,
    Thresholds,
    Waiting,
    connector_from_json,
    silent_after_s,
)
from anomalies.detectors.base import moment
from anomalies.detectors.kinds import found
from anomalies.detectors.station.clock import S2Thresholds
from anomalies.models import Incident, RuleMemory, SessionDigest
from anomalies.selectors.known import asked_readings
from anomalies.types import Finding, Relation, Severity
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
STATION_CAUSES: Final = {"S3": ("offline",), "S2": ("clock_drift", "clock_unset")}
CONNECTOR_CAUSES: Final = {
    "S1": ("no_samples",),
    "S4": ("silent", "connector_free", "next_started"),
    "S5": ("too_long", "overstay"),
    "S6": ("preparing", "finishing", "unavailable"),
    "S9": ("silent",),
}
# A difference that a later message takes back was the network's.
CLOCK_STANDS: Final = timedelta(minutes=1)
# A clock that is years behind was never set.
CLOCK_UNSET_S: Final = 5 * 365 * 86_400
# A session longer than that is compared with the connector's own.
LONG: Final = timedelta(days=1)
# Sessions of a connector of which the longest hundredth is known.
LEAST_SESSIONS: Final = 100
MOST_SESSIONS: Final = 400
# Under this nothing is charged, above this something was.
IDLE_W: Final = 150
CHARGED_WH: Final = 500
FULL_PCT: Final = 95


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
        *_remembered(),
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


def clock_finding(
    charge_point: ChargePoint, now: datetime, thresholds: Thresholds
) -> Finding | None:
    """What is to be said of a station's clock (S2), as its fresh messages showed it for a while."""
    skew_s, seen_at = charge_point.clock_skew_s, charge_point.clock_seen_at
    most_s = thresholds.of(S2Thresholds).drift_s
    if skew_s is None or seen_at is None or abs(skew_s) <= most_s or now - seen_at < CLOCK_STANDS:
        return None
    is_unset = skew_s < -CLOCK_UNSET_S
    return found(
        "S2",
        "clock_unset" if is_unset else "clock_drift",
        observed=abs(skew_s),
        expected=most_s,
        relation=Relation.AT_MOST,
        since_at=seen_at,
        at=now,
        severity=Severity.CRITICAL if is_unset else None,
        holds=False,
        offset_s=skew_s,
    )


def connector_facts(connector: Connector, thresholds: Thresholds) -> ConnectorFacts:
    """Since when the connector waits for something, as it says, and for a good session."""
    waiting = _WAITING.get(Connector.Status(connector.status))
    open_here = open_sessions_at(connector.pk)
    memory = RuleMemory.objects.filter(
        subject=RuleMemory.Subject.CONNECTOR, key=str(connector.pk)
    ).first()
    state = connector_from_json(None if memory is None else memory.state)
    last_good_at = None if state.last_good_ms is None else moment(state.last_good_ms)
    after_s = silent_after_s(state, thresholds)
    return ConnectorFacts(
        waiting=waiting,
        waiting_since=connector.status_at if waiting else None,
        is_authorized=bool(open_here),
        is_commanded=_is_taken_out(connector),
        last_good_at=last_good_at,
        silent_after_s=after_s,
        neighbours_good=None if after_s is None else _good_nearby(connector, last_good_at),
        is_occupied=bool(open_here),
    )


def open_session_facts(
    session: ChargingSession, connector: Connector, now: datetime
) -> SessionFacts | None:
    """An open session as timers see it; None when its start is not known yet."""
    if session.started_at is None:
        return None
    status_at = connector.status_at
    is_free = connector.status == Connector.Status.AVAILABLE
    came_free = status_at if is_free and status_at and status_at > session.started_at else None
    successor = SessionFlag.SUPERSEDED in session.flags
    is_charging = connector.status == Connector.Status.CHARGING
    is_long = now - session.started_at > LONG
    return SessionFacts(
        started_at=session.started_at,
        last_sample_at=session.last_sample_at,
        interval_s=asked_readings(session.charge_point_id)[1],
        is_charging=is_charging,
        charging_since=status_at if is_charging else None,
        free_since=came_free,
        has_successor=successor,
        usual_s=_usual_duration_s(connector) if is_long else None,
        full_since=_full_since(session, connector),
    )


def _full_since(session: ChargingSession, connector: Connector) -> datetime | None:
    """Since when the car has had enough and stays: it said so after it had charged."""
    has_stopped = connector.status in (Connector.Status.SUSPENDED_EV, Connector.Status.FINISHING)
    if not has_stopped or connector.status_at is None or session.started_at is None:
        return None
    if connector.status_at < session.started_at or (session.last_power_w or 0) >= IDLE_W:
        return None
    gained_wh = (session.last_register_wh or 0) - (session.meter_start_wh or 0)
    is_full = session.last_soc_pct is None or session.last_soc_pct >= FULL_PCT
    return connector.status_at if is_full and gained_wh >= CHARGED_WH else None


def _usual_duration_s(connector: Connector) -> int | None:
    """What one in a hundred of the connector's own sessions exceeds; None for few sessions."""
    last = list(
        ChargingSession.objects.filter(
            connector=connector, state=ChargingSession.State.COMPLETED, ended_at__isnull=False
        )
        .order_by("-started_at")
        .only("started_at", "ended_at")[:MOST_SESSIONS]
    )
    durations = sorted(session.duration_s for session in last)
    return durations[len(durations) * 99 // 100] if len(durations) >= LEAST_SESSIONS else None


def _good_nearby(connector: Connector, since: datetime | None) -> int | None:
    """Good sessions at the site's other connectors since then; None where there are none."""
    site_id = connector.charge_point.site_id
    if since is None or not (
        Connector.objects.filter(charge_point__site_id=site_id).exclude(pk=connector.pk).exists()
    ):
        return None
    return (
        SessionDigest.objects.filter(
            charge_point__site_id=site_id, is_good=True, ended_at__gt=since
        )
        .exclude(session__connector_id=connector.pk)
        .count()
    )


def _remembered() -> set[tuple[UUID, UUID]]:
    """Connectors that had good sessions: they may go quiet."""
    rows = RuleMemory.objects.filter(
        subject=RuleMemory.Subject.CONNECTOR, state__has_key="gaps"
    ).values_list("tenant_id", "key")
    return {(tenant_id, UUID(key)) for tenant_id, key in rows if tenant_id is not None}


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
