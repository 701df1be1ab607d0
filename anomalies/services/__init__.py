"""Writes of anomalies: scans, incidents, and letting a session go to billing."""

from anomalies.services.incidents import dismiss_incident, resolve_incident
from anomalies.services.releases import RebuildChanged, release_hold
from anomalies.services.scans import check_completed_session, scan_session

__all__ = [
    "RebuildChanged",
    "check_completed_session",
    "dismiss_incident",
    "release_hold",
    "resolve_incident",
    "scan_session",
]
