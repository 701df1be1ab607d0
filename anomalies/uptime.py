"""How long an outlet could be used: seconds of a day by what it was, out of its timeline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final, NamedTuple


class Condition(StrEnum):
    """What an outlet is at an instant; the first that holds."""

    OFFLINE = "offline"
    UNKNOWN = "unknown"
    DOWN = "down"
    FAILING = "failing"
    UP = "up"


class Excuse(StrEnum):
    """Why an outage does not count (23 CFR 680.116(b)(3)); of several the first."""

    CLOSED = "closed"
    MAINTENANCE = "maintenance"
    UTILITY = "utility"
    VANDALISM = "vandalism"
    DISASTER = "disaster"
    VEHICLE = "vehicle"


DOWN_STATUSES: Final = frozenset({"faulted", "unavailable"})
UNKNOWN_STATUS: Final = "unknown"


class Span(NamedTuple):
    """From an instant up to another; None: it has not ended."""

    from_at: datetime
    to_at: datetime | None


class StatusChange(NamedTuple):
    """A status as the station reported it, until the next one."""

    at: datetime
    status: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """All that says when an outlet could be used.

    `statuses` in the order of time, with the last one before the days asked about; `offline` when
    its station was not heard; `failing` when it said it could charge and did not; `excuses` of
    what kind, when. What was before `known_from` counts as nothing.
    """

    known_from: datetime
    statuses: Sequence[StatusChange] = ()
    offline: Sequence[Span] = ()
    failing: Sequence[Span] = ()
    excuses: Sequence[tuple[Excuse, Span]] = ()


@dataclass(slots=True)
class Tally:
    """Seconds by condition, and of the outages those that are excused, by why.

    `total_s` is the sum of the five conditions; `closed_s` is all time outside opening hours and
    `closed_down_s` the part of it that the outlet was down.
    """

    total_s: int = 0
    up_s: int = 0
    failing_s: int = 0
    down_s: int = 0
    offline_s: int = 0
    unknown_s: int = 0
    closed_s: int = 0
    closed_down_s: int = 0
    excused_closed_s: int = 0
    excused_maintenance_s: int = 0
    excused_utility_s: int = 0
    excused_vandalism_s: int = 0
    excused_disaster_s: int = 0
    excused_vehicle_s: int = 0

    @property
    def outage_s(self) -> int:
        """T_outage: everything but up (23 CFR 680.116(b)(1): online, available, dispensing)."""
        return self.failing_s + self.down_s + self.offline_s + self.unknown_s

    @property
    def excluded_s(self) -> int:
        """T_excluded: the part of the outages that is excused."""
        return (
            self.excused_closed_s
            + self.excused_maintenance_s
            + self.excused_utility_s
            + self.excused_vandalism_s
            + self.excused_disaster_s
            + self.excused_vehicle_s
        )

    @property
    def measured_s(self) -> int:
        """The time the UK's regulations look at: opening hours alone (reg. 7(5))."""
        return self.total_s - self.closed_s

    @property
    def not_working_s(self) -> int:
        """Inoperative or out of order in opening hours (SI 2023/1168 reg. 7(4))."""
        return self.down_s - self.closed_down_s


TALLY_FIELDS: Final = tuple(each.name for each in fields(Tally))


@dataclass(slots=True)
class _Cursor:
    """Whether an instant lies in one of some spans; asked in the order of time."""

    spans: list[Span] = field(default_factory=list)

    def covers(self, at: datetime) -> bool:
        return any(
            span.from_at <= at and (span.to_at is None or at < span.to_at) for span in self.spans
        )


def tally_of(timeline: Timeline, from_at: datetime, to_at: datetime) -> Tally:
    """Seconds of [`from_at`, `to_at`) by what the outlet was; whole seconds, rounded down.

    The conditions add up to the time since it was known, whatever gaps the timeline has: without
    a status it is unknown, and a status lasts until the next one.
    """
    from_at, to_at = _whole(max(from_at, timeline.known_from)), _whole(to_at)
    tally = Tally()
    if to_at <= from_at:
        return tally
    offline, failing = _Cursor(_whole_all(timeline.offline)), _Cursor(_whole_all(timeline.failing))
    excuses = [
        (excuse, _Cursor(_whole_all(span for its, span in timeline.excuses if its is excuse)))
        for excuse in Excuse
    ]
    statuses = sorted(
        (StatusChange(_whole(at), status) for at, status in timeline.statuses),
        key=lambda change: change.at,
    )
    spans = [*offline.spans, *failing.spans, *(s for _e, cursor in excuses for s in cursor.spans)]
    position = 0
    status = ""
    edges = _edges(from_at, to_at, statuses, spans)
    for at, next_at in pairwise(edges):
        while position < len(statuses) and statuses[position].at <= at:
            status = statuses[position].status
            position += 1
        condition = _condition(status, offline.covers(at), failing.covers(at))
        excuse = next((name for name, cursor in excuses if cursor.covers(at)), None)
        _add(tally, condition, excuse, (next_at - at) // timedelta(seconds=1))
    return tally


def _edges(
    from_at: datetime,
    to_at: datetime,
    statuses: Iterable[StatusChange],
    spans: Iterable[Span],
) -> list[datetime]:
    moments = {change.at for change in statuses}
    for span in spans:
        moments.add(span.from_at)
        if span.to_at is not None:
            moments.add(span.to_at)
    return [from_at, *sorted(at for at in moments if from_at < at < to_at), to_at]


def _condition(status: str, is_offline: bool, is_failing: bool) -> Condition:
    if is_offline:
        return Condition.OFFLINE
    if status in ("", UNKNOWN_STATUS):
        return Condition.UNKNOWN
    if status in DOWN_STATUSES:
        return Condition.DOWN
    return Condition.FAILING if is_failing else Condition.UP


def _add(tally: Tally, condition: Condition, excuse: Excuse | None, lasted_s: int) -> None:
    names = ["total_s", f"{condition}_s"]
    if excuse is Excuse.CLOSED:
        names.append("closed_s")
        if condition is Condition.DOWN:
            names.append("closed_down_s")
    if excuse is not None and condition is not Condition.UP:
        names.append(f"excused_{excuse}_s")
    for name in names:
        setattr(tally, name, getattr(tally, name) + lasted_s)


def _whole(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _whole_all(spans: Iterable[Span]) -> list[Span]:
    return [
        Span(_whole(span.from_at), None if span.to_at is None else _whole(span.to_at))
        for span in spans
    ]
