"""E2: the mains voltage at an AC outlet is outside its limits."""

from __future__ import annotations

from dataclasses import dataclass

from anomalies.detectors.base import Detector, View, moment
from anomalies.detectors.kinds import found
from anomalies.detectors.thresholds import bounded
from anomalies.types import Finding, Relation, Severity

_NOMINAL_MV = 230_000
_CHARGING_MA = 2_000


@dataclass(frozen=True, slots=True)
class E2Thresholds:
    """EN 50160: 95 % of 10-minute means within 10 %, all within +10 and -15 %, of nominal."""

    high_permille: int = bounded(1_100, 1_050, 1_200)
    low_permille: int = bounded(900, 800, 950)
    very_low_permille: int = bounded(850, 700, 900)
    dip_permille: int = bounded(696, 500, 800)
    dead_permille: int = bounded(87, 0, 300)
    window_s: int = bounded(600, 300, 1_800)


@dataclass(slots=True)
class E2Memory:
    """Voltage times time (mV ms) of the window, of the lowest and the highest phase."""

    since_ms: int = 0
    lasted_ms: int = 0
    low: int = 0
    high: int = 0
    is_reported: bool = False
    dip_is_reported: bool = False


def _step(
    memory: E2Memory, view: View, thresholds: E2Thresholds
) -> tuple[E2Memory, Finding | None]:
    """10-minute means against the site's nominal voltage; one sample far below while charging.

    A phase without any voltage is not there, or lost (E6), and says nothing of the supply.
    """
    if not view.facts.is_ac:
        return memory, None
    nominal_mv = view.facts.nominal_voltage_mv or _NOMINAL_MV
    low_mv, high_mv = _range(view, nominal_mv * thresholds.dead_permille // 1_000)
    if low_mv is None or high_mv is None:
        return memory, None
    dip_mv = nominal_mv * thresholds.dip_permille // 1_000
    finding = _dip(memory, view, low_mv, dip_mv)
    gap_ms = view.gap_ms or 0
    if gap_ms > thresholds.window_s * 1_000:
        memory.lasted_ms = memory.low = memory.high = 0
        gap_ms = 0
    if not memory.lasted_ms:
        memory.since_ms = view.at_ms - gap_ms
    memory.lasted_ms += gap_ms
    memory.low += low_mv * gap_ms
    memory.high += high_mv * gap_ms
    if memory.lasted_ms < thresholds.window_s * 1_000:
        return memory, finding
    mean = _mean(memory, view, nominal_mv, thresholds)
    memory.lasted_ms = memory.low = memory.high = 0
    return memory, finding or mean


def _range(view: View, dead_mv: int) -> tuple[int | None, int | None]:
    sample = view.sample
    low = high = None
    for voltage in (
        sample.voltage_mv,
        sample.voltage_l1_mv,
        sample.voltage_l2_mv,
        sample.voltage_l3_mv,
    ):
        if voltage is not None and voltage > dead_mv:
            low = voltage if low is None or voltage < low else low
            high = voltage if high is None or voltage > high else high
    return low, high


def _dip(memory: E2Memory, view: View, low_mv: int, dip_mv: int) -> Finding | None:
    is_dip = low_mv < dip_mv and (view.load_ma or 0) >= _CHARGING_MA
    was_reported, memory.dip_is_reported = memory.dip_is_reported, is_dip
    if not is_dip or was_reported:
        return None
    return _finding(view, "dip", low_mv, dip_mv, view.at_ms, Severity.ERROR)


def _mean(
    memory: E2Memory, view: View, nominal_mv: int, thresholds: E2Thresholds
) -> Finding | None:
    low_mv, high_mv = memory.low // memory.lasted_ms, memory.high // memory.lasted_ms
    least_mv = nominal_mv * thresholds.low_permille // 1_000
    most_mv = nominal_mv * thresholds.high_permille // 1_000
    is_off = not (least_mv <= low_mv and high_mv <= most_mv)
    was_reported, memory.is_reported = memory.is_reported, is_off
    if not is_off or was_reported:
        return None
    if high_mv > most_mv:
        return _finding(view, "high", high_mv, most_mv, memory.since_ms, Severity.ERROR)
    is_very_low = low_mv < nominal_mv * thresholds.very_low_permille // 1_000
    severity = Severity.ERROR if is_very_low else Severity.WARNING
    return _finding(view, "low", low_mv, least_mv, memory.since_ms, severity)


def _finding(
    view: View, cause: str, observed: int, expected: int, since_ms: int, severity: Severity
) -> Finding:
    return found(
        "E2",
        cause,
        observed=observed,
        expected=expected,
        relation=Relation.AT_MOST if cause == "high" else Relation.AT_LEAST,
        since_at=moment(since_ms),
        at=view.sample.at,
        severity=severity,
    )


DETECTOR = Detector("E2", E2Memory, E2Thresholds, step=_step)
