"""What has not happened in time: silent stations, stuck connectors, sessions that never stop.

A standing fault is one incident from the first look until a look finds it gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from anomalies.deadlines import Subject, Watched
from anomalies.detectors import next_deadline, overdue
from anomalies.models import Incident
from anomalies.selectors.deadlines import (
    CONNECTOR_CAUSES,
    STATION_CAUSES,
    clock_finding,
    connector_facts,
    open_session_facts,
    open_sessions_at,
    station_facts,
)
from anomalies.selectors.known import rules_of, thresholds_from
from anomalies.services.ending import end_incidents
from anomalies.services.incidents import record_findings, record_place_finding
from anomalies.services.opening import Place
from anomalies.types import Finding
from chargepoints.models import ChargePoint, Connector, StatusRecord
from sessions_app.models import ChargingSession
from sessions_app.selectors import session_samples

HEARD_AGAIN: Final = "the station was heard again"
NOT_STUCK: Final = "it moved on"
# A fault that is there is looked at so often whether it has gone.
WHILE_WRONG: Final = timedelta(seconds=30)
STATES_SHOWN: Final = 10


def look_at(watched: Watched, *, now: datetime) -> datetime | None:
    """Open or end what timers say of a station or connector; returns when to look again.

    None when nothing can become late. Needs the tenant's scope.
    """
    with transaction.atomic():
        if watched.subject is Subject.STATION:
            station = ChargePoint.objects.filter(pk=watched.pk).first()
            return None if station is None else _look_at_station(station, now)
        connector = Connector.objects.select_related("charge_point").filter(pk=watched.pk).first()
        return None if connector is None else _look_at_connector(connector, now)


def _look_at_station(station: ChargePoint, now: datetime) -> datetime | None:
    facts = station_facts(station)
    if facts is None:
        return None
    place, thresholds = Place(station.pk), thresholds_from(rules_of(station.profile_id))
    findings = list(overdue(facts, now, thresholds))
    clock = clock_finding(station, now, thresholds)
    findings += [] if clock is None else [clock]
    _open_new(place, findings, [])
    _end_gone(place, STATION_CAUSES, findings, now, HEARD_AGAIN)
    return now + WHILE_WRONG if findings else next_deadline(facts, now, thresholds)


def _look_at_connector(connector: Connector, now: datetime) -> datetime | None:
    station = station_facts(connector.charge_point)
    thresholds = thresholds_from(rules_of(connector.charge_point.profile_id))
    if station is None or overdue(station, now, thresholds):
        # A station that is away says nothing of its connectors: that is one fault, not many.
        return now + WHILE_WRONG if station is not None else None
    place = Place(connector.charge_point_id, connector.pk)
    facts = connector_facts(connector, thresholds)
    findings = list(overdue(facts, now, thresholds))
    _open_new(place, findings, _states(connector))
    moments = [next_deadline(facts, now, thresholds)]
    for session in open_sessions_at(connector.pk):
        session_facts = open_session_facts(session, connector, now)
        if session_facts is None:
            continue
        late = overdue(session_facts, now, thresholds)
        _open_new_of_session(session, late)
        findings += late
        moments.append(next_deadline(session_facts, now, thresholds))
    _end_gone(place, CONNECTOR_CAUSES, findings, now, NOT_STUCK)
    if findings:
        moments.append(now + WHILE_WRONG)
    return min((at for at in moments if at is not None), default=None)


def _open_new(
    place: Place, findings: Iterable[Finding], evidence: Sequence[dict[str, Any]]
) -> None:
    for finding in findings:
        standing = Incident.objects.filter(
            kind=finding.kind, state=Incident.State.OPEN, **place.scope
        )
        if not standing.exists():
            record_place_finding(place=place, finding=finding, evidence=evidence)


def _open_new_of_session(session: ChargingSession, findings: Iterable[Finding]) -> None:
    """What was ended by a person for this session stays ended."""
    known = set(Incident.objects.filter(session=session).values_list("kind", flat=True))
    fresh = [finding for finding in findings if finding.kind not in known]
    standing = Incident.objects.filter(
        connector=session.connector, state=Incident.State.OPEN
    ).values_list("kind", flat=True)
    fresh = [each for each in fresh if each.holds_billing or each.kind not in {*standing}]
    if fresh:
        record_findings(session=session, findings=fresh, samples=session_samples(session.pk))


def _end_gone(
    place: Place,
    causes: Mapping[str, Sequence[str]],
    findings: Iterable[Finding],
    now: datetime,
    resolution: str,
) -> None:
    late = {finding.kind for finding in findings}
    for kind, its_causes in causes.items():
        if kind in late:
            continue
        rows = Incident.objects.filter(kind=kind, cause__in=its_causes, **place.scope)
        if rows.filter(state=Incident.State.OPEN).exists():
            end_incidents(rows, state=Incident.State.RESOLVED, now=now, resolution=resolution)


def _states(connector: Connector) -> list[dict[str, Any]]:
    """What the connector said of itself last, as evidence."""
    rows = StatusRecord.objects.filter(connector=connector).order_by("-at")[:STATES_SHOWN]
    return [
        {"at": row.at.isoformat(), "status": row.status, "error": row.error_code}
        for row in reversed(rows)
    ]
