"""E9: the station says it is charging, and nothing flows."""

from __future__ import annotations

from dataclasses import dataclass

from anomalies.detectors.base import Detector, View, moment
from anomalies.detectors.facts import Activity, LimitChange
from anomalies.detectors.thresholds import bounded
from anomalies.types import Action, Finding, Relation, Severity
from sessions_app.registers import epoch_ms

_NOMINAL_V = 230
_CHARGING = Activity.CHARGING


@dataclass(frozen=True, slots=True)
class E9Thresholds:
    """6 A is IEC 61851's least; `tapered_permille` of the session's top is a battery's end."""

    idle_power_w: int = bounded(150, 50, 500)
    idle_current_ma: int = bounded(1_000, 200, 3_000)
    duration_s: int = bounded(150, 60, 900)
    samples: int = bounded(2, 2, 5)
    least_limit_ma: int = bounded(6_000, 0, 16_000)
    full_soc_pct: int = bounded(95, 80, 100)
    tapered_permille: int = bounded(400, 0, 600)
    low_soc_pct: int = bounded(40, 20, 60)
    progress_s: int = bounded(1_200, 600, 3_600)
    progress_power_w: int = bounded(3_000, 1_000, 10_000)
    longest_gap_s: int = bounded(900, 300, 3_600)


@dataclass(slots=True)
class E9Memory:
    """Since when (and for how many samples) nothing flows, since when the battery stands still.

    The loads before (W) tell a battery's end from a break.
    """

    idle_since_ms: int | None = None
    idle_samples: int = 0
    still_since_ms: int | None = None
    soc_pct: int = 0
    top_w: int = 0
    last_w: int = 0
    idle_is_reported: bool = False
    still_is_reported: bool = False


def _step(
    memory: E9Memory, view: View, thresholds: E9Thresholds
) -> tuple[E9Memory, Finding | None]:
    """Under 150 W and 1 A for 150 s while charging; DC: no progress below 40 % for 20 min.

    Silent where it is meant so: suspended, our limit or the station's offer under 6 A, a full or
    tapered battery, energy given back. Without a status only a battery known not to be full
    speaks (catalogue E9).
    """
    load_w = _load_w(view, thresholds)
    if load_w is None:
        return memory, None
    soc_pct = view.sample.soc_pct or memory.soc_pct
    wanted_ms = _wanted_since_ms(view, thresholds, soc_pct)
    if wanted_ms is None:
        memory.idle_since_ms, memory.idle_samples = None, 0
        memory.still_since_ms, memory.soc_pct = None, soc_pct
        return memory, None
    _remember_soc(memory, view, thresholds, load_w, soc_pct)
    _remember_load(memory, view, load_w)
    if load_w and not (view.facts.is_dc and 0 < memory.soc_pct < thresholds.low_soc_pct):
        return memory, None
    if _has_tapered(memory, thresholds):
        return memory, None
    finding = _idle(memory, view, thresholds, wanted_ms)
    if finding is not None:
        memory.idle_is_reported = True
        return memory, finding
    finding = _still(memory, view, thresholds, max(wanted_ms, memory.still_since_ms or 0))
    if finding is not None:
        memory.still_is_reported = True
    return memory, finding


def _load_w(view: View, thresholds: E9Thresholds) -> int | None:
    """The load: 0 when idle, None when the sample does not tell."""
    sample = view.sample
    current_ma = view.load_ma
    if sample.power_w is None and current_ma is None:
        return None
    power_w, current_ma = abs(sample.power_w or 0), current_ma or 0
    is_idle = power_w < thresholds.idle_power_w and current_ma < thresholds.idle_current_ma
    if is_idle and not view.exports:
        return 0
    current_w = current_ma * _NOMINAL_V // 1_000
    return max(1, power_w, current_w)


