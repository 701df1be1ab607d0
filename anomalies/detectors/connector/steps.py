"""One session, one register reading or one question after another."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from anomalies.detectors.connector.derating import follow_derating
from anomalies.detectors.connector.drift import follow_drift
from anomalies.detectors.connector.failures import follow_failures
from anomalies.detectors.connector.missing import follow_registers, idle_register
from anomalies.detectors.connector.silence import follow_gaps, silent_after_s
from anomalies.detectors.connector.state import ConnectorState
from anomalies.detectors.profiles import Profile
from anomalies.detectors.summaries import SessionSummary
from anomalies.detectors.thresholds import Thresholds
from anomalies.types import Finding

__all__ = ["connector_step", "idle_register", "silent_after_s"]

_DEFAULTS = Thresholds()


def connector_step(
    state: ConnectorState,
    summary: SessionSummary,
    profiles: tuple[Profile, ...] = (),
    thresholds: Thresholds = _DEFAULTS,
) -> tuple[ConnectorState, tuple[Finding, ...]]:
    """The next finished session of a connector, in the order of their ends (E10 M5 M6 S8).

    `profiles` are what cars like this one take, from the special to the general, without this
    session. Sessions of a muted connector are passed over; they only move the register on.
    """
    if summary.is_maintenance:
        stop_wh, stop_ms = summary.meter_stop_wh, _ms(summary.ended_at)
        return replace(state, stop_wh=stop_wh, stop_ms=stop_ms, bad_run=()), ()
    findings: list[Finding | None] = []
    state, finding = follow_registers(state, summary, thresholds)
    findings.append(finding)
    state, finding = follow_derating(state, summary, profiles, thresholds)
    findings.append(finding)
    state, finding = follow_drift(state, summary, thresholds)
    findings.append(finding)
    state, finding = follow_failures(state, summary, thresholds)
    findings.append(finding)
    state = follow_gaps(state, summary)
    return state, tuple(finding for finding in findings if finding is not None)


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1_000)
