"""M5: the meter slowly leaves the power it used to agree with."""

from __future__ import annotations

from dataclasses import dataclass, replace

from anomalies.detectors.connector.state import ConnectorState
from anomalies.detectors.kinds import found
from anomalies.detectors.summaries import SessionSummary
from anomalies.detectors.thresholds import Thresholds, bounded
from anomalies.types import Finding, Relation

_PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class M5Thresholds:
    """One session scatters 0.09 % at 15 s and 0.64 % at 60 s, so the mean of ten 0.2 %."""

    sessions: int = bounded(20, 10, 100)
    drift_ppm: int = bounded(12_000, 5_000, 50_000)
    weight_permille: int = bounded(100, 20, 300)
    least_wh: int = bounded(2_000, 500, 20_000)
    covered_permille: int = bounded(900, 700, 1_000)
    clip_ppm: int = bounded(50_000, 20_000, 200_000)


def follow_drift(
    state: ConnectorState, summary: SessionSummary, thresholds: Thresholds
) -> tuple[ConnectorState, Finding | None]:
    """EWMA of register over power against the connector's own first 20 sessions (catalogue M5).

    A trapezoid is biased by the sampling interval (+0.9 % at 60 s), so a new interval begins anew.
    """
    chosen = thresholds.of(M5Thresholds)
    if not summary.integral_wh or summary.integral_wh < chosen.least_wh:
        return state, None
    if summary.covered_permille < chosen.covered_permille:
        return state, None
    ratio = summary.energy_wh * _PPM // summary.integral_wh - _PPM
    ratio = max(-chosen.clip_ppm * 4, min(chosen.clip_ppm * 4, ratio))
    if state.drift_count and not _is_like(summary.interval_s, state.drift_interval_s):
        state = replace(state, drift_count=0, drift_is_reported=False)
    count = state.drift_count + 1
    state = replace(state, drift_count=count, drift_interval_s=summary.interval_s)
    if count <= chosen.sessions:
        base = state.drift_base_ppm if count > 1 else 0
        base += (ratio - base) // count
        return replace(state, drift_base_ppm=base, drift_ppm=base), None
    return _judge(state, summary, ratio, chosen)


def _judge(
    state: ConnectorState, summary: SessionSummary, ratio: int, chosen: M5Thresholds
) -> tuple[ConnectorState, Finding | None]:
    step = max(-chosen.clip_ppm, min(chosen.clip_ppm, ratio - state.drift_ppm))
    drift = state.drift_ppm + step * chosen.weight_permille // 1_000
    off = drift - state.drift_base_ppm
    is_reported = state.drift_is_reported and abs(off) * 2 > chosen.drift_ppm
    state = replace(state, drift_ppm=drift, drift_is_reported=is_reported)
    if abs(off) <= chosen.drift_ppm or is_reported:
        return state, None
    return replace(state, drift_is_reported=True), found(
        "M5",
        "drift_fast" if off > 0 else "drift_slow",
        observed=off // 1_000,
        expected=chosen.drift_ppm // 1_000,
        relation=Relation.AT_MOST,
        since_at=summary.started_at,
        at=summary.ended_at,
    )


def _is_like(interval_s: int, known_s: int) -> bool:
    return known_s <= 2 * interval_s and interval_s <= 2 * known_s