def _wanted_since_ms(view: View, thresholds: E9Thresholds, soc_pct: int) -> int | None:
    """Since when energy should flow; None when it should not or nobody knows."""
    sample, facts = view.sample, view.facts
    status = view.status
    if soc_pct >= thresholds.full_soc_pct or (status is None and not soc_pct):
        return None
    if status is not None and status.activity is not _CHARGING:
        return None
    offered_ma = sample.current_offered_ma
    if offered_ma is not None and offered_ma < thresholds.least_limit_ma:
        return None
    if not facts.limits:
        return 0 if status is None else epoch_ms(status.at)
    is_free, freed_at = facts.unlimited_since(sample.at, lambda change: _is_low(change, thresholds))
    if not is_free:
        return None
    starts = [at for at in (status.at if status else None, freed_at) if at is not None]
    return max((epoch_ms(at) for at in starts), default=0)


def _is_low(change: LimitChange, thresholds: E9Thresholds) -> bool:
    least_w = thresholds.least_limit_ma * _NOMINAL_V // 1_000
    return (change.limit_ma is not None and change.limit_ma < thresholds.least_limit_ma) or (
        change.limit_w is not None and change.limit_w < least_w
    )


def _remember_load(memory: E9Memory, view: View, load_w: int) -> None:
    if load_w:
        memory.idle_since_ms, memory.idle_samples, memory.idle_is_reported = None, 0, False
        memory.last_w = load_w
        memory.top_w = max(memory.top_w, load_w)
        return
    if memory.idle_since_ms is None:
        # The load was last seen one sample ago; before the first sample nobody knows.
        memory.idle_since_ms = view.at_ms - (view.gap_ms or 0)
    memory.idle_samples += 1


def _remember_soc(
    memory: E9Memory, view: View, thresholds: E9Thresholds, load_w: int, soc_pct: int
) -> None:
    if view.gap_ms is not None and view.gap_ms > thresholds.longest_gap_s * 1_000:
        memory.idle_since_ms = None if load_w else view.at_ms
        memory.idle_samples, memory.still_since_ms = 0, None
    if soc_pct != memory.soc_pct or load_w >= thresholds.progress_power_w:
        memory.soc_pct, memory.still_since_ms = soc_pct, view.at_ms
        memory.still_is_reported = False
    elif memory.still_since_ms is None:
        memory.still_since_ms = view.at_ms


def _has_tapered(memory: E9Memory, thresholds: E9Thresholds) -> bool:
    """A load that faded before it ended is a full battery, where no state of charge says more."""
    return not memory.soc_pct and memory.last_w * 1_000 < memory.top_w * thresholds.tapered_permille


def _idle(memory: E9Memory, view: View, thresholds: E9Thresholds, wanted_ms: int) -> Finding | None:
    if memory.idle_since_ms is None or memory.idle_is_reported:
        return None
    since_ms = max(memory.idle_since_ms, wanted_ms)
    is_long = view.at_ms - since_ms >= thresholds.duration_s * 1_000
    if not is_long or memory.idle_samples < thresholds.samples:
        return None
    return _finding(view, "no_power", 0, thresholds.idle_power_w, since_ms)


def _still(memory: E9Memory, view: View, thresholds: E9Thresholds, since_ms: int) -> Finding | None:
    power_w = view.sample.power_w
    is_low = 0 < memory.soc_pct < thresholds.low_soc_pct
    if not (view.facts.is_dc and is_low) or power_w is None or memory.idle_samples:
        return None
    if memory.still_is_reported or view.at_ms - since_ms < thresholds.progress_s * 1_000:
        return None
    return _finding(view, "no_progress", abs(power_w), thresholds.progress_power_w, since_ms)


def _finding(view: View, cause: str, observed_w: int, expected_w: int, since_ms: int) -> Finding:
    return Finding(
        kind="E9",
        cause=cause,
        signal="Power.Active.Import",
        unit="W",
        observed=observed_w,
        expected=expected_w,
        relation=Relation.AT_LEAST,
        since_at=moment(since_ms),
        at=view.sample.at,
        severity=Severity.ALERT,
        action=Action.INFORM_DRIVER,
        params={"duration_s": (view.at_ms - since_ms) // 1_000},
    )


DETECTOR = Detector("E9", E9Memory, E9Thresholds, step=_step)
