"""S2: the station's clock is off."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median_low

from anomalies.detectors.base import moment
from anomalies.detectors.kinds import found
from anomalies.detectors.station.events import Spoke
from anomalies.detectors.station.state import StationState
from anomalies.detectors.thresholds import Thresholds, bounded
from anomalies.types import Finding, Relation, Severity
from sessions_app.registers import epoch_ms

_FIRST_PLAUSIBLE_YEAR = 2020


@dataclass(frozen=True, slots=True)
class S2Thresholds:
    """A minute is more than any network delays a live message, five times in a row."""

    drift_s: int = bounded(60, 20, 600)
    messages: int = bounded(5, 3, 20)


def follow_clock(
    state: StationState, event: Spoke, thresholds: Thresholds
) -> tuple[StationState, Finding | None]:
    """The median of 5 live messages more than 60 s off; messages kept offline say nothing."""
    chosen = thresholds.of(S2Thresholds)
    if event.is_replayed:
        return state, None
    at_ms = epoch_ms(event.at)
    offset_s = (epoch_ms(event.stamped_at) - at_ms) // 1_000
    offsets = (*state.offsets, (at_ms, offset_s))[-chosen.messages :]
    state = replace(state, offsets=offsets)
    if len(offsets) < chosen.messages:
        return state, None
    middle_s = median_low(offset for _, offset in offsets)
    if abs(middle_s) <= chosen.drift_s:
        return replace(state, offset_is_reported=False), None
    if state.offset_is_reported:
        return state, None
    is_unset = event.stamped_at.year < _FIRST_PLAUSIBLE_YEAR
    return replace(state, offset_is_reported=True), found(
        "S2",
        "clock_unset" if is_unset else "clock_drift",
        observed=abs(middle_s),
        expected=chosen.drift_s,
        relation=Relation.AT_MOST,
        since_at=moment(offsets[0][0]),
        at=event.at,
        severity=Severity.CRITICAL if is_unset else None,
        offset_s=middle_s,
    )
