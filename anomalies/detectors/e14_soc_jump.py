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
    """6 points and 2.5 a minute (catalogue); the fastest cars gain 4.4 a minute for some minutes.

    10 to 80 % in 16 minutes: beyond the first minute between two samples that much is allowed.
    """

    jump_pct: int = bounded(6, 3, 20)
    per_minute_permille: int = bounded(2_500, 1_000, 6_000)
    fastest_permille: int = bounded(4_400, 1_000, 8_000)
    drop_pct: int = bounded(3, 2, 20)
    least_drop_pct: int = bounded(2, 2, 20)


@dataclass(slots=True)
class E14Memory:
    """The last state of charge that was one, when, and how fast it has risen of late."""

    soc_pct: int = 0
    at_ms: int = 0
    permille_a_minute: int = 0


def _step(
    memory: E14Memory, view: View, thresholds: E14Thresholds
) -> tuple[E14Memory, Finding | None]:
    """A rise of 6 points and 2.5 a minute, or a fall of 3 (catalogue E14).

    Or a fall of 2 against the rise of the minutes before. 0 is what stations say that do not
    know; a car that gives back may fall as fast as it rises.
    """
    soc_pct = view.sample.soc_pct
    if not soc_pct:
        return memory, None
    before, since_ms = memory.soc_pct, memory.at_ms
    memory.soc_pct, memory.at_ms = soc_pct, view.at_ms
    if not before:
        return memory, None
    slope = _slope_pct(view.at_ms - since_ms, thresholds)
    change = soc_pct - before
    gives_back = view.exports or (view.sample.power_w or 0) < 0
    if change >= thresholds.jump_pct + slope:
        return memory, _finding(view, "jump", change, thresholds.jump_pct + slope, since_ms)
    most = thresholds.drop_pct + (slope if gives_back else 0)
    lasted_ms = view.at_ms - since_ms
    hidden = 0 if gives_back else memory.permille_a_minute * lasted_ms // (_MINUTE_MS * 1_000)
    if -change >= most or (-change >= thresholds.least_drop_pct and hidden - change > most):
        return memory, _finding(view, "drop", -change, most, since_ms)
    if lasted_ms > 0:
        rate = max(0, change) * 1_000 * _MINUTE_MS // lasted_ms
        memory.permille_a_minute += (rate - memory.permille_a_minute) // 4
    return memory, None


def _slope_pct(lasted_ms: int, thresholds: E14Thresholds) -> int:
    late_ms = max(0, lasted_ms - _MINUTE_MS)
    early_ms = lasted_ms - late_ms
    slope = thresholds.per_minute_permille * early_ms + thresholds.fastest_permille * late_ms
    return slope // (_MINUTE_MS * 1_000)


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
