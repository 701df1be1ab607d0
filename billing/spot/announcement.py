"""What a driver is told about a spot price before charging begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

from billing.rating.clock import WallTime
from billing.rating.exact import spot_price_with_vat
from billing.rating.meter import UNREPORTED
from billing.rating.restrictions import Instant, is_active
from billing.rating.tally import vat_rate_of, with_vat
from billing.rating.tariff import PriceComponent, Restrictions, TariffFacts
from billing.rating.types import LineKind, SpotSlot

_DAY_ONE: Final = date(1970, 1, 1)
_SECOND: Final = timedelta(seconds=1)


class NoSpotPrice(ValueError):
    """The tariff has no price that follows the market."""


@dataclass(frozen=True, slots=True)
class SpotAnnouncement:
    """Prices per kWh with VAT, in major units.

    `price_now` is what a kWh costs at the start (None: the tariff has no energy price then),
    `is_fallback_now` that it is the fallback because the market's price is not known.
    `highest_ahead` is the highest price of the slots known from now on, in the slot that begins
    at `highest_from`; prices are known without a gap until `known_until`. `fallback` is what a
    slot without a price costs. `ceiling` is what no kWh can cost more than, whatever the market
    does; None where nothing bounds it.
    """

    currency: str
    price_now: Decimal | None
    is_fallback_now: bool
    highest_ahead: Decimal | None
    highest_from: datetime | None
    known_until: datetime | None
    fallback: Decimal
    ceiling: Decimal | None


def announce(tariff: TariffFacts, slots: Sequence[SpotSlot], at: datetime) -> SpotAnnouncement:
    """Say what a driver who starts at `at` (in the site's own time zone) can come to pay.

    The ceiling counts everything a kWh can be charged: the formulas' ceilings, and the fallback
    or a fixed price of other hours where that is above them. Raises `NoSpotPrice`, and
    `ValueError` for a time without zone.
    """
    if at.utcoffset() is None:
        raise ValueError(f"{at} has no time zone")
    components = _energy_prices(tariff)
    fallbacks = [_fixed(tariff, one) for one in components if one.spot]
    if not fallbacks:
        raise NoSpotPrice(tariff.version_id)
    known = {slot.starts_at: slot for slot in slots if slot.starts_at + slot.duration > at}
    ahead = [known[start] for start in sorted(known)]
    holds = _component_at(tariff, at)
    slot_now = ahead[0] if ahead and ahead[0].starts_at <= at else None
    dearest = max(
        ((price, slot) for slot in ahead if (price := _highest_in(tariff, slot, at)) is not None),
        key=lambda found: found[0],
        default=None,
    )
    return SpotAnnouncement(
        currency=tariff.currency,
        price_now=None if holds is None else _price(tariff, holds, slot_now),
        is_fallback_now=holds is not None and holds.spot is not None and slot_now is None,
        highest_ahead=dearest[0] if dearest else None,
        highest_from=dearest[1].starts_at if dearest else None,
        known_until=_known_until(ahead, at),
        fallback=_fixed(tariff, holds) if holds and holds.spot else max(fallbacks),
        ceiling=_most_of_all(tariff, components),
    )


def _energy_prices(tariff: TariffFacts) -> list[PriceComponent]:
    parts = (part for element in tariff.elements for part in element.components)
    return [part for part in parts if part.kind is LineKind.ENERGY]


def _fixed(tariff: TariffFacts, component: PriceComponent) -> Decimal:
    return with_vat(tariff, component.price, vat_rate_of(tariff, component.vat_rate))


def _price(tariff: TariffFacts, component: PriceComponent, slot: SpotSlot | None) -> Decimal:
    if component.spot is None or slot is None:
        return _fixed(tariff, component)
    vat_rate = vat_rate_of(tariff, component.vat_rate)
    return spot_price_with_vat(component.spot, slot.price, vat_rate)


def _component_at(tariff: TariffFacts, at: datetime) -> PriceComponent | None:
    """Return the energy price that holds at a start: nothing charged, no power reported yet."""
    now = Instant(_wall_time(at), 0, 0, UNREPORTED, UNREPORTED)
    for element in tariff.elements:
        if is_active(element.restrictions, now):
            for component in element.components:
                if component.kind is LineKind.ENERGY:
                    return component
    return None


def _highest_in(tariff: TariffFacts, slot: SpotSlot, at: datetime) -> Decimal | None:
    """Return the most a kWh can cost in a slot, at its beginning or at its end."""
    ends = (max(slot.starts_at, at), slot.starts_at + slot.duration - _SECOND)
    return max(
        (
            _price(tariff, component, slot)
            for end in ends
            for component in _possible_at(tariff, _wall_time(end.astimezone(at.tzinfo)))
        ),
        default=None,
    )


def _possible_at(tariff: TariffFacts, wall: WallTime) -> Iterator[PriceComponent]:
    """Yield every energy price that can hold at a time of the calendar.

    Which one does may depend on energy, duration and power, which nobody knows beforehand; the
    first that depends on the calendar alone shuts out all after it.
    """
    for element in tariff.elements:
        calendar = _calendar_of(element.restrictions)
        if is_active(calendar, Instant(wall, 0, 0, UNREPORTED, UNREPORTED)):
            found = [one for one in element.components if one.kind is LineKind.ENERGY]
            yield from found
            if found and calendar == element.restrictions:
                return


def _calendar_of(rule: Restrictions) -> Restrictions:
    return Restrictions(
        time_from=rule.time_from,
        time_to=rule.time_to,
        date_from=rule.date_from,
        date_to=rule.date_to,
        season_from=rule.season_from,
        season_to=rule.season_to,
        days_of_week=rule.days_of_week,
    )


def _wall_time(at: datetime) -> WallTime:
    second_of_day = at.hour * 3600 + at.minute * 60 + at.second
    return WallTime(second_of_day, (at.date() - _DAY_ONE).days)


def _known_until(ahead: Sequence[SpotSlot], at: datetime) -> datetime | None:
    until = at
    for slot in ahead:
        if slot.starts_at > until:
            break
        until = slot.starts_at + slot.duration
    return until.astimezone(UTC) if until > at else None


def _most_of_all(tariff: TariffFacts, components: Sequence[PriceComponent]) -> Decimal | None:
    ceilings = [one.spot.ceiling for one in components if one.spot]
    bounds = [ceiling for ceiling in ceilings if ceiling is not None]
    if len(bounds) < len(ceilings):
        return None
    return max(bounds + [_fixed(tariff, one) for one in components])
