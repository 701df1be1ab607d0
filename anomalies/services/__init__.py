"""Writes of anomalies: scans, incidents, and letting a session go to billing."""

from anomalies.services.incidents import (
    acknowledge_incident,
    dismiss_incident,
    judge_incident,
    record_place_finding,
    resolve_incident,
    resolve_place,
)
from anomalies.services.opening import Place, unmute_incidents
from anomalies.services.releases import AboveRating, RebuildChanged, release_hold
from anomalies.services.scans import check_completed_session, scan_session

__all__ = [
    "AboveRating",
    "Place",
    "RebuildChanged",
    "acknowledge_incident",
    "check_completed_session",
    "dismiss_incident",
    "judge_incident",
    "record_place_finding",
    "release_hold",
    "resolve_incident",
    "resolve_place",
    "scan_session",
    "unmute_incidents",
]
