"""Revenue, read from the books and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import TruncDate

from billing.models import Charge, Posting

REVENUE_PREFIX = "revenue:"
REFUND_PREFIX = "refund:"


@dataclass(frozen=True, slots=True)
class DayRevenue:
    """One local day and currency: what was earned (by end of session) and what was paid.

    A correction counts on the day it was made, a refund against what was paid that day.
    Amounts are minor units and come from postings; `sessions` and `energy_wh` from charges.
    """

    day: date
    currency: str
    sessions: int = 0
    energy_wh: int = 0
    net_minor: int = 0
    vat_minor: int = 0
    paid_minor: int = 0

    @property
    def gross_minor(self) -> int:
        """Net and VAT together."""
        return self.net_minor + self.vat_minor


def revenue_by_day(*, date_from: date, date_to: date, time_zone: str) -> list[DayRevenue]:
    """Days from `date_from` to `date_to`, both included, in order; empty days are left out."""
    zone = ZoneInfo(time_zone)
    bounds = (_start_of(date_from, zone), _start_of(date_to + timedelta(days=1), zone))
    days: dict[tuple[date, str], dict[str, int]] = {}
    for row in (*_booked(bounds, zone), *_charged(bounds, zone)):
        key = (row.pop("day"), row.pop("currency"))
        days.setdefault(key, {}).update(row)
    return [
        DayRevenue(day, currency, **amounts) for (day, currency), amounts in sorted(days.items())
    ]


def revenue_today(*, now: datetime, time_zone: str) -> list[DayRevenue]:
    """The local day that `now` is in, one row for each currency; empty when nothing happened."""
    today = now.astimezone(ZoneInfo(time_zone)).date()
    return revenue_by_day(date_from=today, date_to=today, time_zone=time_zone)


def _start_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)


def _booked(bounds: tuple[datetime, datetime], zone: ZoneInfo) -> Iterable[dict[str, Any]]:
    rows = (
        Posting.objects.filter(entry__occurred_at__gte=bounds[0], entry__occurred_at__lt=bounds[1])
        .values(day=TruncDate("entry__occurred_at", tzinfo=zone), currency=F("account__currency"))
        .annotate(
            net=Sum("amount_minor", filter=Q(account__code__startswith=REVENUE_PREFIX), default=0),
            vat=Sum("amount_minor", filter=Q(account__code="vat_output"), default=0),
            paid=Sum(
                "amount_minor",
                filter=Q(account__code="stripe_pending")
                & (Q(amount_minor__gt=0) | Q(entry__ref__startswith=REFUND_PREFIX)),
                default=0,
            ),
        )
    )
    for row in rows:
        yield {
            "day": row["day"],
            "currency": row["currency"],
            "net_minor": -int(row["net"]),
            "vat_minor": -int(row["vat"]),
            "paid_minor": int(row["paid"]),
        }


def _charged(bounds: tuple[datetime, datetime], zone: ZoneInfo) -> Iterable[dict[str, Any]]:
    rows = (
        Charge.objects.filter(
            correction__isnull=True,
            session__ended_at__gte=bounds[0],
            session__ended_at__lt=bounds[1],
        )
        .values("currency", day=TruncDate("session__ended_at", tzinfo=zone))
        .annotate(count=Count("pk"), energy=Sum("energy_wh"))
    )
    for row in rows:
        yield {
            "day": row["day"],
            "currency": row["currency"],
            "sessions": row["count"],
            "energy_wh": int(row["energy"]),
        }
