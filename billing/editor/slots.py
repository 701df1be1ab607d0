"""Stretches of a week, and how they are said: "Mon-Fri 06-22"."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _

DAY_S: Final = 86400
WEEK: Final = tuple(range(7))


class Slot(NamedTuple):
    """A stretch of one day of the week (Monday 0), in seconds since midnight."""

    weekday: int
    from_s: int
    to_s: int


def slots_in_words(slots: Iterable[Slot]) -> str:
    """Say stretches of a week, days with the same hours together."""
    hours_of_day = {day: _joined(slot for slot in slots_of(slots, day)) for day in WEEK}
    days_of_hours: dict[tuple[tuple[int, int], ...], list[int]] = {}
    for day, hours in hours_of_day.items():
        if hours:
            days_of_hours.setdefault(hours, []).append(day)
    parts = [_say(days, hours) for hours, days in days_of_hours.items()]
    return ", ".join(parts)


def slots_of(slots: Iterable[Slot], weekday: int) -> list[Slot]:
    """Return the stretches of one day in order."""
    return sorted(slot for slot in slots if slot.weekday == weekday)


def days_in_words(days: Iterable[int]) -> str:
    """Say days of the week: "Mon-Fri", "Sat, Sun"."""
    runs: list[list[int]] = []
    for day in sorted(set(days)):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(_run(run) for run in runs)


def hours_in_words(from_s: int, to_s: int) -> str:
    """Say hours of a day: "06-22", "06:30-08:00"; the end of the day is 24."""
    if from_s % 3600 == to_s % 3600 == 0:
        return f"{from_s // 3600:02}–{to_s // 3600:02}"
    return f"{clock(from_s)}–{clock(to_s)}"


def clock(second_of_day: int) -> str:
    """Write a time of day."""
    return f"{second_of_day // 3600:02}:{second_of_day // 60 % 60:02}"


def _run(run: list[int]) -> str:
    first, last = str(WEEKDAYS_ABBR[run[0]]), str(WEEKDAYS_ABBR[run[-1]])
    if len(run) == 1:
        return first
    return f"{first}, {last}" if len(run) == 2 else f"{first}–{last}"


def _joined(slots: Iterable[Slot]) -> tuple[tuple[int, int], ...]:
    hours: list[tuple[int, int]] = []
    for _weekday, from_s, to_s in slots:
        if hours and hours[-1][1] == from_s:
            hours[-1] = (hours[-1][0], to_s)
        else:
            hours.append((from_s, to_s))
    return tuple(hours)


def _say(days: list[int], hours: tuple[tuple[int, int], ...]) -> str:
    is_all_day = hours == ((0, DAY_S),)
    if len(days) == 7 and is_all_day:
        return _("all week")
    said_hours = _("all day") if is_all_day else ", ".join(hours_in_words(*each) for each in hours)
    said_days = _("every day") if len(days) == 7 else days_in_words(days)
    return f"{said_days} {said_hours}"
