"""Rules over the sessions of one connector: derating, meter drift, missing energy, failures.

`connector_step(state, summary, expected)` takes each finished session in turn, `idle_register`
the register readings between sessions, and `silent_after_s` gives the deadline of S9.
"""

from anomalies.detectors.connector.state import (
    ConnectorState,
    connector_from_json,
    connector_to_json,
)
from anomalies.detectors.connector.steps import connector_step, idle_register, silent_after_s

__all__ = [
    "ConnectorState",
    "connector_from_json",
    "connector_step",
    "connector_to_json",
    "idle_register",
    "silent_after_s",
]
