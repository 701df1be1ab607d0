"""M10: the energy does not fit the battery that its state of charge implies."""

from __future__ import annotations

from dataclasses import dataclass

from anomalies.detectors.base import Detector, Ending, View
from anomalies.detectors.kinds import found
from anomalies.detectors.thresholds import bounded
from anomalies.types import Finding, Relation


@dataclass(frozen=True, slots=True)
class M10Thresholds:
    """Cars on DC have 15 to 150 kWh; 2.3 % of EPFL's sessions imply other batteries."""

    smallest_wh: int = bounded(15_000, 5_000, 30_000)
    largest_wh: int = bounded(150_000, 100_000, 1_000_000)
    least_gain_pct: int = bounded(10, 5, 40)
    least_energy_wh: int = bounded(5_000, 1_000, 20_000)
    loss_permille: int = bounded(1_250, 1_050, 1_500)


@dataclass(slots=True)
class M10Memory:
    """First and last state of charge that was one."""

    first_pct: int = 0
    last_pct: int = 0


def _step(memory: M10Memory, view: View, _: M10Thresholds) -> tuple[M10Memory, Finding | None]:
    soc_pct = view.sample.soc_pct
    if soc_pct:
        memory.first_pct = memory.first_pct or soc_pct
        memory.last_pct = soc_pct
    return memory, None


def _finish(memory: M10Memory, ending: Ending, thresholds: M10Thresholds) -> Finding | None:
    """Evidence for a person: car swaps and mixed-up meters look like this (catalogue M10)."""
    gain_pct, energy_wh = memory.last_pct - memory.first_pct, ending.energy_wh
    if not ending.facts.is_dc or not memory.first_pct or energy_wh <= 0:
        return None
    most_wh = thresholds.largest_wh * (gain_pct + 2) * thresholds.loss_permille // 100_000
    least_wh = thresholds.smallest_wh * (gain_pct - 2) // 100
    if energy_wh > most_wh and energy_wh >= thresholds.least_energy_wh:
        return _finding(ending, "battery_too_large", most_wh)
    if energy_wh < least_wh and gain_pct >= thresholds.least_gain_pct:
        return _finding(ending, "battery_too_small", least_wh)
    return None


def _finding(ending: Ending, cause: str, expected_wh: int) -> Finding:
    return found(
        "M10",
        cause,
        observed=ending.energy_wh,
        expected=expected_wh,
        relation=Relation.AT_MOST if cause == "battery_too_large" else Relation.AT_LEAST,
        since_at=ending.started_at,
        at=ending.ended_at,
    )


DETECTOR = Detector("M10", M10Memory, M10Thresholds, step=_step, finish=_finish)
