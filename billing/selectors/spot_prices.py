"""Reading market prices as they were known at a time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from billing.models.spot import SPOT_PRICES_LOCK, SpotPrice
from billing.rating import SpotSlot
from billing.spot.days import day_bounds, day_slots
from billing.spot.slots import HOUR_S, QUARTER_S
from chargepoints.models import Site


def spot_slots(
    *,
    area: str,
    currency: str,
    start_at: datetime,
    end_at: datetime,
    known_at: datetime | None = None,
) -> tuple[SpotSlot, ...]:
    """Return the prices that touch [start_at, end_at), in order, as they were known at a time.

    Of each slot the newest revision recorded at or before `known_at` (None: the newest of all),
    so a bill that stores when it was made can be made again. Prices are per kWh in major units
    without VAT. A slot without a price is missing from the answer.
    """
    _wait_for_imports()
    rows = known_prices(area=area, currency=currency, known_at=known_at).filter(
        starts_at__gt=start_at - timedelta(seconds=HOUR_S),
        starts_at__lt=max(end_at, start_at + timedelta(seconds=1)),
    )
    slots = (SpotSlot(row.starts_at, row.price, timedelta(seconds=row.duration_s)) for row in rows)
    return tuple(slot for slot in slots if slot.starts_at + slot.duration > start_at)


def known_prices(
    *, area: str, currency: str, known_at: datetime | None = None
) -> QuerySet[SpotPrice]:
    """Rows of the newest revision of each slot recorded at or before `known_at`, in order."""
    rows = SpotPrice.objects.filter(area=area, currency=currency)
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
    return rows.order_by("starts_at", "-revision").distinct("starts_at")


def _wait_for_imports() -> None:
    """Let an import that has begun end first.

    It dates its rows before it commits: a bill made in between would not see them, but the same
    bill made again would.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [SPOT_PRICES_LOCK])


def areas_in_use() -> list[tuple[str, str]]:
    """Every price area of a site in scope with its tenant's currency, in order."""
    sites = Site.objects.exclude(price_area="").order_by("price_area", "tenant__currency")
    return list(sites.values_list("price_area", "tenant__currency").distinct())


def market_zone() -> ZoneInfo:
    """The time zone in which the market's days begin and end."""
    return ZoneInfo(settings.SPOT_MARKET_TIME_ZONE)


@dataclass(frozen=True, slots=True)
class DaySlot:
    """One slot of a market day; `revisions` are oldest first, none where no price is known."""

    starts_at: datetime
    ends_at: datetime
    revisions: tuple[SpotPrice, ...]

    @property
    def price(self) -> Decimal | None:
        """The price that holds, per kWh in major units without VAT."""
        return self.revisions[-1].price if self.revisions else None


def spot_day(*, area: str, currency: str, day: date) -> list[DaySlot]:
    """Return every slot of a market day with all its prices; times are the market's own."""
    zone = market_zone()
    start_at, end_at = day_bounds(day, zone)
    revisions: dict[datetime, list[SpotPrice]] = defaultdict(list)
    for row in SpotPrice.objects.filter(
        area=area, currency=currency, starts_at__gte=start_at, starts_at__lt=end_at
    ).order_by("starts_at", "revision"):
        revisions[row.starts_at].append(row)
    lengths = {rows[0].duration_s for rows in revisions.values()}
    duration_s = lengths.pop() if len(lengths) == 1 else QUARTER_S
    step = timedelta(seconds=duration_s)
    return [
        DaySlot(at.astimezone(zone), (at + step).astimezone(zone), tuple(revisions.get(at, ())))
        for at in day_slots(day, duration_s, zone)
    ]


def areas_with_prices() -> list[tuple[str, str]]:
    """Every price area and currency of which a price is recorded, in order."""
    known = SpotPrice.objects.order_by("area", "currency").values_list("area", "currency")
    return list(known.distinct())
