"""The price per kWh ahead as bars: shares of the width in percent, heights in pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from billing.rating import LineKind
from drivers import wording
from drivers.prices.listing import TariffAhead
from drivers.prices.rates import PriceWindow, local_window
from drivers.receipts.curve import time_ticks
from drivers.receipts.drawing import Mark, place_tick, share

TOP: Final = 20
BOTTOM: Final = 150
HEIGHT: Final = 174
_GAP_PCT: Final = 0.12


@dataclass(frozen=True, slots=True)
class Bar:
    """One window."""

    x_pct: str
    width_pct: str
    y: str
    height: str
    title: str
    is_now: bool
    is_fallback: bool


@dataclass(frozen=True, slots=True)
class Bars:
    """The chart, with the level of zero where prices are negative."""

    bars: tuple[Bar, ...]
    grid: tuple[Mark, ...]
    ticks: tuple[Mark, ...]
    floor: str
    height: int = HEIGHT

    @property
    def has_fallback(self) -> bool:
        """Some bar is a fallback price."""
        return any(bar.is_fallback for bar in self.bars)


def draw_bars(windows: Sequence[tuple[PriceWindow, TariffAhead]], zone: ZoneInfo) -> Bars | None:
    """Lay out the first price per kWh of each window; None where nothing has one."""
    priced = [
        (window, rates[0].price, rates[0].source, tariff)
        for window, tariff in windows
        if (rates := window.of(LineKind.ENERGY))
    ]
    if not priced:
        return None
    prices = [price for _window, price, _source, _tariff in priced]
    highest, lowest = max(*prices, Decimal(0)), min(*prices, Decimal(0))
    spread = highest - lowest or Decimal(1)
    start_s = int(windows[0][0].from_at.timestamp())
    length_s = int(windows[-1][0].to_at.timestamp()) - start_s

    def level(price: Decimal) -> float:
        return BOTTOM - float((price - lowest) / spread) * (BOTTOM - TOP)

    bars = []
    for window, price, source, tariff in priced:
        begins, ends = local_window(window, zone)
        from_s = int(begins.timestamp()) - start_s
        lasts_s = (window.to_at - window.from_at).total_seconds()
        top, floor = sorted((level(price), level(Decimal(0))))
        amount = wording.short_price(price, tariff.facts.currency)
        bars.append(
            Bar(
                x_pct=share(from_s, length_s),
                width_pct=f"{max(0.1, 100 * lasts_s / length_s - _GAP_PCT):.3f}%",
                y=f"{top:.1f}",
                height=f"{max(1.0, floor - top):.1f}",
                title=f"{wording.clock_time(begins)}–{wording.clock_time(ends)}: {amount}/kWh",
                is_now=window is windows[0][0],
                is_fallback=source == "fallback",
            )
        )
    currency = priced[0][3].facts.currency
    ticks = time_ticks(start_s, length_s, zone)
    return Bars(
        bars=tuple(bars),
        grid=tuple(_grid(highest, lowest, currency, level)),
        ticks=tuple(place_tick(at_s, length_s, label) for at_s, label in ticks),
        floor=f"{level(Decimal(0)):.1f}",
    )


def _grid(highest: Decimal, lowest: Decimal, currency: str, level: object) -> list[Mark]:
    place = level if callable(level) else float
    marked = [highest] if highest > 0 else []
    marked += [lowest] if lowest < 0 else []
    return [Mark(f"{place(one):.1f}", wording.short_price(one, currency)) for one in marked]
