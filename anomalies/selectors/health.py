"""Connectors by their health, the worst first, with what costs them points."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from anomalies.health import BEST, SAFETY, Ailment, penalty_of
from anomalies.models import Incident
from anomalies.selectors.incidents import AILMENTS_COUNT_FOR
from chargepoints.models import Connector


@dataclass(frozen=True, slots=True)
class Reason:
    """An incident and the points it costs now."""

    incident: Incident
    points: int


@dataclass(frozen=True, slots=True)
class Health:
    """A connector's points (0 to 100) and why they are not 100."""

    connector: Connector
    points: int
    reasons: tuple[Reason, ...]


def health_of_connectors(now: datetime, charge_point_id: UUID | None = None) -> list[Health]:
    """Every connector in use, or those of one station, the worst first; two queries."""
    connectors = Connector.objects.filter(charge_point__enabled=True).select_related("charge_point")
    if charge_point_id is not None:
        connectors = connectors.filter(charge_point_id=charge_point_id)
    own: defaultdict[UUID | None, list[Reason]] = defaultdict(list)
    for incident in _counting(now, charge_point_id):
        ended_at = None if incident.state == Incident.State.OPEN else incident.resolved_at
        ailment = Ailment(incident.severity, ended_at, incident.acknowledged_at is not None)
        points = penalty_of(ailment, now)
        if points:
            own[incident.connector_id or incident.charge_point_id].append(Reason(incident, points))
    found = [
        _health(connector, [*own[connector.pk], *own[connector.charge_point_id]])
        for connector in connectors
    ]
    return sorted(found, key=lambda each: (each.points, str(each.connector)))


def _counting(now: datetime, charge_point_id: UUID | None) -> list[Incident]:
    counts = (
        Q(state=Incident.State.OPEN)
        | Q(resolved_at__gt=now - AILMENTS_COUNT_FOR)
        | Q(severity__lte=SAFETY, acknowledged_at=None)
    )
    rows = (
        Incident.objects.filter(counts, charge_point__isnull=False)
        .exclude(state=Incident.State.DISMISSED)
        .exclude(verdict=Incident.Verdict.FALSE)
        .defer("evidence")
    )
    return list(rows if charge_point_id is None else rows.filter(charge_point_id=charge_point_id))


def _health(connector: Connector, reasons: list[Reason]) -> Health:
    points = max(0, BEST - sum(reason.points for reason in reasons))
    worst_first = sorted(reasons, key=lambda reason: -reason.points)
    return Health(connector, points, tuple(worst_first))
