"""M6 and F5: energy that went through the meter and no transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from anomalies.detectors.base import moment
from anomalies.detectors.connector.state import ConnectorState
from anomalies.detectors.kinds import found
from anomalies.detectors.summaries import SessionSummary
from anomalies.detectors.thresholds import Thresholds, bounded
from anomalies.types import Finding, Relation
from sessions_app.registers import epoch_ms

_DEFAULTS = Thresholds()


@dataclass(frozen=True, slots=True)
class M6Thresholds:
    """Real gaps: none in 90 %, 10 Wh at 95 %, 42 Wh at 99 % of 34,982 transactions."""

    gap_wh: int = bounded(50, 20, 1_000)


def follow_registers(
    state: ConnectorState, summary: SessionSummary, thresholds: Thresholds
) -> tuple[ConnectorState, Finding | None]:
    """A start above the last stop by more than 50 Wh (J02.FR.17); a new base is none of it."""
    last_wh, start_wh = state.stop_wh, summary.meter_start_wh
    since_ms, was_reported = state.stop_ms, state.idle_is_reported
    state = replace(
        state,
        stop_wh=summary.meter_stop_wh,
        stop_ms=epoch_ms(summary.ended_at),
        idle_is_reported=False,
    )
    if last_wh is None or start_wh is None or was_reported or summary.register_is_shared:
        return state, None
    most_wh = thresholds.of(M6Thresholds).gap_wh
    if last_wh <= 0 or start_wh - last_wh <= most_wh:
        return state, None
    return state, found(
        "M6",
        "between_sessions",
        observed=start_wh - last_wh,
        expected=most_wh,
        relation=Relation.AT_MOST,
        since_at=moment(since_ms),
        at=summary.started_at,
    )


def idle_register(
    state: ConnectorState, at: datetime, register_wh: int, thresholds: Thresholds = _DEFAULTS
) -> tuple[ConnectorState, Finding | None]:
    """A register reading while no transaction is open: it may not have moved (catalogue F5)."""
    most_wh = thresholds.of(M6Thresholds).gap_wh
    if state.stop_wh is None or state.stop_wh <= 0 or state.idle_is_reported:
        return state, None
    if register_wh - state.stop_wh <= most_wh:
        return state, None
    return replace(state, idle_is_reported=True), found(
        "F5",
        "register_moves",
        observed=register_wh - state.stop_wh,
        expected=most_wh,
        relation=Relation.AT_MOST,
        since_at=moment(state.stop_ms),
        at=at,
    )
