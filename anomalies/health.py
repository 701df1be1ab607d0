"""The health of a connector in points, out of its incidents; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from anomalies.types import Severity

BEST = 100
# Points an open incident costs, by severity; the scale is that of ChargeOS (5 to 40 points).
PENALTIES = {
    Severity.DANGER: 40,
    Severity.HARDWARE: 40,
    Severity.SYSTEM: 30,
    Severity.CRITICAL: 25,
    Severity.ERROR: 20,
    Severity.ALERT: 15,
    Severity.WARNING: 10,
}
LEAST_PENALTY = 5
HALF_LIFE = timedelta(days=3)
# A danger is not forgotten by itself: a person has to say that they have seen it.
SAFETY = Severity.SYSTEM


@dataclass(frozen=True, slots=True)
class Ailment:
    """One incident as health sees it; `ended_at` None while it is open."""

    severity: int
    ended_at: datetime | None
    is_acknowledged: bool


def health_points(ailments: Iterable[Ailment], now: datetime) -> int:
    """From 0 to 100: what is open costs its full penalty, what has ended half of it every 3 days.

    A safety matter (severity 0 to 2) costs its full penalty until somebody acknowledges it.
    """
    return max(0, BEST - sum(penalty_of(ailment, now) for ailment in ailments))


def penalty_of(ailment: Ailment, now: datetime) -> int:
    """The points that one incident costs now."""
    full = PENALTIES.get(Severity(ailment.severity), LEAST_PENALTY)
    needs_a_person = ailment.severity <= SAFETY and not ailment.is_acknowledged
    if ailment.ended_at is None or needs_a_person:
        return full
    half_lives = max(now - ailment.ended_at, timedelta(0)) / HALF_LIFE
    left: float = full * 0.5**half_lives
    return round(left)
