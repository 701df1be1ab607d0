"""One event of a station after another."""

from __future__ import annotations

from anomalies.detectors.station.clock import follow_clock
from anomalies.detectors.station.connections import follow_boot, follow_connection
from anomalies.detectors.station.errors import judge_error
from anomalies.detectors.station.events import (
    Answered,
    Booted,
    Connected,
    Rejected,
    RemoteStarted,
    Spoke,
    StateReported,
    StationEvent,
)
from anomalies.detectors.station.state import StationState
from anomalies.detectors.station.tokens import follow_refusal, follow_token, judge_party
from anomalies.detectors.station.transactions import follow_state, follow_transaction
from anomalies.detectors.thresholds import Thresholds
from anomalies.types import Finding

_DEFAULTS = Thresholds()


def station_step(
    state: StationState, event: StationEvent, thresholds: Thresholds = _DEFAULTS
) -> tuple[StationState, tuple[Finding, ...]]:
    """The next event of a station through its rules (S2, S3 flapping, S7, S10, E15, F6)."""
    finding: Finding | None
    match event:
        case Spoke():
            state, finding = follow_clock(state, event, thresholds)
        case Connected():
            state, finding = follow_connection(state, event, thresholds)
        case Booted():
            state, finding = follow_boot(state, event), None
        case Rejected():
            state, finding = follow_refusal(state, event, thresholds)
        case Answered():
            state, findings = follow_token(state, event, thresholds)
            return state, findings
        case RemoteStarted():
            finding = judge_party(event)
        case StateReported():
            state, finding = follow_state(state, event)
            found = (finding, judge_error(event))
            return state, tuple(one for one in found if one is not None)
        case _:
            state, finding = follow_transaction(state, event, thresholds)
    return state, (() if finding is None else (finding,))
