"""The register between its readings: energy at any second, and how wrong that can be."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from billing.rating.types import Reading, SessionFacts

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
UNREPORTED: Final = -1


def whole_second(at: datetime) -> int:
    """Return the Unix second `at` lies in; rating counts whole seconds, fractions are cut off."""
    since = at - _EPOCH
    return since.days * 86400 + since.seconds


class MeterPoint(NamedTuple):
    """A reading as it is rated: Unix second, register or session energy (Wh), W, mA."""

    at_s: int
    energy_wh: int
    power_w: int = UNREPORTED
    current_ma: int = UNREPORTED


def order_readings(readings: Iterable[Reading]) -> list[MeterPoint]:
    """Return the readings in time order without repeats, whatever order they arrived in."""
    points = {
        MeterPoint(
            whole_second(at),
            register_wh,
            UNREPORTED if power_w is None else power_w,
            UNREPORTED if current_ma is None else current_ma,
        )
        for at, register_wh, power_w, current_ma in readings
    }
    return sorted(points)


@dataclass(frozen=True, slots=True)
class Meter:
    """The session's own energy over time: 0 Wh at the start, the billed total at the end.

    `ignored` counts, by reason, the readings that could not belong to such a curve. They do not
    change the bill's energy; whether the session may be billed at all is decided before rating.
    """

    start_s: int
    end_s: int
    total_wh: int
    seconds: list[int]
    energies_wh: list[int]
    powers_w: list[int]
    currents_ma: list[int]
    ignored: dict[str, int]

    def energy_at(self, at_s: int) -> int:
        """Return the energy delivered before a second, Wh, interpolated and rounded half up.

        Between readings energy follows the reported power where both have it, else a line.
        """
        index = bisect_right(self.seconds, at_s) - 1
        if index + 1 == len(self.seconds):
            return self.energies_wh[index]
        before_wh = self.energies_wh[index]
        gain_wh = self.energies_wh[index + 1] - before_wh
        span_s = self.seconds[index + 1] - self.seconds[index]
        into_s = at_s - self.seconds[index]
        first_w, last_w = self.powers_w[index], self.powers_w[index + 1]
        if first_w >= 0 and last_w >= 0 and first_w + last_w > 0:
            part = into_s * (2 * first_w * span_s + (last_w - first_w) * into_s)
            whole = (first_w + last_w) * span_s * span_s
        else:
            part, whole = into_s, span_s
        return before_wh + (2 * gain_wh * part + whole) // (2 * whole)

    def second_at(self, energy_wh: int) -> int:
        """Return the first second before which at least `energy_wh` (over 0) was delivered."""
        early_s, late_s = self.span_of(energy_wh)
        while late_s - early_s > 1:
            middle_s = (early_s + late_s) // 2
            if self.energy_at(middle_s) < energy_wh:
                early_s = middle_s
            else:
                late_s = middle_s
        return late_s

    def span_of(self, energy_wh: int) -> tuple[int, int]:
        """Return the seconds of the two points between which the register passed `energy_wh`."""
        index = bisect_left(self.energies_wh, energy_wh)
        return self.seconds[max(index - 1, 0)], self.seconds[index]

    def readings_around(self, at_s: int) -> tuple[MeterPoint, MeterPoint]:
        """Return the last point not after a second and the next one (the same at the end)."""
        index = bisect_right(self.seconds, at_s) - 1
        after = min(index + 1, len(self.seconds) - 1)
        if self.seconds[index] == at_s:
            after = index
        return (
            MeterPoint(self.seconds[index], self.energies_wh[index]),
            MeterPoint(self.seconds[after], self.energies_wh[after]),
        )

    def power_at(self, at_s: int) -> int:
        """Return the power in the second after `at_s`, W: as reported, else the register's mean."""
        index = bisect_right(self.seconds, at_s) - 1
        if self.powers_w[index] >= 0:
            return self.powers_w[index]
        if index + 1 == len(self.seconds):
            return 0
        gain_wh = self.energies_wh[index + 1] - self.energies_wh[index]
        return gain_wh * 3600 // (self.seconds[index + 1] - self.seconds[index])

    def current_at(self, at_s: int) -> int:
        """Return the current in the second after `at_s`, mA, or `UNREPORTED`."""
        return self.currents_ma[bisect_right(self.seconds, at_s) - 1]


def trace_meter(session: SessionFacts, points: list[MeterPoint]) -> Meter:
    """Lay the session's energy along its readings (`points` from `order_readings`).

    A reading outside the session, below an earlier one or above the billed total is ignored and
    counted. Energy the readings do not show was delivered between the last of them and the end
    of charging.
    """
    start_s, end_s = whole_second(session.started_at), whole_second(session.ended_at)
    inside = [point for point in points if start_s <= point.at_s <= end_s]
    base_wh = session.meter_start_wh
    if base_wh is None:
        base_wh = inside[0].energy_wh if inside else 0
    ignored = Counter({"outside_session": len(points) - len(inside)})
    kept = [MeterPoint(start_s, 0)]
    for point in inside:
        fault = _fit_point(kept, point._replace(energy_wh=point.energy_wh - base_wh), session)
        if fault:
            ignored[fault] += 1
    _close_curve(kept, session, end_s)
    seconds, energies, powers, currents = (list(column) for column in zip(*kept, strict=True))
    return Meter(
        start_s, end_s, session.energy_wh, seconds, energies, powers, currents, dict(+ignored)
    )


def _fit_point(kept: list[MeterPoint], point: MeterPoint, session: SessionFacts) -> str:
    """Append a point to the curve, or say why it cannot be part of it."""
    last = kept[-1]
    if point.energy_wh < last.energy_wh:
        return "register_fell"
    if point.energy_wh > session.energy_wh:
        return "above_total"
    if point.at_s > last.at_s:
        kept.append(point)
    elif len(kept) > 1 or point.energy_wh == 0:
        kept[-1] = point
    else:
        return "energy_before_start"
    return ""


def _close_curve(kept: list[MeterPoint], session: SessionFacts, end_s: int) -> None:
    last = kept[-1]
    if last.energy_wh == session.energy_wh:
        return
    charging_ended_at = session.charging_ended_at
    tail_s = end_s if charging_ended_at is None else min(whole_second(charging_ended_at), end_s)
    if tail_s <= last.at_s:
        tail_s = end_s
    if tail_s > last.at_s:
        kept.append(MeterPoint(tail_s, session.energy_wh))
    else:
        kept[-1] = last._replace(energy_wh=session.energy_wh)
