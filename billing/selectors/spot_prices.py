"""Reading market prices as they were known at a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from billing.models.spot import SPOT_PRICES_LOCK, SpotPrice
from billing.rating import SpotSlot
from billing.spot.slots import HOUR_S
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
