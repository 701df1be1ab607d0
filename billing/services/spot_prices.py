"""Recording market prices: from a file, and from the installation's feed."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from billing.models.spot import SPOT_PRICES_LOCK, SpotPrice
from billing.selectors.spot_prices import areas_in_use, known_prices, market_zone
from billing.spot.checks import check_days
from billing.spot.days import day_of
from billing.spot.providers import JsonFeed, SpotFeedFailed, SpotPriceProvider
from billing.spot.slots import HOUR_S, Slot, WrongSpotPrices, too_many_cut
from billing.spot.units import Unit
from tenants.scope import across_tenants

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many slots were new, had another price than before, and were known already."""

    added: int = 0
    revised: int = 0
    unchanged: int = 0

    def __add__(self, other: Recorded) -> Recorded:
        return Recorded(
            self.added + other.added,
            self.revised + other.revised,
            self.unchanged + other.unchanged,
        )


def record_prices(
    *,
    area: str,
    currency: str,
    slots: Sequence[Slot],
    source: str,
    zone: ZoneInfo,
    allow_gaps: bool = False,
) -> Recorded:
    """Record all slots or none: a new price as revision 1, another one than before as the next.

    Nothing recorded is ever changed, so a bill that was made keeps its prices. Raises
    `WrongSpotPrices` unless the slots make whole days of the market (see `check_days`), and where
    an hour's price would lie over quarters' or the other way round.
    """
    check_days(slots, zone, allow_gaps=allow_gaps)
    with transaction.atomic():
        _lock_prices()
        known = _known_near(area, currency, slots)
        _require_same_slots(slots, known.values())
        # Read under the lock: who read prices before it sees no row that is dated earlier.
        now = timezone.now()
        rows = [
            SpotPrice(
                area=area,
                currency=currency,
                starts_at=slot.starts_at,
                duration_s=slot.duration_s,
                price=slot.price,
                revision=1 if before is None else before.revision + 1,
                source=source[:200],
                recorded_at=now,
            )
            for slot in slots
            if (before := known.get(slot.starts_at)) is None or before.price != slot.price
        ]
        SpotPrice.objects.bulk_create(rows, batch_size=2000)
    added = sum(row.revision == 1 for row in rows)
    return Recorded(added, len(rows) - added, len(slots) - len(rows))


def _lock_prices() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SPOT_PRICES_LOCK])


def _known_near(area: str, currency: str, slots: Sequence[Slot]) -> Mapping[datetime, SpotPrice]:
    """Newest revisions from an hour before the first slot to the end of the last one."""
    rows = known_prices(area=area, currency=currency).filter(
        starts_at__gt=min(slot.starts_at for slot in slots) - timedelta(seconds=HOUR_S),
        starts_at__lt=max(slot.ends_at for slot in slots),
    )
    return {row.starts_at: row for row in rows}


def _require_same_slots(slots: Iterable[Slot], known: Iterable[SpotPrice]) -> None:
    """Refuse two lengths of slot for the same time; nobody could say which price holds."""
    spans = [(slot.starts_at, slot.duration_s, slot.place) for slot in slots]
    spans += [(row.starts_at, row.duration_s, "") for row in known]
    reasons = [
        f"{one[2] or other[2]}: a price for {(other if one[2] else one)[1] // 60} minutes"
        " is recorded for this time"
        for one, other in pairwise(sorted(spans))
        if one[:2] != other[:2] and other[0] < one[0] + timedelta(seconds=one[1])
    ]
    if reasons:
        raise too_many_cut(reasons)


def fetch_due_prices(*, now: datetime) -> Recorded:
    """Fetch today's and tomorrow's prices of every area a site is in, whichever tenant's.

    Does nothing where no feed is set. What fails is logged, and the next call tries again.
    """
    if not settings.SPOT_PRICE_FEED_URL:
        return Recorded()
    zone = market_zone()
    try:
        unit = _feed_unit()
    except WrongSpotPrices as wrong:
        log.error("SPOT_PRICE_FEED_UNIT is wrong", extra={"reason": str(wrong)})
        return Recorded()
    today = day_of(now, zone)
    with across_tenants(reason="spot prices are fetched for every site"):
        wanted = areas_in_use()
    done = Recorded()
    for area, currency in wanted:
        feed = JsonFeed(settings.SPOT_PRICE_FEED_URL, currency=currency, zone=zone, unit=unit)
        for day in (today, today + timedelta(days=1)):
            done += fetch_day(feed, area=area, currency=currency, day=day, zone=zone)
    return done


def fetch_day(
    provider: SpotPriceProvider, *, area: str, currency: str, day: date, zone: ZoneInfo
) -> Recorded:
    """Fetch and record one market day; a failure is logged and records nothing.

    A day without prices is not published yet. Slots that a published day lacks stay unknown:
    they cost the fallback until a later fetch brings them.
    """
    try:
        slots = provider.fetch(area, day)
        if not slots:
            return Recorded()
        return record_prices(
            area=area,
            currency=currency,
            slots=slots,
            source=provider.source,
            zone=zone,
            allow_gaps=True,
        )
    except (SpotFeedFailed, WrongSpotPrices) as failure:
        told = {"area": area, "currency": currency, "day": str(day), "reason": str(failure)}
        log.warning("spot prices were not fetched", extra=told)
        return Recorded()


def _feed_unit() -> Unit | None:
    text = settings.SPOT_PRICE_FEED_UNIT
    return Unit.read(text) if text else None
