"""Weeks and months as the seller's calendar has them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class PeriodKind(StrEnum):
    """How long a period is; the words are those of `Invoice.Kind`."""

    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days from one midnight to another, the last day excluded, where the seller is."""

    kind: PeriodKind
    from_on: date
    to_on: date
    time_zone: str

    @property
    def ends_at(self) -> datetime:
        """The midnight that ends it."""
        return datetime.combine(self.to_on, time(), tzinfo=ZoneInfo(self.time_zone))


def last_ended_period(kind: PeriodKind, *, now: datetime, time_zone: str) -> Period:
    """The latest period that was over at `now`; weeks begin on Mondays (ISO 8601)."""
    today = now.astimezone(ZoneInfo(time_zone)).date()
    if kind is PeriodKind.WEEK:
        to_on = today - timedelta(days=today.weekday())
        return Period(kind, to_on - timedelta(days=7), to_on, time_zone)
    to_on = today.replace(day=1)
    from_on = (to_on - timedelta(days=1)).replace(day=1)
    return Period(kind, from_on, to_on, time_zone)
