"""Rules over what a station says besides samples: its clock, its states, its refusals.

`station_step(state, event)` takes the events of one station in the order of their arrival.
"""

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
    TransactionNamed,
)
from anomalies.detectors.station.state import StationState, station_from_json, station_to_json
from anomalies.detectors.station.steps import station_step

__all__ = [
    "Answered",
    "Booted",
    "Connected",
    "Rejected",
    "RemoteStarted",
    "Spoke",
    "StateReported",
    "StationEvent",
    "StationState",
    "TransactionNamed",
    "judge_error",
    "station_from_json",
    "station_step",
    "station_to_json",
]
