"""Reads of incidents, of planned work, of connectors' health, and of how often rules are right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from anomalies.health import SAFETY, Ailment, health_points
from anomalies.models import Incident, Maintenance
from chargepoints.models import Connector

# Older ones have decayed to less than a point, but for dangers nobody has acknowledged.
AILMENTS_COUNT_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class RuleRecord:
    """How often one kind's incidents were right, by what people said of them."""

    kind: str
    incidents: int
    right: int
    wrong: int
    other: int

    @property
    def judged(self) -> int:
        """How many people have said something of."""
        return self.right + self.wrong + self.other

    @property
    def precision_percent(self) -> int | None:
        """Right ones of the judged ones in percent, rounded down; None when nobody judged."""
        return self.right * 100 // self.judged if self.judged else None


def open_incidents() -> QuerySet[Incident]:
    """Incidents somebody should look at, the worst first; parts and muted ones left out."""
    return (
        Incident.objects.filter(state=Incident.State.OPEN, parent=None, is_muted=False)
        .select_related("charge_point", "connector__charge_point", "site", "session")
        .order_by("severity", "-since_at")
    )


class PlaceKeys(Protocol):
    """The ids of a place; None for what is not known or is the whole."""

    @property
    def charge_point_id(self) -> UUID | None:
        """The station's."""

    @property
    def connector_id(self) -> UUID | None:
        """The connector's."""

    @property
    def site_id(self) -> UUID | None:
        """The site's."""


def maintenance_at(*, place_of: PlaceKeys, now: datetime) -> QuerySet[Maintenance]:
    """Planned work that goes on at a place, or at the whole it is part of."""
    station = place_of.charge_point_id
    here = Q(site_id=place_of.site_id) if place_of.site_id is not None else Q(pk=None)
    if station is not None:
        here |= Q(charge_point_id=station) | Q(site__charge_points=station)
    if place_of.connector_id is not None:
        here |= Q(connector_id=place_of.connector_id)
    return Maintenance.objects.filter(here, starts_at__lte=now, ends_at__gt=now)


def incidents_of(session_id: UUID) -> QuerySet[Incident]:
    """A session's incidents, the worst first."""
    return Incident.objects.filter(session_id=session_id).order_by("severity", "since_at")


def rule_records() -> list[RuleRecord]:
    """How often each kind was right, in the order of the kinds; parts are not counted."""
    verdict = Incident.Verdict
    rows = (
        Incident.objects.filter(parent=None)
        .values("kind")
        .annotate(
            incidents=Count("id"),
            right=Count("id", filter=Q(verdict=verdict.TRUE)),
            wrong=Count("id", filter=Q(verdict=verdict.FALSE)),
            other=Count("id", filter=Q(verdict=verdict.OTHER)),
        )
        .order_by("kind")
    )
    return [RuleRecord(**row) for row in rows]


def connector_health(connector_ids: Iterable[UUID], now: datetime) -> dict[UUID, int]:
    """Points (0 to 100) of connectors: their own incidents and their stations'."""
    ids = list(connector_ids)
    stations: dict[UUID, UUID] = dict(
        Connector.objects.filter(pk__in=ids).values_list("pk", "charge_point_id")
    )
    counts = (
        Q(state=Incident.State.OPEN)
        | Q(resolved_at__gt=now - AILMENTS_COUNT_FOR)
        | Q(severity__lte=SAFETY, acknowledged_at=None)
    )
    rows = (
        Incident.objects.filter(
            counts, Q(connector__in=ids) | Q(connector=None, charge_point__in=stations.values())
        )
        .exclude(state=Incident.State.DISMISSED)
        .exclude(verdict=Incident.Verdict.FALSE)
        .values_list(
            "charge_point_id", "connector_id", "severity", "resolved_at", "acknowledged_at"
        )
    )
    own: defaultdict[UUID | None, list[Ailment]] = defaultdict(list)
    for station, connector, severity, ended_at, seen_at in rows:
        own[connector or station].append(Ailment(severity, ended_at, seen_at is not None))
    return {
        connector: health_points((*own[connector], *own[station]), now)
        for connector, station in stations.items()
    }
