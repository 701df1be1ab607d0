"""Which rows of a tariff hold when, asked of the rating's own rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise, product
from typing import Final, NamedTuple

from billing.editor.rows import Row
from billing.editor.slots import DAY_S, Slot
from billing.rating import Restrictions, TariffFacts
from billing.rating.clock import WallTime
from billing.rating.meter import UNREPORTED
from billing.rating.restrictions import Instant, find_edges, is_active

_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_YEAR: Final = timedelta(days=366)
# So many thresholds of one kind are tried against each other; more make the same findings slower.
_MOST_BOUNDS: Final = 12


class Situation(NamedTuple):
    """What a session has come to: energy, seconds, power, and current where it is reported."""

    energy_wh: int = 0
    elapsed_s: int = 0
    power_w: int = 0
    current_ma: int = UNREPORTED


class Period(NamedTuple):
    """Days in which a tariff has one and the same week."""

    first: date
    after_last: date


def holding_rows(
    rows: tuple[Row, ...], day: date, second_of_day: int, now: Situation
) -> tuple[int, ...]:
    """Return the places of the rows that hold at a local time, in order."""
    instant = _instant(day, second_of_day, now)
    return tuple(n for n, row in enumerate(rows) if is_active(row.restrictions, instant))


def slots_of_day(tariff: TariffFacts, day: date) -> list[Slot]:
    """Cut a day where a price of the tariff may change."""
    cuts = sorted(find_edges(tariff).seconds_of_day | {0, DAY_S})
    return [Slot(day.weekday(), from_s, to_s) for from_s, to_s in pairwise(cuts)]


def periods_from(rows: tuple[Row, ...], today: date) -> list[Period]:
    """Cut the coming year, and what rows say of later dates, where a week may change.

    A first or last piece of less than a week is left out: too short to say anything of a week.
    """
    edges = {today, today + _YEAR}
    for row in rows:
        rule = row.restrictions
        edges |= {day for day in (rule.date_from, rule.date_to) if day and day > today}
        for month_and_day in (rule.season_from, rule.season_to):
            if month_and_day is not None:
                days = (_day_of(year, month_and_day) for year in (today.year, today.year + 1))
                edges |= {day for day in days if day < today + _YEAR}
    ordered = sorted(day for day in edges if today <= day)
    periods = [Period(*pair) for pair in pairwise(ordered)]
    inner = [
        each for each in periods if len(week_of(each)) == 7 or today < each.first < ordered[-2]
    ]
    return inner or periods


def week_of(period: Period) -> list[date]:
    """Return the first of each day of the week in a period: fewer than 7 in a short one."""
    length = (period.after_last - period.first).days
    return [period.first + timedelta(days=n) for n in range(min(length, 7))]


def situations_of(rows: tuple[Row, ...]) -> list[Situation]:
    """Return a session at every threshold that rows name, and at none of them."""
    rules = [row.restrictions for row in rows]
    energies = {r.min_energy_wh for r in rules} | {r.max_energy_wh for r in rules}
    durations = {r.min_duration_s for r in rules} | {r.max_duration_s for r in rules}
    powers = {r.min_power_w for r in rules} | {r.max_power_w for r in rules}
    currents = {r.min_current_ma for r in rules} | {r.max_current_ma for r in rules}
    with_currents = [UNREPORTED, *(_bounds(currents) if any(currents) else [])]
    return [
        Situation(*each)
        for each in product(_bounds(energies), _bounds(durations), _bounds(powers), with_currents)
    ]


def calendar_mask(rows: tuple[Row, ...], day: date, second_of_day: int) -> int:
    """Return the rows whose days, hours and dates fit, as bits."""
    instant = _instant(day, second_of_day, Situation())
    return _mask(instant, [_without_thresholds(row.restrictions) for row in rows])


def threshold_mask(rows: tuple[Row, ...], now: Situation) -> int:
    """Return the rows whose thresholds fit, as bits."""
    instant = _instant(date(1970, 1, 1), 0, now)
    return _mask(instant, [_without_calendar(row.restrictions) for row in rows])


def _mask(instant: Instant, rules: list[Restrictions]) -> int:
    return sum(1 << n for n, rule in enumerate(rules) if is_active(rule, instant))


def _instant(day: date, second_of_day: int, now: Situation) -> Instant:
    return Instant(WallTime(second_of_day, day.toordinal() - _EPOCH_DAY), now[1], now[0], *now[2:])


def _bounds(values: set[int | None]) -> list[int]:
    return sorted({0} | {value for value in values if value is not None})[:_MOST_BOUNDS]


def _day_of(year: int, month_and_day: tuple[int, int]) -> date:
    """Return a day of a year; 29 February is 1 March where there is none."""
    month, day = month_and_day
    return date(year, month, 1) + timedelta(days=day - 1)


def _without_thresholds(rule: Restrictions) -> Restrictions:
    return replace(
        rule,
        min_energy_wh=None,
        max_energy_wh=None,
        min_duration_s=None,
        max_duration_s=None,
        min_power_w=None,
        max_power_w=None,
        min_current_ma=None,
        max_current_ma=None,
    )


def _without_calendar(rule: Restrictions) -> Restrictions:
    return replace(
        rule,
        time_from=None,
        time_to=None,
        date_from=None,
        date_to=None,
        season_from=None,
        season_to=None,
        days_of_week=(),
    )
