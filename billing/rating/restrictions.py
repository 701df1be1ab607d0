"""Whether a tariff element is active at an instant, and the instants where that can change."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from billing.rating.clock import DAY_S, WallTime
from billing.rating.meter import UNREPORTED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import time

    from billing.rating.tariff import QuietHours, Restrictions, TariffFacts


class Instant(NamedTuple):
    """All a restriction may ask about one second of a session."""

    wall: WallTime
    elapsed_s: int
    energy_wh: int
    power_w: int
    current_ma: int


def is_active(rule: Restrictions, now: Instant) -> bool:
    """Say whether every restriction that is set holds (OCPI 2.2.1, TariffRestrictions)."""
    return (
        _within(now.energy_wh, rule.min_energy_wh, rule.max_energy_wh)
        and _within(now.elapsed_s, rule.min_duration_s, rule.max_duration_s)
        and _within(now.power_w, rule.min_power_w, rule.max_power_w)
        and _current_fits(rule, now.current_ma)
        and (not needs_calendar(rule) or _calendar_fits(rule, now.wall))
    )


def _within(value: int, lowest: int | None, below: int | None) -> bool:
    return (lowest is None or value >= lowest) and (below is None or value < below)


def _current_fits(rule: Restrictions, current_ma: int) -> bool:
    if rule.min_current_ma is None and rule.max_current_ma is None:
        return True
    if current_ma == UNREPORTED:
        return False
    return _within(current_ma, rule.min_current_ma, rule.max_current_ma)


def _calendar_fits(rule: Restrictions, wall: WallTime) -> bool:
    if rule.days_of_week and wall.weekday not in rule.days_of_week:
        return False
    if not is_between(wall.second_of_day, rule.time_from, rule.time_to):
        return False
    if not _has_dates(rule):
        return True
    day = wall.day
    if rule.date_from is not None and day < rule.date_from:
        return False
    if rule.date_to is not None and day >= rule.date_to:
        return False
    return _in_season((day.month, day.day), rule.season_from, rule.season_to)


def _in_season(
    day: tuple[int, int], first: tuple[int, int] | None, after_last: tuple[int, int] | None
) -> bool:
    if first is None or after_last is None:
        return True
    if first < after_last:
        return first <= day < after_last
    return day >= first or day < after_last


def is_between(second_of_day: int, time_from: time | None, time_to: time | None) -> bool:
    """Say whether a time of day is in a window that may go over midnight (end exclusive)."""
    from_s = 0 if time_from is None else second_of(time_from)
    to_s = DAY_S if time_to is None else second_of(time_to)
    if from_s < to_s:
        return from_s <= second_of_day < to_s
    return second_of_day >= from_s or second_of_day < to_s


def second_of(at: time) -> int:
    """Return a wall time as seconds since midnight."""
    return at.hour * 3600 + at.minute * 60


def _has_dates(rule: Restrictions) -> bool:
    bounds = (rule.date_from, rule.date_to, rule.season_from)
    return any(bound is not None for bound in bounds)


def needs_calendar(rule: Restrictions) -> bool:
    """Say whether the rule asks for the time, the day or the date."""
    has_times = rule.time_from is not None or rule.time_to is not None
    return has_times or bool(rule.days_of_week) or _has_dates(rule)


def needs_load(rule: Restrictions) -> bool:
    """Say whether the rule asks for power or current."""
    bounds = (rule.min_power_w, rule.max_power_w, rule.min_current_ma, rule.max_current_ma)
    return any(bound is not None for bound in bounds)


class Edges(NamedTuple):
    """Where a tariff's prices can change: wall times, seconds into the session, Wh, readings."""

    seconds_of_day: set[int]
    durations_s: set[int]
    energies_wh: set[int]
    at_every_reading: bool


def find_edges(tariff: TariffFacts) -> Edges:
    """Collect every threshold of a tariff, whichever element or allowance it stands in."""
    rules = [element.restrictions for element in tariff.elements]
    seconds_of_day = {second for rule in rules for second in _calendar_seconds(rule)}
    if tariff.idle_fee is not None:
        seconds_of_day |= {s for quiet in tariff.idle_fee.quiet_hours for s in _quiet_edges(quiet)}
    durations = {rule.min_duration_s for rule in rules} | {rule.max_duration_s for rule in rules}
    energies = {rule.min_energy_wh for rule in rules} | {rule.max_energy_wh for rule in rules}
    return Edges(
        seconds_of_day,
        _numbers(durations | {tariff.free_time_s}),
        _numbers(energies | {tariff.free_energy_wh}),
        any(needs_load(rule) for rule in rules),
    )


def _numbers(bounds: Iterable[int | None]) -> set[int]:
    return {bound for bound in bounds if bound}


def _quiet_edges(quiet: QuietHours) -> set[int]:
    return {second_of(quiet.time_from), second_of(quiet.time_to)}


def _calendar_seconds(rule: Restrictions) -> set[int]:
    if not needs_calendar(rule):
        return set()
    # Midnight ends a window without an end, starts one without a start, and changes the date.
    return {0} | {second_of(at) for at in (rule.time_from, rule.time_to) if at is not None}
