"""Reads of the monitoring."""

from anomalies.selectors.facts import session_facts, sessions_to_scan
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
    "maintenance_at",
    "open_incidents",
    "rule_records",
    "session_facts",
    "sessions_to_scan",
]
