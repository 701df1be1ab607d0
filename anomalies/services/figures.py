"""Counting outlets' days for key figures: from the raw rows, as often as one likes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from anomalies.models import ConnectorDay, OutageExclusion
from anomalies.selectors.timelines import attempts_at, midnight, timelines_of
from anomalies.uptime import TALLY_FIELDS, tally_of
from anomalies.visits import Attempt, Visit, visits_of
from chargepoints.models import Connector, Site

# Days held in memory at a time.
CHUNK: Final = 31

_COUNTED: Final = (
    *TALLY_FIELDS,
    *("attempts", "charged_attempts", "visits", "first_charged", "charged_visits", "energy_wh"),
)


def count_days(*, site: Site, day_from: date, day_to: date, now: datetime) -> int:
    """Count a site's outlets from `day_from` up to, not including, `day_to`; returns the rows.

    Days are local days of the site, 23 to 25 hours long; those that have not ended by `now` are
    left out. Counting again replaces what was counted.
    """
    today = now.astimezone(ZoneInfo(site.time_zone)).date()
    day_to = min(day_to, today)
    rows = 0
    while day_from < day_to:
        until = min(day_from + timedelta(days=CHUNK), day_to)
        rows += _count(site, day_from, until, now)
        day_from = until
    return rows


def count_new_days(*, site: Site, now: datetime, again: int = 0) -> int:
    """Count the days since the last count, and the `again` days before once more.

    A site that was never counted is counted from the day its first outlet was known.
    """
    yesterday = now.astimezone(ZoneInfo(site.time_zone)).date() - timedelta(days=1)
    days = ConnectorDay.objects.filter(connector__charge_point__site=site)
    last = days.order_by("-day").values_list("day", flat=True).first()
    first = _first_day(site) if last is None else last + timedelta(days=1)
    if first is None:
        return 0
    if again and last is not None:
        first = min(first, yesterday - timedelta(days=again - 1))
    return count_days(site=site, day_from=first, day_to=yesterday + timedelta(days=1), now=now)


def exclude_outage(exclusion: OutageExclusion, *, now: datetime) -> None:
    """Keep an outage of somebody else's making and count the days it touches again."""
    with transaction.atomic():
        before = OutageExclusion.objects.filter(pk=exclusion.pk).first()
        exclusion.save()
        for one in (before, exclusion):
            if one is not None:
                _count_touched(one, now)


def forget_exclusion(exclusion: OutageExclusion, *, now: datetime) -> None:
    """Remove an exclusion, and count without it."""
    with transaction.atomic():
        OutageExclusion.objects.filter(pk=exclusion.pk).delete()
        _count_touched(exclusion, now)


def _count_touched(exclusion: OutageExclusion, now: datetime) -> None:
    site = _site_of(exclusion)
    zone = ZoneInfo(site.time_zone)
    first, last = (at.astimezone(zone).date() for at in exclusion.span)
    count_days(site=site, day_from=first, day_to=last + timedelta(days=1), now=now)


def _site_of(exclusion: OutageExclusion) -> Site:
    if exclusion.site_id is not None:
        return Site.objects.get(pk=exclusion.site_id)
    if exclusion.charge_point_id is not None:
        return Site.objects.get(charge_points=exclusion.charge_point_id)
    return Site.objects.get(charge_points__connectors=exclusion.connector_id)


def _first_day(site: Site) -> date | None:
    known = Connector.objects.filter(charge_point__site=site).order_by("created_at").first()
    if known is None:
        return None
    return known.created_at.astimezone(ZoneInfo(site.time_zone)).date()


def _count(site: Site, day_from: date, day_to: date, now: datetime) -> int:
    zone = ZoneInfo(site.time_zone)
    days = [day_from + timedelta(days=number) for number in range((day_to - day_from).days)]
    from_at, to_at = midnight(day_from, zone), midnight(day_to, zone)
    attempts = attempts_at(site, from_at, to_at)
    by_place = _attempts_by(attempts, zone)
    visits = _visits_by(visits_of(attempts), zone)
    rows = []
    for connector_id, timeline in timelines_of(site, from_at, to_at).items():
        for day in days:
            tally = tally_of(timeline, midnight(day, zone), midnight(day + timedelta(days=1), zone))
            key = (connector_id, day)
            if tally.total_s == 0 and key not in by_place:
                continue
            rows.append(
                ConnectorDay(
                    connector_id=connector_id,
                    day=day,
                    counted_at=now,
                    **asdict(tally),
                    **_attempt_figures(by_place.get(key, ())),
                    **_visit_figures(visits.get(key, ())),
                )
            )
    with transaction.atomic():
        old = ConnectorDay.objects.filter(
            connector__charge_point__site=site, day__gte=day_from, day__lt=day_to
        )
        old.exclude(connector__in={row.connector_id for row in rows}).delete()
        ConnectorDay.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=("connector", "day"),
            update_fields=(*_COUNTED, "counted_at"),
            batch_size=1000,
        )
    return len(rows)


def _attempts_by(
    attempts: Iterable[Attempt], zone: ZoneInfo
) -> Mapping[tuple[UUID | None, date], Sequence[Attempt]]:
    found: defaultdict[tuple[UUID | None, date], list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        found[attempt.connector_id, attempt.started_at.astimezone(zone).date()].append(attempt)
    return found


def _visits_by(
    visits: Iterable[Visit], zone: ZoneInfo
) -> Mapping[tuple[UUID | None, date], Sequence[Visit]]:
    found: defaultdict[tuple[UUID | None, date], list[Visit]] = defaultdict(list)
    for visit in visits:
        day = visit.first.started_at.astimezone(zone).date()
        found[visit.first.connector_id, day].append(visit)
    return found


def _attempt_figures(attempts: Sequence[Attempt]) -> dict[str, int]:
    return {
        "attempts": len(attempts),
        "charged_attempts": sum(attempt.charged for attempt in attempts),
        "energy_wh": sum(attempt.energy_wh for attempt in attempts),
    }


def _visit_figures(visits: Sequence[Visit]) -> dict[str, int]:
    return {
        "visits": len(visits),
        "first_charged": sum(visit.first_charged for visit in visits),
        "charged_visits": sum(visit.charged for visit in visits),
    }
