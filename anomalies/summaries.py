"""A finished session in a few numbers, out of its samples; pure."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median_low
from typing import Any, Final

from anomalies.detectors import CurvePoint, Facts, SessionSummary
from anomalies.detectors.e13_temperature import hottest_celsius
from anomalies.detectors.electric import flow_w, largest_current_ma
from sessions_app.types import Sample, SampleContext

_PLACE_PCT: Final = 5
_MINUTES: Final = 100
_QUARTER_S: Final = 900
_LONGEST_GAPS: Final = 2.5
_FLOWING_MA: Final = 1_000
# A rise is told from the weather at currents that heat, in sessions that last.
_HEATING_MA: Final = 10_000
_HEATING_S: Final = 900
# The register or its ends are in doubt: the next session can not be compared with this one.
_REGISTER_DOUBTS: Final = frozenset({"M1", "M2", "M8", "M9", "M11"})
# What such a session shows is no example for others.
_NO_EXAMPLE: Final = frozenset(
    {"E1", "E3", "E4", "E5", "E6", "E8", "E9", "E10", "E12", "E13", "M2", "M4", "M8"}
)


@dataclass(frozen=True, slots=True)
class Course:
    """A summary, and what others may learn: the curve as limited by us and the offer alone.

    `heat` is the rise in millikelvin per 1000 A2, None where it can not be told.
    """

    summary: SessionSummary
    free_curve: tuple[CurvePoint, ...]
    heat: int | None
    teaches: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """A finished session's own numbers; times are those of its samples."""

    ref: str
    token: str
    vehicle: str
    started_at: datetime
    ended_at: datetime
    energy_wh: int
    meter_start_wh: int | None
    meter_stop_wh: int | None
    is_maintenance: bool = False


def summarise(
    ended: Ended, samples: Sequence[Sample], facts: Facts, kinds: frozenset[str]
) -> Course:
    """What connector, fleet and fraud rules need of a session; `samples` in the order of time."""
    periodic = [each for each in samples if each.context is not SampleContext.BEGIN]
    curve = _curve(periodic, facts, ended.started_at)
    is_doubted = bool(kinds & _REGISTER_DOUBTS)
    integral_wh, covered_permille = _integral(periodic, facts, ended)
    summary = SessionSummary(
        ref=ended.ref,
        token=ended.token,
        started_at=ended.started_at,
        ended_at=ended.ended_at,
        energy_wh=ended.energy_wh,
        meter_start_wh=None if is_doubted else ended.meter_start_wh,
        meter_stop_wh=None if is_doubted else ended.meter_stop_wh,
        integral_wh=integral_wh,
        covered_permille=0 if is_doubted else covered_permille,
        interval_s=_interval_s(periodic),
        vehicle=ended.vehicle,
        curve=tuple(_rated(point, facts) for point in curve),
        is_maintenance=ended.is_maintenance,
        kinds=kinds,
    )
    return Course(summary, curve, _heat(periodic), not kinds & _NO_EXAMPLE)


def course_to_json(course: Course) -> dict[str, Any]:
    """What is learnt from later, as JSON values; nothing in it names the driver."""
    return {
        "version": 1,
        "vehicle": course.summary.vehicle,
        "curve": [list(point) for point in course.summary.curve],
        "free": [list(point) for point in course.free_curve],
        "heat": course.heat,
        "teaches": course.teaches,
        "integral_wh": course.summary.integral_wh,
        "covered_permille": course.summary.covered_permille,
        "interval_s": course.summary.interval_s,
        "kinds": sorted(course.summary.kinds),
    }


def curve_from_json(points: object) -> tuple[CurvePoint, ...]:
    """A curve that `course_to_json` wrote."""
    return tuple(CurvePoint(*point) for point in points) if isinstance(points, list) else ()


def _curve(samples: Sequence[Sample], facts: Facts, began_at: datetime) -> tuple[CurvePoint, ...]:
    """Medians per bin while current flows; the cap is the least offer or limit of ours in it."""
    bins: defaultdict[int, list[int]] = defaultdict(list)
    caps: defaultdict[int, list[int]] = defaultdict(list)
    for sample in samples:
        current_ma = largest_current_ma(sample)
        if current_ma is None or current_ma < _FLOWING_MA:
            continue
        place = _place(sample, facts, began_at)
        bins[place].append(current_ma)
        limit = facts.limit_at(sample.at)
        known = (sample.current_offered_ma, None if limit is None else limit.limit_ma)
        caps[place] += [cap for cap in known if cap]
    return tuple(
        CurvePoint(place, median_low(values), min(caps[place], default=0))
        for place, values in sorted(bins.items())
    )


def _place(sample: Sample, facts: Facts, began_at: datetime) -> int:
    if facts.is_dc and sample.soc_pct:
        return min(sample.soc_pct // _PLACE_PCT, 19)
    return _MINUTES + max(0, int((sample.at - began_at).total_seconds())) // _QUARTER_S


def _rated(point: CurvePoint, facts: Facts) -> CurvePoint:
    """The point with the connector's own rating as a limit too."""
    caps = [cap for cap in (point.cap_ma, facts.max_current_ma) if cap]
    return point._replace(cap_ma=min(caps, default=0))


def _integral(samples: Sequence[Sample], facts: Facts, ended: Ended) -> tuple[int | None, int]:
    """The mean of the power bounds, as much of it as the session's energy is of the register's.

    Where samples do not cover the ends, register and power are compared where both are known.
    """
    known = [
        (each.at, power, each.energy_wh)
        for each in samples
        if (power := flow_w(each, facts)) is not None and each.energy_wh is not None
    ]
    if len(known) < 2:
        return None, 0
    usual_s = _interval_s(samples)
    double_ws = covered_s = gain_wh = 0
    for (at, power_w, wh), (next_at, next_w, next_wh) in itertools.pairwise(known):
        gap_s = int((next_at - at).total_seconds())
        if 0 < gap_s <= max(1, usual_s) * _LONGEST_GAPS:
            double_ws += (power_w + next_w) * gap_s
            covered_s += gap_s
            gain_wh += next_wh - wh
    if gain_wh <= 0 or ended.energy_wh <= 0:
        return None, 0
    charging_s = int((known[-1][0] - known[0][0]).total_seconds()) or 1
    integral_wh = double_ws * ended.energy_wh // (7_200 * gain_wh)
    return integral_wh, min(1_000, covered_s * 1_000 // charging_s)


def _interval_s(samples: Sequence[Sample]) -> int:
    gaps = [
        int((later.at - each.at).total_seconds()) for each, later in itertools.pairwise(samples)
    ]
    return median_low(gaps) if gaps else 0


def _heat(samples: Sequence[Sample]) -> int | None:
    degrees = [
        (each.at, value) for each in samples if (value := hottest_celsius(each.extra)) is not None
    ]
    loads = [load for each in samples if (load := largest_current_ma(each)) is not None]
    if not degrees or not loads or (degrees[-1][0] - degrees[0][0]).total_seconds() < _HEATING_S:
        return None
    load_ma = median_low(loads)
    if load_ma < _HEATING_MA:
        return None
    rise_c = max(value for _at, value in degrees) - min(value for _at, value in degrees)
    return rise_c * 10**12 // load_ma**2


def without_register(summary: SessionSummary) -> SessionSummary:
    """The summary of a session whose neighbours are not all known: its start proves nothing."""
    return replace(summary, register_is_shared=True)
