"""Reads prices out of the public JSON feed shapes and out of CSV."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from billing.spot.days import day_bounds, day_of
from billing.spot.slots import (
    HOUR_S,
    QUARTER_S,
    SLOT_LENGTHS_S,
    Slot,
    WrongSpotPrices,
    too_many_cut,
)
from billing.spot.units import Unit

_START_NAMES: Final = ("time_start", "starts_at", "start", "from", "time")
_END_NAMES: Final = ("time_end", "ends_at", "end", "to")
_AREA_NAMES: Final = ("area", "price_area", "zone")
_PRICE_NAMES: Final = ("price", "value")
_YEARS: Final = range(2000, 2100)
_PRICE_COLUMN: Final = re.compile(r"(?P<unit>(?P<currency>[A-Za-z]{3})_per_[kM]Wh)")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be read; `unit` is set where somebody has said which one the numbers are in."""

    area: str
    currency: str
    zone: ZoneInfo
    unit: Unit | None = None

    @property
    def unit_or_plain(self) -> Unit:
        """The unit, major units per kWh where nothing was said."""
        return self.unit or Unit(f"{self.currency}/kWh", (self.currency,), 0)


class _Row(NamedTuple):
    place: str
    starts_at: datetime
    ends_at: datetime | None
    price: Decimal


def read_prices(content: bytes, wanted: Wanted) -> list[Slot]:
    """Read a feed's answer or a file: JSON in either shape, or CSV with a header.

    A price of null (JSON) or nothing (CSV) is a slot without a price. Raises `WrongSpotPrices`
    that names every place that cannot be read.
    """
    if wanted.unit:
        wanted.unit.require_currency(wanted.currency)
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise WrongSpotPrices("this is not text in UTF-8") from None
    if not text:
        raise WrongSpotPrices("there is nothing in it")
    if text[0] not in "[{":
        return _slots_of(_csv_rows(text), wanted)
    data = _parse_json(text)
    if isinstance(data, dict):
        return _read_compact(data, wanted)
    return _slots_of([(f"slot {number}", row) for number, row in enumerate(data, 1)], wanted)


def _parse_json(text: str) -> Any:
    def refuse(word: str) -> None:
        raise WrongSpotPrices(f"{word} is not a number")

    try:
        return json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise WrongSpotPrices(f"this is not JSON: line {error.lineno}, {error.msg}") from None
    except RecursionError:
        raise WrongSpotPrices("this is not JSON of a price feed") from None


def _csv_rows(text: str) -> list[tuple[str, object]]:
    """Rows as dicts; with semicolons between columns a decimal comma is understood."""
    separator = ";" if ";" in text.partition("\n")[0] else ","
    lines = text.splitlines()
    if separator == ";":
        lines = [line.replace(",", ".") for line in lines]
    rows = csv.DictReader(lines, delimiter=separator)
    try:
        return [(f"line {rows.line_num}", row) for row in rows]
    except csv.Error as error:
        raise WrongSpotPrices(f"line {rows.line_num}: this is no table, {error}") from None


def _slots_of(rows: Sequence[tuple[str, object]], wanted: Wanted) -> list[Slot]:
    """Read rows of a list or a table; every row that is wrong is named."""
    if not rows:
        raise WrongSpotPrices("there are no prices in it")
    reasons: list[str] = []
    read: list[_Row] = []
    starts: set[datetime] = set()
    for place, row in rows:
        try:
            starts_at, found = _read_row(place, row, wanted)
        except WrongSpotPrices as wrong:
            reasons += wrong.reasons
            continue
        starts.add(starts_at)
        if found is not None:
            read.append(found)
    if reasons:
        raise too_many_cut(reasons)
    usual_s = _usual_length_s(sorted(starts))
    return [_slot_of(row, usual_s) for row in read]


def _read_row(place: str, row: object, wanted: Wanted) -> tuple[datetime, _Row | None]:
    if not isinstance(row, dict):
        raise WrongSpotPrices(f"{place}: this is no price with a time")
    starts_at = _time_of(_first(row, _START_NAMES), f"{place}: the start")
    shown = f"{place} ({starts_at.astimezone(wanted.zone):%Y-%m-%d %H:%M})"
    area = _first(row, _AREA_NAMES)
    if area not in (None, "", wanted.area):
        raise WrongSpotPrices(f"{shown}: the price is of area {area}, not of {wanted.area}")
    raw, unit = _price_of(row, shown, wanted)
    if raw in (None, ""):
        return starts_at, None
    end = _first(row, _END_NAMES)
    ends_at = None if end in (None, "") else _time_of(end, f"{place}: the end")
    return starts_at, _Row(shown, starts_at, ends_at, unit.price_of(raw, shown))


def _first(row: Mapping[str, object], names: Sequence[str]) -> object:
    return next((row[name] for name in names if name in row), None)


def _price_of(row: Mapping[str, object], place: str, wanted: Wanted) -> tuple[object, Unit]:
    """Return a row's price and its unit; a column such as `SEK_per_kWh` says its own."""
    own = [found for name in row if (found := _PRICE_COLUMN.fullmatch(str(name)))]
    for found in own:
        if found["currency"].upper() == wanted.currency:
            unit = Unit.read(found["unit"])
            if wanted.unit and wanted.unit.shift != unit.shift:
                raise WrongSpotPrices(f"{place}: {unit.name} contradicts {wanted.unit.name}")
            return row[found.string], unit
    for name in _PRICE_NAMES:
        if name in row:
            return row[name], wanted.unit_or_plain
    there = ", ".join(found.string for found in own) or ", ".join(map(str, row))
    raise WrongSpotPrices(f"{place}: no price in {wanted.currency} per kWh; there is {there}")


