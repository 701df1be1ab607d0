"""E14: the state of charge jumps: another car, or a meter that mixes two."""

from __future__ import annotations

from dataclasses import dataclass

from anomalies.detectors.base import Detector, View, moment
from anomalies.detectors.kinds import found
from anomalies.detectors.thresholds import bounded
from anomalies.types import Finding, Relation

_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class E14Thresholds:
    """No battery gains more than 2.5 % a minute for long; 1 % either way is rounding."""

    jump_pct: int = bounded(6, 3, 20)
    per_minute_permille: int = bounded(2_500, 1_000, 6_000)
    drop_pct: int = bounded(3, 2, 20)


@dataclass(slots=True)
class E14Memory:
    """The last state of charge that was one, and when."""

    soc_pct: int = 0
    at_ms: int = 0


def _step(
    memory: E14Memory, view: View, thresholds: E14Thresholds
) -> tuple[E14Memory, Finding | None]:
    """A rise of 6 points and 2.5 a minute, or a fall of 3 (catalogue E14).

    0 is what stations say that do not know; a car that gives back may fall as fast as it rises.
    """
    soc_pct = view.sample.soc_pct
    if not soc_pct:
        return memory, None
    before, since_ms = memory.soc_pct, memory.at_ms
    memory.soc_pct, memory.at_ms = soc_pct, view.at_ms
    if not before:
        return memory, None
    slope = thresholds.per_minute_permille * (view.at_ms - since_ms) // (_MINUTE_MS * 1_000)
    change = soc_pct - before
    gives_back = view.exports or (view.sample.power_w or 0) < 0
    if change >= thresholds.jump_pct + slope:
        return memory, _finding(view, "jump", change, thresholds.jump_pct + slope, since_ms)
    most = thresholds.drop_pct + (slope if gives_back else 0)
    if -change >= most:
        return memory, _finding(view, "drop", -change, most, since_ms)
    return memory, None


def _finding(view: View, cause: str, observed: int, expected: int, since_ms: int) -> Finding:
    return found(
        "E14",
        cause,
        observed=observed,
        expected=expected,
        relation=Relation.AT_MOST,
        since_at=moment(since_ms),
        at=view.sample.at,
    )


DETECTOR = Detector("E14", E14Memory, E14Thresholds, step=_step)
