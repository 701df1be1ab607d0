"""How a site is doing for drivers: its outlets, what is interrupted, the last 90 days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from anomalies.interruptions import BEARABLE, KINDS, Effect, effect_of
from anomalies.models import Incident, Maintenance, WorkOrder
from anomalies.selectors.timelines import midnight
from chargepoints.models import Connector, Site

HISTORY_DAYS: Final = 90

Status = Connector.Status
Span = tuple[datetime, datetime]


class Shown(StrEnum):
    """What somebody who wants to charge has to know of an outlet."""

    FREE = "free"
    BUSY = "busy"
    OUT = "out"
    PLANNED = "planned"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outlet:
    """One outlet and how it is; `effect` is what is wrong, also where it still charges."""

    connector: Connector
    shown: Shown
    effect: Effect | None = None


@dataclass(frozen=True, slots=True)
class Interruption:
    """An ongoing incident that drivers notice."""

    incident: Incident
    effect: Effect
    technician_asked: bool


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """A site at one moment."""

    outlets: Sequence[Outlet]
    interruptions: Sequence[Interruption]
    planned: Sequence[Maintenance]

    @property
    def free(self) -> list[Outlet]:
        """Outlets anybody may plug into now."""
        return [outlet for outlet in self.outlets if outlet.shown is Shown.FREE]


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a site's history: thousandths of the outlets' time that were in order.

    None where there was nothing to measure: no outlet yet, or planned work all day.
    """

    on: date
    up_permille: int | None


def site_of(incident: Incident) -> Site:
    """Where an incident is; `an_incident_has_a_place`."""
    station = incident.charge_point
    site = station.site if station is not None else incident.site
    if site is None:
        raise ValueError("an incident without a place")
    return site


def at_site(site: Site) -> Q:
    """Incidents of a site: its own, its stations' and their connectors'."""
    return Q(site=site) | Q(charge_point__site=site)


def site_status(site: Site, now: datetime) -> SiteStatus:
    """Every outlet in use, what is interrupted, and work planned within a week. Four queries."""
    outlets = list(
        Connector.objects.filter(charge_point__site=site, charge_point__enabled=True)
        .select_related("charge_point")
        .order_by("charge_point__public_code", "evse_id", "connector_id")
    )
    incidents = _ongoing(site)
    planned = list(_maintenance(site, now, now + timedelta(days=7)))
    technicians = set(
        WorkOrder.objects.filter(
            incident__in=[each.pk for each, _effect in incidents], state__in=("open", "started")
        ).values_list("incident_id", flat=True)
    )
    return SiteStatus(
        outlets=[_outlet(each, incidents, planned, now) for each in outlets],
        interruptions=[
            Interruption(each, effect, each.pk in technicians)
            for each, effect in incidents
            if each.parent_id is None and not each.is_muted
        ],
        planned=planned,
    )