def _time_of(raw: object, what: str) -> datetime:
    """Read ISO 8601 with an offset, or Unix seconds."""
    if isinstance(raw, Decimal):
        return _unix_time(raw, what)
    try:
        at = datetime.fromisoformat(str(raw).strip())
    except ValueError:
        shown = "is missing" if raw is None else f"{str(raw)[:40]!r} is not a time"
        raise WrongSpotPrices(f"{what} {shown}; 2026-03-04T00:00:00+01:00 is one") from None
    if at.utcoffset() is None:
        raise WrongSpotPrices(f"{what} {raw} has no offset; 2026-03-04T00:00:00+01:00 has one")
    if at.year not in _YEARS:
        raise WrongSpotPrices(f"{what} {raw} is in no year with prices")
    return at.astimezone(UTC)


def _unix_time(raw: Decimal, what: str) -> datetime:
    first, last = (datetime(year, 1, 1, tzinfo=UTC) for year in (_YEARS.start, _YEARS.stop))
    in_range = int(first.timestamp()) <= raw < int(last.timestamp())
    if not in_range or raw != raw.to_integral_value():
        raise WrongSpotPrices(f"{what} {raw} is not a time in whole Unix seconds")
    return datetime.fromtimestamp(int(raw), UTC)


def _usual_length_s(starts: Sequence[datetime]) -> int:
    """Return the length of slots that do not say when they end: the closest two starts are."""
    gaps = [(later - earlier) // timedelta(seconds=1) for earlier, later in pairwise(starts)]
    return HOUR_S if gaps and min(gaps) >= HOUR_S else QUARTER_S


def _slot_of(row: _Row, usual_s: int) -> Slot:
    duration_s = usual_s
    if row.ends_at is not None:
        duration_s = int((row.ends_at - row.starts_at) / timedelta(seconds=1))
    if duration_s not in SLOT_LENGTHS_S:
        raise WrongSpotPrices(f"{row.place}: it lasts {duration_s} s, not 900 or 3600")
    return Slot(row.starts_at, duration_s, row.price, row.place)


def _read_compact(data: Mapping[str, Any], wanted: Wanted) -> list[Slot]:
    """Read `{t0, s, u, p}`: the first start, seconds per slot, the unit, the prices."""
    prices = data.get("p")
    if not isinstance(prices, list) or not prices:
        raise WrongSpotPrices("there is neither a list of prices nor one in `p`")
    duration_s = data.get("s", Decimal(QUARTER_S))
    if duration_s not in SLOT_LENGTHS_S:
        raise WrongSpotPrices(f"s: {duration_s} s per slot, not 900 or 3600")
    area = _first(data, _AREA_NAMES)
    if area not in (None, "", wanted.area):
        raise WrongSpotPrices(f"the prices are of area {area}, not of {wanted.area}")
    unit = _compact_unit(data.get("u"), wanted)
    first_at = _time_of(data.get("t0"), "t0")
    step = timedelta(seconds=int(duration_s))
    _require_whole_days(first_at, first_at + len(prices) * step, len(prices), step, wanted.zone)
    reasons: list[str] = []
    slots: list[Slot] = []
    for number, raw in enumerate(prices):
        at = first_at + number * step
        place = f"slot {number + 1} ({at.astimezone(wanted.zone):%Y-%m-%d %H:%M})"
        try:
            if raw is not None:
                slots.append(Slot(at, int(duration_s), unit.price_of(raw, place), place))
        except WrongSpotPrices as wrong:
            reasons += wrong.reasons
    if reasons:
        raise too_many_cut(reasons)
    return slots


def _compact_unit(raw: object, wanted: Wanted) -> Unit:
    """Return the unit in `u`; one that was stated beside the feed must not contradict it."""
    if raw in (None, ""):
        return wanted.unit_or_plain
    try:
        unit = Unit.read(str(raw))
    except WrongSpotPrices as wrong:
        if wanted.unit:
            return wanted.unit
        raise WrongSpotPrices(f"u: {wrong}") from None
    if wanted.unit and wanted.unit.shift != unit.shift:
        raise WrongSpotPrices(f"u: {unit.name} contradicts {wanted.unit.name}")
    unit.require_currency(wanted.currency)
    return unit


def _require_whole_days(
    start_at: datetime, end_at: datetime, count: int, step: timedelta, zone: ZoneInfo
) -> None:
    """Refuse prices that are only counted, and counted wrong: most would be at a wrong time."""
    day = day_of(start_at, zone)
    day_from, day_to = day_bounds(day, zone)
    if start_at != day_from:
        raise WrongSpotPrices(f"t0: {start_at.astimezone(zone)} is not the start of a local day")
    if end_at != day_bounds(day_of(end_at, zone), zone)[0]:
        raise WrongSpotPrices(f"{day} has {(day_to - day_from) // step} slots, here are {count}")
