"""Past sessions as they were billed, for looking at when and at what price people charge."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from django.db.models import F, QuerySet

from billing.models import Charge
from billing.rating import SpotSlot
from billing.selectors.spot_prices import known_prices
from billing.what_if import Amounts, BilledSession, SlotBook
from chargepoints.models import Site

# Bills held in memory at a time, with what was frozen for each.
CHUNK: Final = 200
# A moved session may begin a week later, and last some days.
MARKET_MARGIN: Final = timedelta(days=9)

_FIELDS: Final = (
    "pk",
    "tariff_version_id",
    "tariff_id",
    "site_id",
    "price_area",
    "ended_at",
    "currency",
    "gross_minor",
    "net_minor",
    "vat_minor",
    "inputs",
)


@dataclass(frozen=True, slots=True)
class Weeks:
    """A number of whole weeks that end before a local day."""

    day_to: date
    count: int
    zone: ZoneInfo

    @property
    def day_from(self) -> date:
        """The first day."""
        return self.day_to - timedelta(weeks=self.count)

    @property
    def start_at(self) -> datetime:
        """Midnight at the begin of the first day."""
        return datetime.combine(self.day_from, time(), tzinfo=self.zone)

    @property
    def end_at(self) -> datetime:
        """Midnight after the last day."""
        return datetime.combine(self.day_to, time(), tzinfo=self.zone)

    def week_of(self, at: datetime) -> int:
        """In which of the weeks an instant lies, from 0."""
        return (at.astimezone(self.zone).date() - self.day_from).days // 7


def current_charges(weeks: Weeks) -> QuerySet[Charge]:
    """The bills in force of sessions that ended in these weeks."""
    return Charge.objects.filter(
        correction__isnull=True,
        session__ended_at__gte=weeks.start_at,
        session__ended_at__lt=weeks.end_at,
    )


def billed_sessions(weeks: Weeks) -> Iterator[BilledSession]:
    """Every bill in force of these weeks, a chunk at a time; one query per chunk."""
    rows = (
        current_charges(weeks)
        .annotate(
            tariff_id=F("tariff_version__tariff_id"),
            site_id=F("session__charge_point__site_id"),
            price_area=F("session__charge_point__site__price_area"),
            ended_at=F("session__ended_at"),
        )
        .order_by("pk")
        .values_list(*_FIELDS, named=True)
    )
    chunk = list(rows[:CHUNK])
    while chunk:
        for row in chunk:
            yield BilledSession(
                site_id=row.site_id,
                tariff_id=row.tariff_id,
                version_id=row.tariff_version_id,
                price_area=row.price_area,
                week=weeks.week_of(row.ended_at),
                currency=row.currency,
                amounts=Amounts(row.gross_minor, row.net_minor, row.vat_minor),
                document=orjson.loads(zlib.decompress(row.inputs)),
            )
        chunk = list(rows.filter(pk__gt=chunk[-1].pk)[:CHUNK])


def market_books(weeks: Weeks, *, currency: str) -> dict[str, SlotBook]:
    """The market prices of these weeks as they are known now, by the price areas of the sites."""
    areas = Site.objects.exclude(price_area="").values_list("price_area", flat=True).distinct()
    books = {}
    for area in areas.order_by("price_area"):
        rows = known_prices(area=area, currency=currency).filter(
            starts_at__gte=weeks.start_at - MARKET_MARGIN,
            starts_at__lt=weeks.end_at + MARKET_MARGIN,
        )
        books[area] = SlotBook(
            SpotSlot(row.starts_at, row.price, timedelta(seconds=row.duration_s)) for row in rows
        )
    return books


def site_names(site_ids: list[str]) -> dict[str, str]:
    """What sites are called, by id."""
    rows = Site.objects.filter(pk__in=[UUID(one) for one in site_ids]).values_list("pk", "name")
    return {str(pk): name for pk, name in rows}
