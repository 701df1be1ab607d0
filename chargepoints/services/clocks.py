"""How far stations' clocks are off, as their messages show it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from chargepoints.models import ChargePoint

# After connecting a station sends what it kept while offline: such a time says nothing.
QUEUES_LAST = timedelta(minutes=2)
# A difference this small is the network's.
NOTED_FROM_S = 5


def skew_shown(
    at: datetime, received_at: datetime, connected_at: datetime | None
) -> timedelta | None:
    """How far a clock that said `at` is ahead; None when the message may have waited."""
    skew = at - received_at
    is_fresh = connected_at is None or received_at - connected_at > QUEUES_LAST
    return skew if is_fresh or skew > timedelta(0) else None


def note_clock(
    *, charge_point_id: UUID, known_s: int | None, skew: timedelta, now: datetime
) -> int | None:
    """Keep a station's skew (s) unless it is about what is known; returns what is known now."""
    skew_s = int(skew.total_seconds())
    if known_s is not None and abs(skew_s - known_s) < NOTED_FROM_S:
        return known_s
    ChargePoint.objects.filter(pk=charge_point_id).update(clock_skew_s=skew_s, clock_seen_at=now)
    return skew_s
