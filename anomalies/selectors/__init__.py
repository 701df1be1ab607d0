"""Reads of the monitoring."""

from anomalies.selectors.facts import session_facts, sessions_to_scan
from anomalies.selectors.idle import is_in_use, would_disturb
from anomalies.selectors.incidents import (
    connector_health,
    incidents_of,
    maintenance_at,
    open_incidents,
    rule_records,
)

__all__ = [
    "connector_health",
    "incidents_of",
    "is_in_use",
    "maintenance_at",
    "open_incidents",
    "rule_records",
    "session_facts",
    "sessions_to_scan",
    "would_disturb",
]
