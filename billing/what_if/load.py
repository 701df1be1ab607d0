"""When the energy of a session was delivered, by clock hour at the site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from billing.rating.clock import DAY_S, HOUR_S
from billing.rating.meter import trace_meter

if TYPE_CHECKING:
    from billing.rating.clock import WallClock
    from billing.rating.inputs import Inputs

_HOURS_OF_DAY: Final = range(0, DAY_S, HOUR_S)


class HourLoad(NamedTuple):
    """What a session took in one clock hour, or the part of it the session covers.

    `hour_s` is the Unix second the clock hour began, `of_week` its number in the local week
    (Monday 00 is 0, Sunday 23 is 167).
    """

    hour_s: int
    of_week: int
    from_s: int
    to_s: int
    energy_wh: int


def hour_of_week(clock: WallClock, at_s: int) -> int:
    """Return the number of the local hour a Unix second lies in: 0 to 167 from Monday 00."""
    wall = clock.wall_time_at(at_s)
    return wall.weekday * 24 + wall.second_of_day // HOUR_S


def hourly_load(inputs: Inputs) -> list[HourLoad]:
    """Return a session's energy by clock hour, in time order; it adds up to the billed total.

    Between two readings it is laid as rating lays it. A session without duration has one hour.
    """
    meter = trace_meter(inputs.session, inputs.rows)
    clock = inputs.clock
    inner = (s for s in clock.crossings(_HOURS_OF_DAY) if meter.start_s < s < meter.end_s)
    load = []
    from_s, from_wh = meter.start_s, 0
    for to_s in (*sorted(inner), meter.end_s):
        to_wh = meter.total_wh if to_s == meter.end_s else meter.energy_at(to_s)
        load.append(
            HourLoad(
                clock.hour_of(from_s), hour_of_week(clock, from_s), from_s, to_s, to_wh - from_wh
            )
        )
        from_s, from_wh = to_s, to_wh
    return load
