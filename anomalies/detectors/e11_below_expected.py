"""E11: less current than cars like this one take in this part of their charge."""

from __future__ import annotations

from dataclasses import dataclass

from anomalies.detectors.base import Detector, View, moment
from anomalies.detectors.kinds import found
from anomalies.detectors.thresholds import bounded
from anomalies.types import Finding, Relation

_PLACE_PCT = 5


@dataclass(frozen=True, slots=True)
class E11Thresholds:
    """Half of all healthy DC sessions fall by 28 % at some time, so this is evidence only."""

    share_permille: int = bounded(800, 500, 950)
    duration_s: int = bounded(180, 60, 900)


@dataclass(slots=True)
class E11Memory:
    """Since when the current is below what is usual."""

    since_ms: int | None = None
    is_reported: bool = False


def _step(
    memory: E11Memory, view: View, thresholds: E11Thresholds
) -> tuple[E11Memory, Finding | None]:
    """Below 0.8 of the vehicle's 2 % quantile, or of what is offered, for 180 s."""
    if not view.facts.expected:
        return memory, None
    soc_pct = view.sample.soc_pct
    usual_ma = view.facts.expected.get(soc_pct // _PLACE_PCT) if soc_pct else None
    if usual_ma is None or view.load_ma is None:
        memory.since_ms = None
        return memory, None
    least_ma = min(usual_ma, view.sample.current_offered_ma or usual_ma)
    least_ma = least_ma * thresholds.share_permille // 1_000
    if view.load_ma >= least_ma:
        memory.since_ms, memory.is_reported = None, False
        return memory, None
    if memory.since_ms is None:
        memory.since_ms = view.at_ms
    is_long = view.at_ms - memory.since_ms >= thresholds.duration_s * 1_000
    if not is_long or memory.is_reported:
        return memory, None
    memory.is_reported = True
    return memory, found(
        "E11",
        "below_expected",
        observed=view.load_ma,
        expected=least_ma,
        relation=Relation.AT_LEAST,
        since_at=moment(memory.since_ms),
        at=view.sample.at,
    )


DETECTOR = Detector("E11", E11Memory, E11Thresholds, step=_step)
