"""The prices of one kind over one week, as it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from billing.editor.calendar import Situation, holding_rows, slots_of_day
from billing.editor.rows import Row, rows_of
from billing.editor.slots import Slot, hours_in_words
from billing.editor.words import amount, component_in_words
from billing.rating import LineKind, PriceComponent, TariffFacts

SHADES: Final = 6
AT_THE_START: Final = Situation()


@dataclass(frozen=True, slots=True)
class Block:
    """Hours of a day with one price, `text`; `row` is its place from 1, 0 where no row holds.

    `shade` is 1 for the cheapest of the week's prices to `SHADES` for the dearest, 0 for none.
    """

    slot: Slot
    row: int
    text: str
    is_spot: bool
    shade: int = 0

    @property
    def from_min(self) -> int:
        """Where it begins, in minutes since midnight."""
        return self.slot.from_s // 60

    @property
    def length_min(self) -> int:
        """How long it is, in minutes."""
        return (self.slot.to_s - self.slot.from_s) // 60

    @property
    def hours(self) -> str:
        """From when to when."""
        return hours_in_words(self.slot.from_s, self.slot.to_s)


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the week that is shown."""

    date: date
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days from a Monday, and what their colours mean: (shade, row, price in words)."""

    days: tuple[Day, ...]
    legend: tuple[tuple[int, int, str], ...]
    has_gap: bool


def kinds_of(tariff: TariffFacts) -> tuple[LineKind, ...]:
    """Return the kinds of prices a tariff has rows for, in the order of bills."""
    kinds = {row.component.kind for row in rows_of(tariff)}
    return tuple(kind for kind in LineKind if kind in kinds)


def draw_week(
    tariff: TariffFacts, kind: LineKind, day: date, now: Situation = AT_THE_START
) -> Week:
    """Return the week a day lies in, for a session that has come to a situation."""
    rows = rows_of(tariff)
    shades = _shades([row for row in rows if row.component.kind is kind])
    monday = day - timedelta(days=day.weekday())
    days = tuple(
        Day(each, _blocks(tariff, rows, kind, each, now))
        for each in (monday + timedelta(days=n) for n in range(7))
    )
    shown = {block.row for one in days for block in one.blocks}
    used = {n: rows[n - 1].component for n in sorted(shown - {0})}
    legend = tuple(
        (shades[one], n, component_in_words(one, tariff.currency)) for n, one in used.items()
    )
    return Week(days, legend, 0 in shown)


def _shades(rows: list[Row]) -> dict[PriceComponent, int]:
    """Give the cheapest price the first shade and the dearest the last."""
    prices = sorted({row.component.price for row in rows})
    last = max(len(prices) - 1, 1)
    rank = {price: 1 + place * (SHADES - 1) // last for place, price in enumerate(prices)}
    return {row.component: rank[row.component.price] for row in rows}


def _blocks(
    tariff: TariffFacts, rows: tuple[Row, ...], kind: LineKind, day: date, now: Situation
) -> tuple[Block, ...]:
    """Cut a day into stretches of one row each."""
    shades = _shades([row for row in rows if row.component.kind is kind])
    blocks: list[Block] = []
    for slot in slots_of_day(tariff, day):
        holding = holding_rows(rows, day, slot.from_s, now)
        place = next((n for n in holding if rows[n].component.kind is kind), None)
        if blocks and blocks[-1].row == (0 if place is None else place + 1):
            slot = slot._replace(from_s=blocks.pop().slot.from_s)
        if place is None:
            blocks.append(Block(slot, 0, "", is_spot=False))
            continue
        one = rows[place].component
        text = amount(one.price, tariff.currency)
        blocks.append(Block(slot, place + 1, text, one.spot is not None, shades[one]))
    return tuple(blocks)
