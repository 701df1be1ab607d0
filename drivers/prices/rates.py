"""The prices a tariff has at each time of a period, read from the tariff itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from billing.rating import LineKind, PriceComponent, Restrictions, SpotSlot, TariffFacts
from billing.rating.clock import read_clock
from billing.rating.exact import quotient, spot_price_with_vat
from billing.rating.meter import UNREPORTED
from billing.rating.restrictions import Instant, find_edges, is_active
from billing.rating.spot import SpotPrices, select_slots
from billing.rating.tally import vat_rate_of, with_vat

UNIT_OF_KIND: Final = {
    LineKind.ENERGY: "kWh",
    LineKind.TIME: "min",
    LineKind.SESSION_TIME: "min",
    LineKind.PARKING_TIME: "min",
    LineKind.FLAT: "session",
    LineKind.POWER: "kW",
}
_NO_CALENDAR: Final = {
    "time_from": None,
    "time_to": None,
    "date_from": None,
    "date_to": None,
    "season_from": None,
    "season_to": None,
    "days_of_week": (),
}
_NO_LIMITS: Final = {
    "min_energy_wh": None,
    "max_energy_wh": None,
    "min_duration_s": None,
    "max_duration_s": None,
    "min_power_w": None,
    "max_power_w": None,
    "min_current_ma": None,
    "max_current_ma": None,
}


@dataclass(frozen=True, slots=True)
class Rate:
    """A price with VAT, in major units per `unit` (kWh, min, kW, session).

    `limits` says between which energies, durations, powers or currents of a session it holds; of
    the rates of one kind the first whose limits hold is charged. `source` is tariff, spot, or
    fallback. A price entered per hour is told per minute, to six decimals.
    """

    kind: LineKind
    price: Decimal
    unit: str
    limits: Restrictions
    source: str


@dataclass(frozen=True, slots=True)
class PriceWindow:
    """The rates that hold from one instant to just before another, kind by kind."""

    from_at: datetime
    to_at: datetime
    rates: tuple[Rate, ...]

    def of(self, *kinds: LineKind) -> tuple[Rate, ...]:
        """The rates of these kinds, in the order they are tried."""
        return tuple(rate for rate in self.rates if rate.kind in kinds)


def price_windows(
    tariff: TariffFacts,
    slots: Sequence[SpotSlot],
    zone: str,
    from_at: datetime,
    to_at: datetime,
) -> tuple[PriceWindow, ...]:
    """Cut a period (whole seconds) where a price changes; the windows follow without a gap."""
    from_s, to_s = int(from_at.timestamp()), int(to_at.timestamp())
    clock = read_clock(zone, from_s, to_s)
    spot = SpotPrices(select_slots(slots, from_s, to_s))
    cuts = clock.crossings(find_edges(tariff).seconds_of_day) | spot.edges()
    bounds = [from_s, *sorted(at_s for at_s in cuts if from_s < at_s < to_s), to_s]
    windows: list[PriceWindow] = []
    for index, at_s in enumerate(bounds[:-1]):
        now = Instant(clock.wall_time_at(at_s), 0, 0, UNREPORTED, UNREPORTED)
        rates = tuple(_rates_at(tariff, now, spot.price_at(at_s)))
        begins = _moment(at_s)
        if windows and windows[-1].rates == rates and not _is_spot(rates):
            begins = windows.pop().from_at
        windows.append(PriceWindow(begins, _moment(bounds[index + 1]), rates))
    return tuple(windows)


def _moment(at_s: int) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)


def _is_spot(rates: tuple[Rate, ...]) -> bool:
    """Quarter hours stay apart, also where two cost the same."""
    return any(rate.source == "spot" for rate in rates)


def _rates_at(tariff: TariffFacts, now: Instant, spot: Decimal | None) -> Iterator[Rate]:
    """Yield each kind's rates up to and including the first that always holds."""
    settled: set[LineKind] = set()
    for element in tariff.elements:
        if not is_active(replace(element.restrictions, **_NO_LIMITS), now):  # type: ignore[arg-type]
            continue
        limits = replace(element.restrictions, **_NO_CALENDAR)  # type: ignore[arg-type]
        for component in element.components:
            if component.kind not in settled:
                yield _rate(tariff, component, limits, spot)
                if limits == Restrictions():
                    settled.add(component.kind)


def _rate(
    tariff: TariffFacts, component: PriceComponent, limits: Restrictions, spot: Decimal | None
) -> Rate:
    vat_rate = vat_rate_of(tariff, component.vat_rate)
    price, source = with_vat(tariff, component.price, vat_rate), "tariff"
    if component.spot is not None and spot is not None:
        price, source = spot_price_with_vat(component.spot, spot, vat_rate), "spot"
    elif component.spot is not None:
        source = "fallback"
    unit = UNIT_OF_KIND[component.kind]
    if unit == "min" and component.per != timedelta(minutes=1).seconds:
        price = quotient(price, component.per // 60)
    return Rate(component.kind, price, unit, limits, source)


def local_window(window: PriceWindow, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """A window's bounds as the site's clock shows them."""
    return window.from_at.astimezone(zone), window.to_at.astimezone(zone)
