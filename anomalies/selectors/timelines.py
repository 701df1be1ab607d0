"""The raw rows behind key figures: what outlets were when, and who tried to charge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from anomalies.models import Incident, Maintenance, OutageExclusion
from anomalies.uptime import Excuse, Span, StatusChange, Timeline
from anomalies.visits import Attempt
from chargepoints.models import Connector, Site, StatusRecord
from sessions_app.models import ChargingSession

# An outlet that says it can charge and does not: failures in a row, or less than the required
# power over several sessions (23 CFR 680.116(b)(1): "successfully dispenses electricity").
FAILING_KINDS: Final = ("S8", "E10")
# Attempts before and after the days asked about that may belong to a visit of theirs.
VISIT_BEFORE: Final = timedelta(days=7)
VISIT_AFTER: Final = timedelta(days=1)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a local day begins, in UTC: local times subtract as clocks show them."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def timelines_of(site: Site, from_at: datetime, to_at: datetime) -> dict[UUID, Timeline]:
    """The timeline of every outlet of a site, with all that matters in [`from_at`, `to_at`)."""
    connectors = list(_with_last_status(site, from_at))
    statuses = _statuses(connectors, from_at, to_at)
    faults = _faults(site, from_at, to_at)
    excuses = _excuses(site, from_at, to_at)
    timelines = {}
    for connector in connectors:
        own = statuses[connector.pk]
        station = connector.charge_point_id
        timelines[connector.pk] = Timeline(
            known_from=min([connector.created_at, *(change.at for change in own[:1])]),
            statuses=own,
            offline=faults[station, "S3"],
            failing=[span for kind in FAILING_KINDS for span in faults[connector.pk, kind]],
            excuses=[*excuses[site.pk], *excuses[station], *excuses[connector.pk]],
        )
    return timelines


def attempts_at(site: Site, from_at: datetime, to_at: datetime) -> list[Attempt]:
    """Completed sessions of a site that began in the time, or may belong to a visit that did."""
    rows = ChargingSession.objects.filter(
        charge_point__site=site,
        state=ChargingSession.State.COMPLETED,
        started_at__gte=from_at - VISIT_BEFORE,
        started_at__lt=to_at + VISIT_AFTER,
    ).values_list("id", "connector_id", "token_uid", "started_at", "ended_at", "energy_wh")
    return [
        Attempt(pk, connector, token, started_at, max(started_at, ended_at), energy_wh)
        for pk, connector, token, started_at, ended_at, energy_wh in rows
        if started_at is not None and ended_at is not None
    ]


def _with_last_status(site: Site, before: datetime) -> QuerySet[Connector]:
    """A site's outlets, each with the last status before an instant."""
    older = StatusRecord.objects.filter(
        charge_point=OuterRef("charge_point"), connector=OuterRef("pk"), at__lt=before
    ).order_by("-at", "-id")
    return (
        Connector.objects.filter(charge_point__site=site)
        .annotate(
            old_status=Subquery(older.values("status")[:1]), old_at=Subquery(older.values("at")[:1])
        )
        .order_by("id")
    )


def _statuses(
    connectors: Sequence[Connector], from_at: datetime, to_at: datetime
) -> defaultdict[UUID, list[StatusChange]]:
    """Statuses in the time and the last one before it, of each outlet, in order."""
    found: defaultdict[UUID, list[StatusChange]] = defaultdict(list)
    for connector in connectors:
        old_at = getattr(connector, "old_at", None)
        if old_at is not None:
            status = getattr(connector, "old_status", "")
            found[connector.pk].append(StatusChange(old_at, status))
    rows = (
        StatusRecord.objects.filter(connector__in=connectors, at__gte=from_at, at__lt=to_at)
        .order_by("at", "id")
        .values_list("connector_id", "at", "status")
    )
    for connector_id, at, status in rows:
        if connector_id is not None:
            found[connector_id].append(StatusChange(at, status))
    return found


def _faults(
    site: Site, from_at: datetime, to_at: datetime
) -> defaultdict[tuple[UUID | None, str], list[Span]]:
    """When stations were silent and outlets failed, by place and kind; false alarms left out."""
    rows = (
        Incident.objects.filter(
            Q(kind="S3", cause="offline") | Q(kind__in=FAILING_KINDS, connector__isnull=False),
            Q(resolved_at=None) | Q(resolved_at__gt=from_at),
            charge_point__site=site,
            since_at__lt=to_at,
        )
        .exclude(state=Incident.State.DISMISSED)
        .exclude(verdict=Incident.Verdict.FALSE)
        .values_list("charge_point_id", "connector_id", "kind", "since_at", "resolved_at")
    )
    found: defaultdict[tuple[UUID | None, str], list[Span]] = defaultdict(list)
    for station, connector, kind, since_at, resolved_at in rows:
        found[station if kind == "S3" else connector, kind].append(Span(since_at, resolved_at))
    return found


def _excuses(
    site: Site, from_at: datetime, to_at: datetime
) -> defaultdict[UUID, list[tuple[Excuse, Span]]]:
    """Planned work and outages of somebody else's making, by the place they are of."""
    here = (Q(site=site) | Q(charge_point__site=site) | Q(connector__charge_point__site=site)) & Q(
        starts_at__lt=to_at, ends_at__gt=from_at
    )
    places = ("site_id", "charge_point_id", "connector_id", "starts_at", "ends_at")
    work = Maintenance.objects.filter(here).values_list(*places)
    others = OutageExclusion.objects.filter(here).values_list(*places, F("reason"))
    found: defaultdict[UUID, list[tuple[Excuse, Span]]] = defaultdict(list)
    _collect(found, ((*row, Excuse.MAINTENANCE) for row in work))
    _collect(found, ((*row[:5], Excuse(row[5])) for row in others))
    return found


def _collect(
    found: defaultdict[UUID, list[tuple[Excuse, Span]]], rows: Iterable[tuple[object, ...]]
) -> None:
    for site_id, station_id, connector_id, starts_at, ends_at, excuse in rows:
        place = site_id or station_id or connector_id
        found[place].append((excuse, Span(starts_at, ends_at)))  # type: ignore[index, arg-type]
