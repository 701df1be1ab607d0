"""What is remembered of a station's talk, and its JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from anomalies.detectors.state import decode, encode

STATION_VERSION = 1


@dataclass(frozen=True, slots=True)
class StationState:
    """Pairs are (ms, number): clock offsets in s, reconnections, refusals and tokens by number.

    `refusals` pairs are (ms, connector times 2**32 plus token number). `charging_since` are
    connectors that charge without a transaction, since when.
    """

    offsets: tuple[tuple[int, int], ...] = ()
    offset_is_reported: bool = False
    connections: tuple[tuple[int, int], ...] = ()
    flapping_is_reported: bool = False
    refusals: tuple[tuple[int, int], ...] = ()
    refusal_ms: int = 0
    tokens: tuple[tuple[int, int], ...] = ()
    burst_ms: int = 0
    charging_since: tuple[tuple[int, int], ...] = ()
    unknown_ms: int = 0
    boot_ms: int = 0


def station_to_json(state: StationState) -> dict[str, Any]:
    """The state as JSON values."""
    return {"version": STATION_VERSION, **encode(state)}


def station_from_json(data: object) -> StationState:
    """The state that `station_to_json` wrote; a fresh one for anything else."""
    if not isinstance(data, dict) or data.get("version") != STATION_VERSION:
        return StationState()
    return decode(StationState, {name: v for name, v in data.items() if name != "version"})
