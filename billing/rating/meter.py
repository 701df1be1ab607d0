"""The register between its readings: energy at any second, and how wrong that can be."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from billing.rating.resumption import find_charging_end

if TYPE_CHECKING:
    from collections.abc import Iterable

    from billing.rating.types import Reading, SessionFacts

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
UNREPORTED: Final = -1


def whole_second(at: datetime) -> int:
    """Return the Unix second `at` lies in; rating counts whole seconds, fractions are cut off."""
    since = at - _EPOCH
    return since.days * 86400 + since.seconds


# A reading as it is rated: Unix second, Wh, W, mA. Plain tuples: a long session has thousands.
MeterRow: TypeAlias = tuple[int, int, int, int]


class MeterPoint(NamedTuple):
    """A point of the session's own energy curve: Unix second and Wh since the start."""

    at_s: int
    energy_wh: int


def order_readings(readings: Iterable[Reading]) -> list[MeterRow]:
    """Return the readings in time order without repeats, whatever order they arrived in."""
    rows = set()
    for at, register_wh, power_w, current_ma in readings:
        since = at - _EPOCH
        rows.add(
            (
                since.days * 86400 + since.seconds,
                register_wh,
                UNREPORTED if power_w is None else power_w,
                UNREPORTED if current_ma is None else current_ma,
            )
        )
    return sorted(rows)


@dataclass(frozen=True, slots=True)
class Meter:
    """The session's own energy over time: 0 Wh at the start, the billed total at the end.

    `charging_end_s` is the real end of charging, None where nobody told of one; it is later than
    told where charging resumed. `ignored` counts, by reason, the readings that could not belong to
    such a curve. They do not change the bill's energy; whether the session may be billed at all is
    decided before rating.
    """

    start_s: int
    end_s: int
    total_wh: int
    seconds: list[int]
    energies_wh: list[int]
    powers_w: list[int]
    currents_ma: list[int]
    charging_end_s: int | None
    charging_resumed: bool
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

    def error_at(self, at_s: int) -> int:
        """Return how far the interpolated energy at a second can be from the true one, Wh."""
        before, after = self.readings_around(at_s)
        energy_wh = self.energy_at(at_s)
        return max(energy_wh - before.energy_wh, after.energy_wh - energy_wh)

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


def trace_meter(session: SessionFacts, rows: list[MeterRow]) -> Meter:
    """Lay the session's energy along its readings (`rows` from `order_readings`).

    A reading outside the session, below an earlier one or above the billed total is ignored and
    counted. Energy the readings do not show was delivered between the last of them and the end
    of charging.
    """
    start_s, end_s = whole_second(session.started_at), whole_second(session.ended_at)
    inside = [row for row in rows if start_s <= row[0] <= end_s]
    base_wh = session.meter_start_wh
    if base_wh is None:
        base_wh = inside[0][1] if inside else 0
    ignored = Counter({"outside_session": len(rows) - len(inside)})
    kept: list[MeterRow] = [(start_s, 0, UNREPORTED, UNREPORTED)]
    for at_s, register_wh, power_w, current_ma in inside:
        energy_wh = register_wh - base_wh
        last_s, last_wh, _, _ = kept[-1]
        if energy_wh < last_wh:
            ignored["register_fell"] += 1
        elif energy_wh > session.energy_wh:
            ignored["above_total"] += 1
        elif at_s > last_s:
            kept.append((at_s, energy_wh, power_w, current_ma))
        elif at_s == start_s and energy_wh > 0:
            ignored["energy_before_start"] += 1
        else:
            kept[-1] = (at_s, energy_wh, power_w, current_ma)
    told_at = session.charging_ended_at
    told_s = None if told_at is None else min(max(whole_second(told_at), start_s), end_s)
    _close_curve(kept, session.energy_wh, end_s if told_s is None else told_s, end_s)
    seconds, energies, powers, currents = (list(column) for column in zip(*kept, strict=True))
    ended_s = None if told_s is None else find_charging_end(kept, told_s)
    return Meter(
        start_s,
        end_s,
        session.energy_wh,
        seconds,
        energies,
        powers,
        currents,
        ended_s,
        ended_s != told_s,
        dict(+ignored),
    )


def _close_curve(kept: list[MeterRow], total_wh: int, tail_s: int, end_s: int) -> None:
    """Let the curve reach the billed total by `tail_s`, or by the end if readings go beyond."""
    last_s, last_wh, power_w, current_ma = kept[-1]
    if last_wh == total_wh:
        return
    if tail_s <= last_s:
        tail_s = end_s
    if tail_s > last_s:
        kept.append((tail_s, total_wh, UNREPORTED, UNREPORTED))
    else:
        kept[-1] = (last_s, total_wh, power_w, current_ma)
