"""E10: a connector that gives less than cars like these take elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import log

from anomalies.detectors.base import moment
from anomalies.detectors.connector.state import ConnectorState
from anomalies.detectors.kinds import found
from anomalies.detectors.profiles import Profile, expected_current
from anomalies.detectors.summaries import SessionSummary
from anomalies.detectors.thresholds import Thresholds, bounded
from anomalies.types import Finding, Relation
from sessions_app.registers import epoch_ms


@dataclass(frozen=True, slots=True)
class E10Thresholds:
    """CUSUM in deviations of 0.10: without that floor 18-34 false alarms per 1000 (catalogue).

    Clipped so that it takes three sessions: two cold batteries in a row are nothing rare.
    """

    slack_milli: int = bounded(500, 250, 1_000)
    alarm_milli: int = bounded(5_000, 3_000, 12_000)
    clip_milli: int = bounded(2_900, 2_000, 6_000)
    well_milli: int = bounded(-500, -1_500, 500)
    deviation_permille: int = bounded(100, 50, 300)
    least_places: int = bounded(3, 1, 10)
    least_count: int = bounded(5, 1, 40)


def follow_derating(
    state: ConnectorState,
    summary: SessionSummary,
    profiles: tuple[Profile, ...],
    thresholds: Thresholds,
) -> tuple[ConnectorState, Finding | None]:
    """CUSUM over sessions of log(current / expected), capped by offers and our limits (5.3)."""
    chosen = thresholds.of(E10Thresholds)
    residual = _residual_permille(summary, profiles, chosen)
    if residual is None:
        return state, None
    score = max(
        -chosen.clip_milli, min(chosen.clip_milli, residual * 1_000 // chosen.deviation_permille)
    )
    known = state.derated
    if score >= chosen.well_milli:
        known //= 2  # what a derated connector could not have given
    total = max(0, known - score - chosen.slack_milli)
    since_ms = state.derated_since_ms if state.derated else epoch_ms(summary.started_at)
    state = replace(state, derated=min(total, 4 * chosen.alarm_milli), derated_since_ms=since_ms)
    if total < chosen.alarm_milli:
        is_reported = state.derated_is_reported and total * 2 > chosen.alarm_milli
        return replace(state, derated_is_reported=is_reported), None
    if state.derated_is_reported:
        return state, None
    share = max(0, round(100 * 2.718281828 ** (residual / 1_000)))
    return replace(state, derated_is_reported=True), found(
        "E10",
        "derated",
        observed=share,
        expected=100,
        relation=Relation.AT_LEAST,
        since_at=moment(since_ms),
        at=summary.ended_at,
        score_milli=total,
    )


def _residual_permille(
    summary: SessionSummary, profiles: tuple[Profile, ...], chosen: E10Thresholds
) -> int | None:
    """The mean over the bins of the log ratio, in thousandths; None where too little is known."""
    residuals = []
    for point in summary.curve:
        expected = expected_current(profiles, point.place)
        if expected is None or expected.values < chosen.least_count or point.current_ma <= 0:
            continue
        usual_ma = min(expected.median_ma, point.cap_ma or expected.median_ma)
        residuals.append(log(point.current_ma / usual_ma))
    if len(residuals) < chosen.least_places:
        return None
    return round(1_000 * sum(residuals) / len(residuals))
