"""Detectors: pure functions from a session's samples to findings, one file per kind."""

from anomalies.detectors.catalogue import CATALOGUE, load_thresholds
from anomalies.detectors.facts import (
    Activity,
    CurrentType,
    Facts,
    LimitChange,
    StatusChange,
)
from anomalies.detectors.scan import finish, from_json, step, to_json
from anomalies.detectors.state import State
from anomalies.detectors.thresholds import (
    ThresholdOutOfBounds,
    Thresholds,
    ThresholdUnknown,
)

__all__ = [
    "CATALOGUE",
    "Activity",
    "CurrentType",
    "Facts",
    "LimitChange",
    "State",
    "StatusChange",
    "ThresholdOutOfBounds",
    "ThresholdUnknown",
    "Thresholds",
    "finish",
    "from_json",
    "load_thresholds",
    "step",
    "to_json",
]
