"""Market days: local days of 23, 24 or 25 hours, cut into quarters or hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the first instant of a local day and of the next one, in UTC."""
    return _midnight(day, zone), _midnight(day + timedelta(days=1), zone)


def day_slots(day: date, duration_s: int, zone: ZoneInfo) -> list[datetime]:
    """Return the starts of a local day's slots in UTC: 92, 96 or 100 quarters in Sweden."""
    start_at, end_at = day_bounds(day, zone)
    step = timedelta(seconds=duration_s)
    return [start_at + number * step for number in range((end_at - start_at) // step)]


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """Return the local day an instant lies in."""
    return at.astimezone(zone).date()


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
