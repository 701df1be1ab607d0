"""The ladder of repairs: which steps a kind of advice leads to, how long each is given; pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from anomalies.models import Repair
from anomalies.types import Action, Severity

W, T, S, H = Repair.WAIT, Repair.TRIGGER, Repair.SOFT_RESET, Repair.HARD_RESET
X, O, R = Repair.INOPERATIVE, Repair.WORK_ORDER, Repair.RETEST  # noqa: E741 - as in the catalogue

# What only a person can judge (billing, reviews) has no ladder.
LADDERS: Final[dict[str, tuple[Repair, ...]]] = {
    Action.RESET: (W, T, S, H, X, O, R),
    Action.INFORM_DRIVER: (W, T, S, H, O, R),
    Action.TAKE_OUT_OF_SERVICE: (X, O, R),
    Action.WORK_ORDER: (O, R),
    Action.PUSH_CONFIGURATION: (W, T, O, R),
}
# A site fails by its power or its network: restarting each station would help nobody.
SITE_LADDER: Final = (W, O, R)

CONFIRM: Final = timedelta(minutes=2)
# What a station says by itself shows soon whether a step helped; the rest only the next session.
OBSERVED: Final = timedelta(minutes=10)
NEXT_SESSION: Final = timedelta(hours=24)
SAYS_ITSELF: Final = frozenset({"S1", "S3", "S6", "S10", "S11", "E15"})

# Restarts of one station; the day's budget counts those that people asked for as well.
SOFT_RESETS: Final = (1, timedelta(hours=6))
HARD_RESETS: Final = (1, timedelta(hours=24))
ALL_RESETS: Final = (3, timedelta(hours=24))

ASK_AGAIN: Final = timedelta(minutes=5)
IN_USE_FOR: Final = timedelta(hours=24)

REMOTE: Final = frozenset({T, S, H})
RESETS: Final = frozenset({S, H})

_DUE: Final = {
    Severity.DANGER: timedelta(hours=4),
    Severity.HARDWARE: timedelta(hours=8),
    Severity.SYSTEM: timedelta(hours=24),
    Severity.CRITICAL: timedelta(hours=24),
    Severity.ERROR: timedelta(days=3),
    Severity.ALERT: timedelta(days=7),
}
_DUE_AT_LEISURE: Final = timedelta(days=14)


def ladder_of(action: str, *, is_site: bool) -> tuple[Repair, ...]:
    """The steps for an advice, mildest first; none where a person has to judge."""
    if action not in LADDERS:
        return ()
    return SITE_LADDER if is_site else LADDERS[action]


def watched_for(repair: Repair, kind: str) -> timedelta:
    """How long a step may take to show that it helped."""
    if repair is Repair.WAIT:
        return CONFIRM
    return OBSERVED if kind in SAYS_ITSELF else NEXT_SESSION


def due_within(severity: int) -> timedelta:
    """How soon a technician should have been there."""
    return _DUE.get(Severity(severity), _DUE_AT_LEISURE)
