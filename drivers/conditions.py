"""When a part of a tariff holds, in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time, timedelta
from decimal import Decimal

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from billing.rating import Restrictions
from drivers.wording import duration, whole_number

_ALL_DAY = time(0)
_SOME_YEAR = 2024


def conditions_in_words(rule: Restrictions) -> str:
    """For example "22:00–06:00, Mon–Fri, up to 10 kWh"; empty where a price always holds."""
    return ", ".join((*calendar_in_words(rule), *limits_in_words(rule)))


def calendar_in_words(rule: Restrictions) -> Iterator[str]:
    """Say at which hours, on which days and in which season."""
    if rule.time_from is not None or rule.time_to is not None:
        yield hours(rule.time_from or _ALL_DAY, rule.time_to or _ALL_DAY)
    if rule.days_of_week:
        yield _days(sorted(set(rule.days_of_week)))
    if rule.season_from is not None and rule.season_to is not None:
        first, last = _season_day(rule.season_from), _season_day(rule.season_to)
        yield f"{_day_of_year(first)}–{_day_of_year(last - timedelta(days=1))}"
    if rule.date_from is not None:
        yield _("from %(day)s") % {"day": date_format(rule.date_from, "SHORT_DATE_FORMAT")}
    if rule.date_to is not None:
        last = rule.date_to - timedelta(days=1)
        yield _("until %(day)s") % {"day": date_format(last, "SHORT_DATE_FORMAT")}


def limits_in_words(rule: Restrictions) -> Iterator[str]:
    """Say between which energies, durations, powers and currents of the session."""
    yield from _range(rule.min_energy_wh, rule.max_energy_wh, lambda wh: _thousand(wh, "kWh"))
    yield from _range(rule.min_duration_s, rule.max_duration_s, duration)
    yield from _range(rule.min_power_w, rule.max_power_w, lambda w: _thousand(w, "kW"))
    yield from _range(rule.min_current_ma, rule.max_current_ma, lambda ma: _thousand(ma, "A"))


def hours(time_from: time, time_to: time) -> str:
    """A window of the day; midnight as an end is 24:00."""
    end = "24:00" if time_to == _ALL_DAY else f"{time_to:%H:%M}"
    return f"{time_from:%H:%M}–{end}"


def _range(lowest: int | None, below: int | None, show: object) -> Iterator[str]:
    say = show if callable(show) else str
    if lowest:
        yield _("from %(amount)s") % {"amount": say(lowest)}
    if below is not None:
        yield _("below %(amount)s") % {"amount": say(below)}


def _days(days: list[int]) -> str:
    names = [str(WEEKDAYS_ABBR[day]).lower() for day in days]
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{names[0]}–{names[-1]}"
    return ", ".join(names)


def _season_day(day: tuple[int, int]) -> date:
    return date(_SOME_YEAR, *day)


def _day_of_year(day: date) -> str:
    return date_format(day, "j b").rstrip(".")


def _thousand(amount: int, unit: str) -> str:
    return f"{whole_number(Decimal(amount) / 1000)} {unit}"
