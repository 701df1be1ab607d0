"""The site's wall clock during one session, through changes of summer time."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from billing.rating.types import UnratableSession

if TYPE_CHECKING:
    from collections.abc import Iterable

DAY_S: Final = 86400
HOUR_S: Final = 3600
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_EPOCH_WEEKDAY: Final = date(1970, 1, 1).weekday()


class WallTime(NamedTuple):
    """What the clock and calendar at the site show: seconds of the day, days since 1970."""

    second_of_day: int
    day_number: int

    @property
    def weekday(self) -> int:
        """Monday is 0."""
        return (self.day_number + _EPOCH_WEEKDAY) % 7

    @property
    def day(self) -> date:
        """The calendar date."""
        return date.fromordinal(self.day_number + _EPOCH_ORDINAL)


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UnratableSession(f"no time zone is called {name!r}") from error


@lru_cache(maxsize=256)
def _fixed_zone(offset_s: int) -> timezone:
    return timezone(timedelta(seconds=offset_s))


def _offset_s(zone: ZoneInfo, at_s: int) -> int:
    offset = datetime.fromtimestamp(at_s, zone).utcoffset() or timedelta()
    return offset // timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class WallClock:
    """Stretches of constant UTC offset that cover a session; inside one, wall time is linear.

    They begin where the reservation before the session began.
    """

    starts_s: list[int]
    offsets_s: list[int]
    end_s: int

    def offset_at(self, at_s: int) -> int:
        """Return the UTC offset at a Unix second, in seconds; before the first, that of it."""
        return self.offsets_s[max(bisect_right(self.starts_s, at_s) - 1, 0)]

    def wall_time_at(self, at_s: int) -> WallTime:
        """Return what the site's clock shows at a Unix second."""
        day_number, second_of_day = divmod(at_s + self.offset_at(at_s), DAY_S)
        return WallTime(second_of_day, day_number)

    def hour_of(self, at_s: int) -> int:
        """Return the Unix second at which the clock hour of `at_s` began.

        A change of the clock begins a new hour: the one that happens twice in autumn is two.
        """
        index = bisect_right(self.starts_s, at_s) - 1
        began_s = at_s - (at_s + self.offsets_s[index]) % HOUR_S
        return max(began_s, self.starts_s[index]) if index else began_s

    def text_at(self, at_s: int) -> str:
        """Write a Unix second as local ISO time with its offset."""
        return datetime.fromtimestamp(at_s, _fixed_zone(self.offset_at(at_s))).isoformat()

    def crossings(self, seconds_of_day: Iterable[int]) -> set[int]:
        """Return every Unix second at which the clock may come to show one of these times.

        Where the clock is put forward or back it may jump over any of them, so those instants
        are always among the answers.
        """
        wanted = set(seconds_of_day)
        if not wanted:
            return set()
        found = set(self.starts_s[1:])
        for index, start_s in enumerate(self.starts_s):
            last = index + 1 == len(self.starts_s)
            end_s = self.end_s if last else self.starts_s[index + 1]
            offset_s = self.offsets_s[index]
            midnight_s = start_s - (start_s + offset_s) % DAY_S
            for day_s in range(midnight_s, end_s, DAY_S):
                found.update(s for of_day in wanted if start_s < (s := day_s + of_day) < end_s)
        return found


def read_clock(zone_name: str, start_s: int, end_s: int) -> WallClock:
    """Return the wall clock of a zone between two Unix seconds. Raises `UnratableSession`."""
    zone = _zone(zone_name)
    starts, offsets = [start_s], [_offset_s(zone, start_s)]
    for day_s in range(start_s, end_s, DAY_S):
        next_s = min(day_s + DAY_S, end_s)
        offset_s = _offset_s(zone, next_s)
        if offset_s != offsets[-1]:
            starts.append(_first_second_of(zone, offset_s, day_s, next_s))
            offsets.append(offset_s)
    return WallClock(starts, offsets, end_s)


def _first_second_of(zone: ZoneInfo, offset_s: int, early_s: int, late_s: int) -> int:
    while late_s - early_s > 1:
        middle_s = (early_s + late_s) // 2
        if _offset_s(zone, middle_s) == offset_s:
            late_s = middle_s
        else:
            early_s = middle_s
    return late_s
