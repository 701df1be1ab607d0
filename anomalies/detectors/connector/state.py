"""What is remembered of a connector between sessions, and its JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from anomalies.detectors.state import decode, encode

CONNECTOR_VERSION = 1


@dataclass(frozen=True, slots=True)
class ConnectorState:
    """Integers alone; under 1 kB as JSON.

    `derated` is the CUSUM in thousandths, `drift_*` the meter's ratio to power in millionths,
    `bad_run` the failed sessions in a row as (ms, token number), `gaps` the minutes between good
    sessions, `good` and `bad` counts that fade.
    """

    derated: int = 0
    derated_since_ms: int = 0
    derated_is_reported: bool = False
    drift_count: int = 0
    drift_base_ppm: int = 0
    drift_ppm: int = 0
    drift_interval_s: int = 0
    drift_is_reported: bool = False
    stop_wh: int | None = None
    stop_ms: int = 0
    idle_is_reported: bool = False
    bad_run: tuple[tuple[int, int], ...] = ()
    run_is_reported: bool = False
    good: int = 0
    bad: int = 0
    last_good_ms: int | None = None
    gaps: tuple[int, ...] = ()


def connector_to_json(state: ConnectorState) -> dict[str, Any]:
    """The state as JSON values."""
    return {"version": CONNECTOR_VERSION, **encode(state)}


def connector_from_json(data: object) -> ConnectorState:
    """The state that `connector_to_json` wrote; a fresh one for anything else."""
    if not isinstance(data, dict) or data.get("version") != CONNECTOR_VERSION:
        return ConnectorState()
    return decode(ConnectorState, {name: v for name, v in data.items() if name != "version"})
