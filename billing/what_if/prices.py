"""What charging costs by hour of the week, and which of those hours count as off-peak."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from billing.rating import LineKind, SessionFacts, TariffElement, rate, uses_spot

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from zoneinfo import ZoneInfo

    from billing.rating import TariffFacts
    from billing.what_if.slots import SlotBook

HOURS_OF_WEEK: Final = 168
# The session a price curve is made of: an hour at this many W, an everyday wallbox.
PRICED_WH: Final = 10_000
# Half of the week at most is off-peak, and of prices that hardly ever repeat a quarter.
MOST_HOURS: Final = HOURS_OF_WEEK // 2
FEW_HOURS: Final = HOURS_OF_WEEK // 4

# What a driver can avoid by charging at another hour; start, idle and reservation fees are not.
_AVOIDABLE: Final = frozenset(
    {LineKind.ENERGY, LineKind.TIME, LineKind.SESSION_TIME, LineKind.POWER}
)


@dataclass(frozen=True, slots=True)
class OffPeak:
    """The hours of the week that count as off-peak, and the rule that chose them."""

    rule: str
    hours: frozenset[int]


def chosen_hours(from_hour: int, to_hour: int, *, weekends: bool = False) -> OffPeak:
    """Return the hours between two full hours of each day (over midnight too), or whole weekends.

    Raises `ValueError` for hours that are none, or make all of the week off-peak or nothing.
    """
    if not (0 <= from_hour <= 23 and 0 <= to_hour <= 24) or from_hour == to_hour % 24:
        raise ValueError(f"off-peak from {from_hour} to {to_hour}")
    last = to_hour if to_hour > from_hour else to_hour + 24
    daily = {hour % 24 for hour in range(from_hour, last)}
    hours = {
        hour for hour in range(HOURS_OF_WEEK) if hour % 24 in daily or (weekends and hour >= 5 * 24)
    }
    return OffPeak("chosen", frozenset(hours))


def cheapest_hours(curve: Sequence[int]) -> OffPeak | None:
    """Return the hours of the week in which a tariff is cheapest; None if none is cheaper.

    The hours as cheap as the 42nd cheapest, or, where that makes more than half of the week, only
    those that are cheaper still, if there are any.
    """
    bound = sorted(curve)[FEW_HOURS - 1]
    hours = frozenset(hour for hour, price in enumerate(curve) if price <= bound)
    if len(hours) > MOST_HOURS:
        cheaper = frozenset(hour for hour, price in enumerate(curve) if price < bound)
        hours = cheaper or hours
    return OffPeak("cheapest", hours) if len(hours) < HOURS_OF_WEEK else None


def price_curve(
    tariff: TariffFacts, *, zone: ZoneInfo, day_from: date, day_to: date, book: SlotBook
) -> tuple[int, ...]:
    """Return what an hour at 10 kW costs, minor units with VAT, by hour of the local week.

    The mean over every such hour from `day_from` to the day before `day_to`, so seasons, dates
    and market prices of the period are in it. Only what a driver avoids by charging at another
    hour counts: energy, time and power.
    """
    avoidable = _only_avoidable(tariff)
    if not _changes_by_week(tariff):
        day_to = min(day_to, day_from + timedelta(days=7))
    sums: Counter[int] = Counter()
    counts: Counter[int] = Counter()
    for day in range((day_to - day_from).days):
        for hour in range(24):
            local = datetime.combine(day_from + timedelta(days=day), time(hour), tzinfo=zone)
            of_week = local.weekday() * 24 + hour
            sums[of_week] += _hour_costs(avoidable, local.astimezone(UTC), zone.key, book)
            counts[of_week] += 1
    return tuple(sums[hour] // max(counts[hour], 1) for hour in range(HOURS_OF_WEEK))


def _changes_by_week(tariff: TariffFacts) -> bool:
    """Say whether one week may cost another price than the next."""
    rules = [element.restrictions for element in tariff.elements]
    dates = ((one.date_from, one.date_to, one.season_from, one.season_to) for one in rules)
    return uses_spot(tariff) or any(day is not None for days in dates for day in days)


def _only_avoidable(tariff: TariffFacts) -> TariffFacts:
    elements = (
        TariffElement(
            tuple(one for one in element.components if one.kind in _AVOIDABLE),
            element.restrictions,
        )
        for element in tariff.elements
    )
    return replace(
        tariff,
        elements=tuple(elements),
        idle_fee=None,
        reservation_fee=None,
        free_energy_wh=0,
        free_time_s=0,
        min_price=None,
        max_price=None,
    )


def _hour_costs(tariff: TariffFacts, start_at: datetime, zone_name: str, book: SlotBook) -> int:
    end_at = start_at + timedelta(hours=1)
    session = SessionFacts(start_at, end_at, PRICED_WH, zone_name)
    return rate(session, tariff, book.touching(start_at, end_at)).gross_minor
