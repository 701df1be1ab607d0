"""A finished session in a few numbers, for the rules that look over several sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zlib import crc32

GOOD_WH = 500


class CurvePoint(NamedTuple):
    """The median current in one bin of the charge; `cap_ma` is the least limit in it, 0 for none.

    `place` is the state of charge in 5 % steps (0 to 19), or minutes since the start in steps of
    15 where there is none (100 and on).
    """

    place: int
    current_ma: int
    cap_ma: int = 0


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """What connector, fleet and fraud rules need of a session.

    `integral_wh` is the mean of the power bounds over `covered_permille` of the session's time,
    `interval_s` its median sampling interval, `vehicle` a key of cars alike ("" for unknown).
    `register_is_shared`: one meter counts for several connectors. `kinds` were found in it.
    `is_maintenance`: the connector was muted.
    """

    ref: str
    token: str
    started_at: datetime
    ended_at: datetime
    energy_wh: int
    meter_start_wh: int | None = None
    meter_stop_wh: int | None = None
    integral_wh: int | None = None
    covered_permille: int = 0
    interval_s: int = 0
    vehicle: str = ""
    curve: tuple[CurvePoint, ...] = ()
    register_is_shared: bool = False
    is_maintenance: bool = False
    kinds: frozenset[str] = frozenset()

    @property
    def is_good(self) -> bool:
        """At least 0.5 kWh (catalogue 2.1: under that nobody calls it a charge)."""
        return self.energy_wh >= GOOD_WH

    @property
    def token_number(self) -> int:
        """The token as a number that tells tokens apart and nothing about them."""
        return crc32(self.token.encode())
