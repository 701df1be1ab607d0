"""E8: the session began, and no energy came."""

from __future__ import annotations

from dataclasses import dataclass

from anomalies.detectors.base import Detector, View, moment
from anomalies.detectors.facts import Activity
from anomalies.detectors.kinds import found
from anomalies.detectors.thresholds import bounded
from anomalies.types import Finding, Relation
from sessions_app.registers import epoch_ms

_NOMINAL_V = 230
_CHARGING = Activity.CHARGING


@dataclass(frozen=True, slots=True)
class E8Thresholds:
    """eDRV's 5 minutes; under 150 W and 1 A nothing flows (E9)."""

    energy_wh: int = bounded(100, 20, 500)
    duration_s: int = bounded(300, 120, 1_200)
    idle_power_w: int = bounded(150, 50, 500)
    idle_current_ma: int = bounded(1_000, 200, 3_000)
    full_soc_pct: int = bounded(95, 80, 100)
    least_limit_ma: int = bounded(6_000, 0, 16_000)


@dataclass(slots=True)
class E8Memory:
    """The first sample's register and time, what flowed by the power, and whether it is over."""

    first_wh: int | None = None
    first_ms: int | None = None
    flowed: int = 0
    is_over: bool = False


def _step(
    memory: E8Memory, view: View, thresholds: E8Thresholds
) -> tuple[E8Memory, Finding | None]:
    """Under 100 Wh in the first 5 minutes of charging, and still nothing flows (catalogue E8).

    Not for a full battery, a car that pauses, or a limit of ours under 6 A.
    """
    if memory.is_over:
        return memory, None
    if memory.first_ms is None:
        memory.first_ms = view.at_ms
    if memory.first_wh is None:
        memory.first_wh = view.facts.meter_start_wh or view.sample.energy_wh
    memory.flowed += (view.flow_w or 0) * (view.gap_ms or 0)
    gained_wh = memory.flowed // 3_600_000
    if view.sample.energy_wh is not None and memory.first_wh is not None:
        gained_wh = max(gained_wh, view.sample.energy_wh - memory.first_wh)
    status = view.status
    is_flowing = (view.flow_w or 0) >= thresholds.idle_power_w or (
        view.load_ma is not None and view.load_ma >= thresholds.idle_current_ma
    )
    if gained_wh >= thresholds.energy_wh or is_flowing or view.exports:
        memory.is_over = gained_wh >= thresholds.energy_wh
        return memory, None
    if status is None or status.activity is not _CHARGING or view.flow_w is None:
        return memory, None
    if (view.sample.soc_pct or 0) >= thresholds.full_soc_pct or _is_limited(view, thresholds):
        memory.is_over = True
        return memory, None
    began_ms = max(epoch_ms(status.at), _started_ms(view, memory.first_ms))
    if view.at_ms - began_ms < thresholds.duration_s * 1_000:
        return memory, None
    memory.is_over = True
    return memory, found(
        "E8",
        "no_energy",
        observed=max(0, gained_wh),
        expected=thresholds.energy_wh,
        relation=Relation.AT_LEAST,
        since_at=moment(began_ms),
        at=view.sample.at,
    )


def _started_ms(view: View, first_ms: int) -> int:
    started_at = view.facts.started_at
    return first_ms if started_at is None else min(first_ms, epoch_ms(started_at))


def _is_limited(view: View, thresholds: E8Thresholds) -> bool:
    offered_ma = view.sample.current_offered_ma
    if offered_ma is not None and offered_ma < thresholds.least_limit_ma:
        return True
    limit = view.facts.limit_at(view.sample.at)
    if limit is None:
        return False
    least_w = thresholds.least_limit_ma * _NOMINAL_V // 1_000
    return (limit.limit_ma is not None and limit.limit_ma < thresholds.least_limit_ma) or (
        limit.limit_w is not None and limit.limit_w < least_w
    )


DETECTOR = Detector("E8", E8Memory, E8Thresholds, step=_step)
