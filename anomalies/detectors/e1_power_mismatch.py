"""E1: the reported power is not voltage times current."""

from __future__ import annotations

from dataclasses import dataclass

from anomalies.detectors.base import Detector, View, moment
from anomalies.detectors.thresholds import bounded
from anomalies.types import Action, Finding, Relation, Severity
from sessions_app.rebuild import SCALE_FROM, SCALE_TO


@dataclass(frozen=True, slots=True)
class E1Thresholds:
    """Healthy stations measured -5.5 to +0.6 % (single samples); below 1.5 kW it means little."""

    deviation_permille: int = bounded(70, 30, 200)
    least_power_w: int = bounded(1_500, 500, 5_000)
    samples: int = bounded(4, 2, 10)
    longest_gap_s: int = bounded(900, 300, 3_600)


@dataclass(slots=True)
class E1Memory:
    """A leaky count of bad samples since the first of them."""

    bad: int = 0
    since_ms: int = 0
    is_reported: bool = False


def _step(
    memory: E1Memory, view: View, thresholds: E1Thresholds
) -> tuple[E1Memory, Finding | None]:
    """More than 7 % off in 4 samples; each good sample takes a bad one back (catalogue E1)."""
    if view.gap_ms is not None and view.gap_ms > thresholds.longest_gap_s * 1_000:
        memory.bad = memory.bad if memory.is_reported else 0
    verdict = _compare(view, thresholds)
    if verdict is None:
        return memory, None
    power_w, apparent_w, is_off = verdict
    if not is_off:
        if memory.bad:
            memory.bad -= 1
        memory.is_reported = memory.is_reported and memory.bad > 0
        return memory, None
    if not memory.bad:
        memory.since_ms = view.at_ms
    memory.bad = min(memory.bad + 1, thresholds.samples)
    if memory.bad < thresholds.samples or memory.is_reported:
        return memory, None
    memory.is_reported = True
    return memory, Finding(
        kind="E1",
        cause="power_high" if power_w > apparent_w else "power_low",
        signal="Power.Active.Import",
        unit="W",
        observed=power_w,
        expected=apparent_w,
        relation=Relation.ABOUT,
        since_at=moment(memory.since_ms),
        at=view.sample.at,
        severity=Severity.ERROR,
        action=Action.WORK_ORDER,
        holds_billing=True,
        params={"tolerance_permille": thresholds.deviation_permille},
    )


def _compare(view: View, thresholds: E1Thresholds) -> tuple[int, int, bool] | None:
    """Power, voltage times current, and whether they disagree; None where it can not be said."""
    power_w = view.sample.power_w
    apparent = view.apparent
    if power_w is None or apparent is None or view.exports:
        return None
    power_w, apparent_w = abs(power_w), apparent.power_w
    low_w, high_w = (power_w, apparent_w) if power_w < apparent_w else (apparent_w, power_w)
    if high_w <= thresholds.least_power_w:
        return None
    if power_w > apparent_w and not apparent.is_whole:
        return None  # the conductors that are not reported may carry the rest
    if low_w * SCALE_FROM <= high_w <= low_w * SCALE_TO:
        return None  # W and kW mixed up: M8 says so
    is_off = (high_w - low_w) * 1_000 > thresholds.deviation_permille * apparent_w
    return power_w, apparent_w, is_off


DETECTOR = Detector("E1", E1Memory, E1Thresholds, step=_step)
