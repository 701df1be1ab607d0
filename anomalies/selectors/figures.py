"""Key figures of a tenant, site, station or outlet over any period of whole days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import (
    Count,
    Exists,
    F,
    FloatField,
    Func,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.aggregates import Aggregate
from django.db.models.functions import Coalesce, Greatest, TruncMonth

from anomalies.models import ConnectorDay, Incident, RemediationStep, Repair, WorkOrder
from anomalies.selectors.timelines import midnight
from anomalies.uptime import TALLY_FIELDS, Tally
from tenants.models import Tenant
from tenants.scope import required_tenant_id

HUNDREDTHS: Final = Decimal("0.01")
# What is done from afar; taking an outlet out of service heals nothing.
REMOTE: Final = (Repair.TRIGGER, Repair.SOFT_RESET, Repair.HARD_RESET)

_USE: Final = ("attempts", "charged_attempts", "visits", "first_charged", "charged_visits")


class Part(StrEnum):
    """What key figures are split by."""

    WHOLE = "whole"
    SITE = "site"
    STATION = "station"
    CONNECTOR = "connector"
    DAY = "day"
    MONTH = "month"


_COLUMN: Final = {
    Part.SITE: ("connector__charge_point__site_id", "connector__charge_point__site__name"),
    Part.STATION: ("connector__charge_point_id", "connector__charge_point__identity"),
    Part.CONNECTOR: ("connector_id", "connector__charge_point__identity", "connector__evse_id"),
    Part.DAY: ("day",),
    Part.MONTH: ("month",),
}
_INCIDENT_COLUMN: Final = {
    Part.SITE: "its_site",
    Part.STATION: "charge_point_id",
    Part.CONNECTOR: "connector_id",
}


@dataclass(frozen=True, slots=True)
class Scope:
    """Which outlets: one, those of a station or of a site, or all; and whether rapid ones only."""

    site_id: UUID | None = None
    charge_point_id: UUID | None = None
    connector_id: UUID | None = None
    least_power_w: int = 0


@dataclass(frozen=True, slots=True)
class Period:
    """Whole local days from `day_from` up to, not including, `day_to`."""

    day_from: date
    day_to: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.day_to - self.day_from).days

    @property
    def before(self) -> Period:
        """As many days just before."""
        return Period(self.day_from - timedelta(days=self.days), self.day_from)


@dataclass(frozen=True, slots=True)
class UseFigures:
    """What was counted of the outlets' days: time by condition, and attempts and visits."""

    key: UUID | date | None
    name: str
    outlets: int
    tally: Tally
    attempts: int = 0
    charged_attempts: int = 0
    visits: int = 0
    first_charged: int = 0
    charged_visits: int = 0
    energy_wh: int = 0

    @property
    def first_attempt_percent(self) -> Decimal | None:
        """Visits whose first attempt charged, of all visits."""
        return percent_of(self.first_charged, self.visits)

    @property
    def visit_percent(self) -> Decimal | None:
        """Visits that charged in the end, of all visits."""
        return percent_of(self.charged_visits, self.visits)

    @property
    def nevi_percent(self) -> Decimal | None:
        """Uptime as 23 CFR 680.116(b)(3) has it: (T - (T_outage - T_excluded)) / T.

        T is the period's time instead of the year's 525,600 minutes.
        """
        tally = self.tally
        counted_s = tally.outage_s - tally.excluded_s
        return percent_of(tally.total_s - counted_s, tally.total_s)

    @property
    def uk_percent(self) -> Decimal | None:
        """Reliability as SI 2023/1168 reg. 7 has it: not inoperative or out of order.

        Unknown counts as reliable (reg. 7(3)(b)), and so does a station that is not heard.
        """
        tally = self.tally
        return percent_of(tally.measured_s - tally.not_working_s, tally.measured_s)


