"""E1: the reported power is not voltage times current."""

from __future__ import annotations

from dataclasses import dataclass

from anomalies.detectors.base import Detector, View, evolve, moment
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
        memory = evolve(memory, bad=0) if not memory.is_reported else memory
    verdict = _compare(view, thresholds)
    if verdict is None:
        return memory, None
    power_w, apparent_w, is_off = verdict
    if not is_off:
        bad = max(0, memory.bad - 1)
        return E1Memory(bad, memory.since_ms, memory.is_reported and bad > 0), None
    bad = min(memory.bad + 1, thresholds.samples)
    memory = E1Memory(bad, memory.since_ms if memory.bad else view.at_ms, memory.is_reported)
    if bad < thresholds.samples or memory.is_reported:
        return memory, None
    return evolve(memory, is_reported=True), Finding(
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
    power_w = abs(power_w)
    if max(power_w, apparent.power_w) <= thresholds.least_power_w:
        return None
    if power_w > apparent.power_w and not apparent.is_whole:
        return None  # the conductors that are not reported may carry the rest
    low_w, high_w = sorted((power_w, apparent.power_w))
    if low_w * SCALE_FROM <= high_w <= low_w * SCALE_TO:
        return None  # W and kW mixed up: M8 says so
    off_by = abs(power_w - apparent.power_w) * 1_000
    return power_w, apparent.power_w, off_by > thresholds.deviation_permille * apparent.power_w


DETECTOR = Detector("E1", E1Memory, E1Thresholds, step=_step)