def site_history(site: Site, now: datetime) -> list[Day]:
    """The last 90 days, oldest first, in the site's time zone.

    An outlet counts from the day it was made known. Planned work is left out of both sides; so is
    what people called false alarms, and slower charging.
    """
    zone = ZoneInfo(site.time_zone)
    today = now.astimezone(zone).date()
    days = [today - timedelta(days=back) for back in range(HISTORY_DAYS - 1, -1, -1)]
    bounds = [
        (midnight(day, zone), min(midnight(day + timedelta(days=1), zone), now)) for day in days
    ]
    outlets = list(
        Connector.objects.filter(charge_point__site=site, charge_point__enabled=True).only(
            "id", "charge_point_id", "created_at"
        )
    )
    incidents = list(_past(site, bounds[0][0]))
    works = list(_maintenance(site, bounds[0][0], now))
    known = [0] * len(days)
    up = [0] * len(days)
    for outlet in outlets:
        down = merged(
            (each.since_at, each.resolved_at or now) for each in incidents if _is_at(each, outlet)
        )
        planned = merged((w.starts_at, w.ends_at) for w in works if _is_at(w, outlet))
        for number, (begin, end) in enumerate(bounds):
            begin = max(begin, outlet.created_at)
            measured = _ms(begin, end) - _within(planned, begin, end)
            if measured > 0:
                both = merged((*_cut(down, begin, end), *_cut(planned, begin, end)))
                known[number] += measured
                up[number] += _ms(begin, end) - _within(both, begin, end)
    return [
        Day(day, up[number] * 1000 // known[number] if known[number] else None)
        for number, day in enumerate(days)
    ]


def merged(spans: Iterable[Span]) -> list[Span]:
    """The spans in order, those that touch made one; empty ones dropped."""
    result: list[Span] = []
    for begin, end in sorted(span for span in spans if span[0] < span[1]):
        if result and begin <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((begin, end))
    return result


def covering(incident: Incident) -> QuerySet[Incident]:
    """Other open incidents drivers notice where this one is or was."""
    station, connector = incident.charge_point_id, incident.connector_id
    here = Q(site_id=site_of(incident).pk, charge_point=None)
    if station is None:
        here |= Q(charge_point__site=incident.site_id)
    elif connector is None:
        here |= Q(charge_point=station)
    else:
        here |= Q(connector=connector) | Q(charge_point=station, connector=None)
    return Incident.objects.filter(
        here, state=Incident.State.OPEN, parent=None, is_muted=False, kind__in=KINDS
    ).exclude(pk=incident.pk)


def _ongoing(site: Site) -> list[tuple[Incident, Effect]]:
    rows = (
        Incident.objects.filter(at_site(site), state=Incident.State.OPEN, kind__in=KINDS)
        .select_related("charge_point__site", "connector__charge_point", "site")
        .order_by("since_at", "id")
    )
    found = ((each, effect_of(each.kind, each.cause)) for each in rows)
    return [(each, effect) for each, effect in found if effect is not None]


def _past(site: Site, begin: datetime) -> Iterable[Incident]:
    rows = (
        Incident.objects.filter(at_site(site), kind__in=KINDS)
        .filter(Q(resolved_at=None) | Q(resolved_at__gt=begin))
        .exclude(state=Incident.State.DISMISSED)
        .exclude(verdict=Incident.Verdict.FALSE)
        .only(
            "kind",
            "cause",
            "site",
            "charge_point",
            "connector",
            "since_at",
            "resolved_at",
            "params",
        )
    )
    for each in rows:
        effect = effect_of(each.kind, each.cause)
        # A storm's stations have incidents of their own.
        if effect is not None and effect not in BEARABLE and "storm" not in each.params:
            yield each


def _maintenance(site: Site, begin: datetime, end: datetime) -> QuerySet[Maintenance]:
    here = Q(site=site) | Q(charge_point__site=site) | Q(connector__charge_point__site=site)
    return (
        Maintenance.objects.filter(here, starts_at__lt=end, ends_at__gt=begin)
        .select_related("charge_point", "connector__charge_point")
        .order_by("starts_at", "id")
    )


def _outlet(
    connector: Connector,
    incidents: Sequence[tuple[Incident, Effect]],
    planned: Sequence[Maintenance],
    now: datetime,
) -> Outlet:
    if any(work.is_on(now) and _is_at(work, connector) for work in planned):
        return Outlet(connector, Shown.PLANNED)
    effects = [
        effect
        for incident, effect in incidents
        if "storm" not in incident.params and _is_at(incident, connector)
    ]
    worst = next((effect for effect in effects if effect not in BEARABLE), None)
    if worst is not None:
        return Outlet(connector, Shown.OUT, worst)
    return Outlet(connector, _by_status(connector, now), effects[0] if effects else None)


def _by_status(connector: Connector, now: datetime) -> Shown:
    if connector.status in (Status.FAULTED, Status.UNAVAILABLE):
        return Shown.OUT
    if connector.status == Status.UNKNOWN or not connector.charge_point.is_online(now):
        return Shown.UNKNOWN
    return Shown.FREE if connector.status == Status.AVAILABLE else Shown.BUSY


def _is_at(thing: Incident | Maintenance, connector: Connector) -> bool:
    if thing.connector_id is not None:
        return thing.connector_id == connector.pk
    if thing.charge_point_id is not None:
        return thing.charge_point_id == connector.charge_point_id
    return True


def _ms(begin: datetime, end: datetime) -> int:
    return max(0, (end - begin) // timedelta(milliseconds=1))


def _cut(spans: Iterable[Span], begin: datetime, end: datetime) -> Iterable[Span]:
    return [(max(a, begin), min(b, end)) for a, b in spans if a < end and b > begin]


def _within(spans: Iterable[Span], begin: datetime, end: datetime) -> int:
    return sum(_ms(a, b) for a, b in _cut(spans, begin, end))