@dataclass(frozen=True, slots=True)
class RepairFigures:
    """How fast faults were found and mended; seconds, whole ones. None where there were none.

    Detection: from the first evidence to the incident, of those opened in the period. Repair:
    from the first evidence to the end, of those that ended in it. Parts of a site's incident,
    dismissed incidents and false alarms are left out.
    """

    key: UUID | None
    opened: int = 0
    detect_median_s: int | None = None
    detect_p95_s: int | None = None
    ended: int = 0
    repair_median_s: int | None = None
    repair_p95_s: int | None = None
    repair_mean_s: int | None = None
    healed_remotely: int = 0
    healed_on_site: int = 0

    @property
    def healed(self) -> int:
        """Faults that something was done about, and that ended."""
        return self.healed_remotely + self.healed_on_site

    @property
    def remote_percent(self) -> Decimal | None:
        """Healed from afar, of those that something was done about."""
        return percent_of(self.healed_remotely, self.healed)


class _Seconds(Func):
    """The seconds of an interval."""

    template = "EXTRACT(EPOCH FROM %(expressions)s)::float8"
    output_field = FloatField()


class _Percentile(Aggregate):
    """PostgreSQL's percentile_cont; the share goes in as a parameter."""

    function = "percentile_cont"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


def _seconds_until(field: str) -> Greatest:
    return Greatest(_Seconds(F(field) - F("since_at")), Value(0.0), output_field=FloatField())


def percent_of(part: int, whole: int) -> Decimal | None:
    """Hundredths of a percent, half up; None of nothing."""
    if not whole:
        return None
    return (Decimal(100 * part) / whole).quantize(HUNDREDTHS, ROUND_HALF_UP)


def use_figures(scope: Scope, period: Period, part: Part = Part.WHOLE) -> list[UseFigures]:
    """Counted days summed by `part`, in one query whatever the number of outlets and days."""
    rows = connector_days(scope, period)
    if part is Part.MONTH:
        rows = rows.annotate(month=TruncMonth("day"))
    sums = {name: Coalesce(Sum(name), 0) for name in (*TALLY_FIELDS, *_USE, "energy_wh")}
    counted = {**sums, "outlets": Count("connector", distinct=True)}
    if part is Part.WHOLE:
        return [_figures((), rows.aggregate(**counted))]
    columns = _COLUMN[part]
    grouped = rows.order_by(*columns[1:], columns[0]).values(*columns).annotate(**counted)
    return [_figures(columns, row) for row in grouped]


def connector_days(scope: Scope, period: Period) -> QuerySet[ConnectorDay]:
    """The rows that key figures are summed from."""
    rows = ConnectorDay.objects.filter(day__gte=period.day_from, day__lt=period.day_to)
    if scope.site_id is not None:
        rows = rows.filter(connector__charge_point__site=scope.site_id)
    if scope.charge_point_id is not None:
        rows = rows.filter(connector__charge_point=scope.charge_point_id)
    if scope.connector_id is not None:
        rows = rows.filter(connector=scope.connector_id)
    if scope.least_power_w:
        rows = rows.filter(connector__max_power_w__gte=scope.least_power_w)
    return rows


def counted_days() -> tuple[date, date] | None:
    """The first and the last day that is counted; None when none is."""
    found = ConnectorDay.objects.aggregate(first=Min("day"), last=Max("day"))
    first, last = found["first"], found["last"]
    return None if first is None or last is None else (first, last)


