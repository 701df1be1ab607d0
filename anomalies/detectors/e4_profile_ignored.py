"""E4: our charging profile is not followed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from anomalies.detectors.base import Detector, View, moment
from anomalies.detectors.kinds import found
from anomalies.detectors.thresholds import bounded
from anomalies.types import Finding, Relation


@dataclass(frozen=True, slots=True)
class E4Thresholds:
    """Stations floor 7.2 A to 7 A, so 1 A is allowed; 60 s is what settling takes."""

    slack_ma: int = bounded(1_000, 500, 3_000)
    limit_permille: int = bounded(1_030, 1_000, 1_200)
    slack_w: int = bounded(700, 200, 5_000)
    samples: int = bounded(2, 1, 5)
    settling_s: int = bounded(60, 10, 300)


@dataclass(slots=True)
class E4Memory:
    """Samples above our limit in a row."""

    above: int = 0
    since_ms: int = 0
    is_reported: bool = False


def _step(
    memory: E4Memory, view: View, thresholds: E4Thresholds
) -> tuple[E4Memory, Finding | None]:
    """Above the loosest limit of the last 60 s (catalogue E4), in current or power."""
    if not view.facts.limits:
        return memory, None
    excess = _excess(view, thresholds)
    if excess is None:
        memory.above, memory.is_reported = 0, False
        return memory, None
    if not memory.above:
        memory.since_ms = view.at_ms
    memory.above = min(memory.above + 1, thresholds.samples)
    if memory.above < thresholds.samples or memory.is_reported:
        return memory, None
    memory.is_reported = True
    cause, observed, expected = excess
    return memory, found(
        "E4",
        cause,
        observed=observed,
        expected=expected,
        relation=Relation.AT_MOST,
        since_at=moment(memory.since_ms),
        at=view.sample.at,
        unit="mA" if cause == "current" else "W",
        signal="" if cause == "current" else "Power.Active.Import",
    )


def _excess(view: View, thresholds: E4Thresholds) -> tuple[str, int, int] | None:
    from_at = view.sample.at - timedelta(seconds=thresholds.settling_s)
    limit_ma = view.facts.loosest_limit_ma(from_at, view.sample.at)
    current_ma = view.line_ma
    if limit_ma is not None and current_ma is not None:
        most_ma = limit_ma * thresholds.limit_permille // 1_000 + thresholds.slack_ma
        if current_ma > most_ma:
            return "current", current_ma, limit_ma
    limit_w = view.facts.loosest_limit_w(from_at, view.sample.at)
    if limit_w is not None and view.flow_w is not None:
        most_w = limit_w * thresholds.limit_permille // 1_000 + thresholds.slack_w
        if view.flow_w > most_w:
            return "power", view.flow_w, limit_w
    return None


DETECTOR = Detector("E4", E4Memory, E4Thresholds, step=_step)
