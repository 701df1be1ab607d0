"""E7: the phases in use carry unequal current, or the supply is unequal."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

from anomalies.detectors.base import Detector, View, moment
from anomalies.detectors.kinds import found
from anomalies.detectors.thresholds import bounded
from anomalies.types import Finding, Relation


@dataclass(frozen=True, slots=True)
class E7Thresholds:
    """Healthy cars measured 4-6 % apart; EN 50160 allows 2 % of voltage."""

    apart_permille: int = bounded(150, 80, 400)
    apart_ma: int = bounded(2_000, 1_000, 8_000)
    active_ma: int = bounded(1_000, 500, 3_000)
    voltage_permille: int = bounded(20, 10, 60)
    duration_s: int = bounded(300, 120, 1_800)
    voltage_s: int = bounded(600, 300, 3_600)
    samples: int = bounded(2, 2, 10)


@dataclass(slots=True)
class E7Memory:
    """Since when currents and voltages are unequal, and for how many samples."""

    current_since_ms: int | None = None
    current_samples: int = 0
    voltage_since_ms: int | None = None
    voltage_samples: int = 0
    is_reported: bool = False
    voltage_is_reported: bool = False


def _step(
    memory: E7Memory, view: View, thresholds: E7Thresholds
) -> tuple[E7Memory, Finding | None]:
    """More than 15 % and 2 A between active phases for 5 minutes (catalogue E7)."""
    sample = view.sample
    if view.facts.is_dc or sample.current_l2_ma is None:
        return memory, None
    first, second, third = sample.current_l1_ma, sample.current_l2_ma, sample.current_l3_ma
    phases = (abs(first or 0), abs(second), abs(third or 0))
    currents = [ma for ma in phases if ma >= thresholds.active_ma]
    if len(currents) < 2:
        memory.current_since_ms = memory.voltage_since_ms = None
        memory.is_reported = False
        return memory, None
    finding = _currents(memory, view, currents, thresholds)
    if finding is None and len(currents) == 3:
        finding = _voltages(memory, view, thresholds)
    return memory, finding


def _currents(
    memory: E7Memory, view: View, currents: list[int], thresholds: E7Thresholds
) -> Finding | None:
    apart, mean = max(currents) - min(currents), sum(currents) // len(currents)
    if apart <= thresholds.apart_ma or apart * 1_000 <= thresholds.apart_permille * mean:
        memory.current_since_ms, memory.current_samples, memory.is_reported = None, 0, False
        return None
    if memory.current_since_ms is None:
        memory.current_since_ms = view.at_ms
    memory.current_samples += 1
    is_long = view.at_ms - memory.current_since_ms >= thresholds.duration_s * 1_000
    if not is_long or memory.current_samples < thresholds.samples or memory.is_reported:
        return None
    memory.is_reported = True
    most = max(thresholds.apart_ma, thresholds.apart_permille * mean // 1_000)
    return _finding(view, "current", apart, most, memory.current_since_ms, "mA")


def _voltages(memory: E7Memory, view: View, thresholds: E7Thresholds) -> Finding | None:
    """Between the phases, since against neutral one-phase neighbours make it look unequal."""
    sample = view.sample
    u1, u2, u3 = sample.voltage_l1_mv, sample.voltage_l2_mv, sample.voltage_l3_mv
    if not (u1 and u2 and u3):
        return None
    between = [isqrt(a * a + b * b + a * b) for a, b in ((u1, u2), (u2, u3), (u3, u1))]
    mean = sum(between) // 3
    apart = max(max(between) - mean, mean - min(between))
    if apart * 1_000 <= thresholds.voltage_permille * mean:
        memory.voltage_since_ms, memory.voltage_samples = None, 0
        memory.voltage_is_reported = False
        return None
    if memory.voltage_since_ms is None:
        memory.voltage_since_ms = view.at_ms
    memory.voltage_samples += 1
    is_long = view.at_ms - memory.voltage_since_ms >= thresholds.voltage_s * 1_000
    if not is_long or memory.voltage_is_reported:
        return None
    memory.voltage_is_reported = True
    most = thresholds.voltage_permille * mean // 1_000
    return _finding(view, "voltage", apart, most, memory.voltage_since_ms, "mV")


def _finding(
    view: View, cause: str, observed: int, expected: int, since_ms: int, unit: str
) -> Finding:
    return found(
        "E7",
        cause,
        observed=observed,
        expected=expected,
        relation=Relation.AT_MOST,
        since_at=moment(since_ms),
        at=view.sample.at,
        unit=unit,
        signal="" if cause == "current" else "Voltage",
    )


DETECTOR = Detector("E7", E7Memory, E7Thresholds, step=_step)
