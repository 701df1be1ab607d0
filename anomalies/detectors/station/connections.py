"""S3: a station that keeps losing its connection."""

from __future__ import annotations

from dataclasses import dataclass, replace

from anomalies.detectors.base import moment
from anomalies.detectors.kinds import found
from anomalies.detectors.station.events import Booted, Connected
from anomalies.detectors.station.state import StationState
from anomalies.detectors.thresholds import Thresholds, bounded
from anomalies.types import Finding, Relation, Severity
from sessions_app.registers import epoch_ms

_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class FlappingThresholds:
    """Reconnections in an hour."""

    connections: int = bounded(5, 3, 30)


def follow_connection(
    state: StationState, event: Connected, thresholds: Thresholds
) -> tuple[StationState, Finding | None]:
    """Five reconnections within an hour (catalogue S3)."""
    most = thresholds.of(FlappingThresholds).connections
    at_ms = epoch_ms(event.at)
    recent = [pair for pair in state.connections if pair[0] > at_ms - _HOUR_MS]
    recent = [*recent, (at_ms, 0)][-max(most, 5) :]
    is_reported = state.flapping_is_reported and len(recent) > 1
    state = replace(state, connections=tuple(recent), flapping_is_reported=is_reported)
    if len(recent) < most or is_reported:
        return state, None
    return replace(state, flapping_is_reported=True), found(
        "S3",
        "flapping",
        observed=len(recent),
        expected=most - 1,
        relation=Relation.AT_MOST,
        since_at=moment(recent[0][0]),
        at=event.at,
        severity=Severity.ALERT,
        unit="",
    )


def follow_boot(state: StationState, event: Booted) -> StationState:
    """After a boot the station names its transactions anew."""
    return replace(state, boot_ms=epoch_ms(event.at), charging_since=())
