"""S11: the readings lack what the station was told to send."""

from __future__ import annotations

from dataclasses import dataclass

from anomalies.detectors.base import Detector, View
from anomalies.detectors.kinds import found
from anomalies.detectors.thresholds import bounded
from anomalies.types import Finding, Relation
from sessions_app.types import Sample, SampleContext

_PERIODIC = SampleContext.PERIODIC
_FIELDS = {
    "Energy.Active.Import.Register": ("energy_wh",),
    "Power.Active.Import": ("power_w",),
    "Current.Import": ("current_ma", "current_l1_ma", "current_l2_ma", "current_l3_ma"),
    "Voltage": ("voltage_mv", "voltage_l1_mv", "voltage_l2_mv", "voltage_l3_mv"),
}


@dataclass(frozen=True, slots=True)
class S11Thresholds:
    """How many frames must lack it."""

    frames: int = bounded(3, 2, 10)


@dataclass(slots=True)
class S11Memory:
    """Frames seen, and the measurands seen in them as bits in the order of `_FIELDS`."""

    frames: int = 0
    seen: int = 0


def _step(
    memory: S11Memory, view: View, thresholds: S11Thresholds
) -> tuple[S11Memory, Finding | None]:
    """Voltage, current, power or register in none of the first 3 periodic frames (S11)."""
    if memory.frames >= thresholds.frames or not view.facts.asked:
        return memory, None
    if view.sample.context is not _PERIODIC:
        return memory, None
    memory.frames += 1
    for bit, names in enumerate(_FIELDS.values()):
        if _has_any(view.sample, names):
            memory.seen |= 1 << bit
    if memory.frames < thresholds.frames:
        return memory, None
    missing = [
        measurand
        for bit, measurand in enumerate(_FIELDS)
        if measurand in view.facts.asked and not memory.seen >> bit & 1
    ]
    if not missing:
        return memory, None
    return memory, found(
        "S11",
        "missing",
        observed=len(missing),
        expected=len(view.facts.asked),
        relation=Relation.AT_MOST,
        since_at=view.facts.started_at or view.sample.at,
        at=view.sample.at,
        measurands=", ".join(missing),
    )


def _has_any(sample: Sample, names: tuple[str, ...]) -> bool:
    return any(getattr(sample, name) is not None for name in names)


DETECTOR = Detector("S11", S11Memory, S11Thresholds, step=_step)
