"""When charging really ended: as the station says, unless readings prove that it went on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from billing.rating.meter import MeterRow

# IEC 61851-1 charges no car below 6 A, 1.4 kW on one phase; a car that waits draws less than 1 kW.
_CHARGING_W: Final = 1000
_WINDOW_S: Final = 900


def find_charging_end(points: list[MeterRow], told_s: int) -> int:
    """Return the second charging ended at, never before `told_s`.

    Charging resumed where, after `told_s`, the register rose by 1 kW for a quarter of an hour
    (250 Wh) within a quarter of an hour, or by 1 kW for all the time between two neighbours
    farther apart. It then ended at the last point of the last such rise.
    """
    after = [(at_s, energy_wh) for at_s, energy_wh, _, _ in points if at_s >= told_s]
    last = first = 0
    for index in range(1, len(after)):
        at_s, energy_wh = after[index]
        while first < index - 1 and at_s - after[first][0] > _WINDOW_S:
            first += 1
        from_s, from_wh = after[first]
        if (energy_wh - from_wh) * 3600 >= _CHARGING_W * max(_WINDOW_S, at_s - from_s):
            last = index
    if not last:
        return told_s
    return next(at_s for at_s, energy_wh in after if energy_wh == after[last][1])