def repair_figures(
    scope: Scope, period: Period, part: Part = Part.WHOLE
) -> dict[UUID | None, RepairFigures]:
    """How fast faults were found and mended, by `part` (None: all), in two queries."""
    from_at, to_at = _instants(period)
    keys = () if part is Part.WHOLE else (_INCIDENT_COLUMN[part],)
    found: dict[UUID | None, dict[str, Any]] = {}
    opened = opened_incidents(scope, from_at, to_at).annotate(seconds=_seconds_until("created_at"))
    for row in _by(opened, keys, _numbers("detect", "opened")):
        found.setdefault(row.pop(keys[0]) if keys else None, {}).update(row)
    ended = ended_incidents(scope, from_at, to_at).annotate(seconds=_seconds_until("resolved_at"))
    is_remote = Q(remote=True, visited=False)
    healed = {
        "healed_remotely": Count("id", filter=is_remote),
        "healed_on_site": Count("id", filter=Q(visited=True)),
    }
    for row in _by(ended, keys, _numbers("repair", "ended") | healed):
        found.setdefault(row.pop(keys[0]) if keys else None, {}).update(row)
    return {key: _repair(key, row) for key, row in found.items()}


def opened_incidents(scope: Scope, from_at: datetime, to_at: datetime) -> QuerySet[Incident]:
    """Incidents that were opened in the time and count."""
    return _counting(scope).filter(created_at__gte=from_at, created_at__lt=to_at)


def ended_incidents(scope: Scope, from_at: datetime, to_at: datetime) -> QuerySet[Incident]:
    """Incidents that ended in the time and count; with whether afar or a visit mended them."""
    steps = RemediationStep.objects.filter(
        incident=OuterRef("pk"),
        repair__in=REMOTE,
        state=RemediationStep.State.SUCCEEDED,
    )
    orders = WorkOrder.objects.filter(incident=OuterRef("pk"), state=WorkOrder.State.DONE)
    return (
        _counting(scope)
        .filter(state=Incident.State.RESOLVED, resolved_at__gte=from_at, resolved_at__lt=to_at)
        .annotate(remote=Exists(steps), visited=Exists(orders))
    )


def _counting(scope: Scope) -> QuerySet[Incident]:
    rows = (
        Incident.objects.filter(parent=None)
        .exclude(state=Incident.State.DISMISSED)
        .exclude(verdict=Incident.Verdict.FALSE)
        .annotate(its_site=Coalesce("site_id", "charge_point__site_id"))
    )
    if scope.site_id is not None:
        rows = rows.filter(its_site=scope.site_id)
    if scope.charge_point_id is not None:
        rows = rows.filter(charge_point=scope.charge_point_id)
    if scope.connector_id is not None:
        rows = rows.filter(connector=scope.connector_id)
    if scope.least_power_w:
        rows = rows.filter(connector__max_power_w__gte=scope.least_power_w)
    return rows


def _instants(period: Period) -> tuple[datetime, datetime]:
    zone = ZoneInfo(Tenant.objects.get(pk=required_tenant_id()).time_zone)
    return midnight(period.day_from, zone), midnight(period.day_to, zone)


def _numbers(what: str, count: str) -> dict[str, Any]:
    return {
        count: Count("id"),
        f"{what}_median_s": _Percentile("seconds", share="0.5"),
        f"{what}_p95_s": _Percentile("seconds", share="0.95"),
        f"{what}_sum_s": Sum("seconds"),
    }


def _by(
    rows: QuerySet[Incident], keys: Sequence[str], numbers: dict[str, Any]
) -> list[dict[str, Any]]:
    if not keys:
        return [rows.aggregate(**numbers)]
    return list(rows.order_by().values(*keys).annotate(**numbers))


def _repair(key: UUID | None, row: dict[str, Any]) -> RepairFigures:
    row.pop("detect_sum_s", None)
    total = row.pop("repair_sum_s", None)
    if total is not None:
        row["repair_mean_s"] = total / row["ended"]
    numbers: dict[str, Any] = {
        name: value if value is None else round(value) for name, value in row.items()
    }
    return RepairFigures(key=key, **numbers)


def _figures(columns: Sequence[str], row: dict[str, Any]) -> UseFigures:
    names = [row.pop(column) for column in columns]
    return UseFigures(
        key=names[0] if names else None,
        name="/".join(str(name) for name in names[1:]) if len(names) > 1 else "",
        tally=Tally(**{name: row.pop(name) for name in TALLY_FIELDS}),
        **row,
    )
