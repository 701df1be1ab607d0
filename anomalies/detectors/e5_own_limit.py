"""E5: the car pauses because of a limit of our own that no car can follow."""

from __future__ import annotations

from dataclasses import dataclass

from anomalies.detectors.base import Detector, View
from anomalies.detectors.kinds import found
from anomalies.detectors.thresholds import bounded
from anomalies.types import Finding, Relation


@dataclass(frozen=True, slots=True)
class E5Thresholds:
    """IEC 61851 signals nothing below 6 A."""

    least_ma: int = bounded(6_000, 5_000, 8_000)


@dataclass(slots=True)
class E5Memory:
    """The limit that was spoken of."""

    limit_ma: int = 0


def _step(
    memory: E5Memory, view: View, thresholds: E5Thresholds
) -> tuple[E5Memory, Finding | None]:
    """A limit of ours above 0 and below 6 A is why an AC car pauses; 0 is meant so (E5)."""
    if not view.facts.limits or view.facts.is_dc:
        return memory, None
    limit = view.facts.limit_at(view.sample.at)
    limit_ma = limit.limit_ma if limit is not None else None
    if limit is None or limit_ma is None or not 0 < limit_ma < thresholds.least_ma:
        memory.limit_ma = 0
        return memory, None
    if memory.limit_ma:
        return memory, None
    memory.limit_ma = limit_ma
    return memory, found(
        "E5",
        "limit_too_low",
        observed=limit_ma,
        expected=thresholds.least_ma,
        relation=Relation.AT_LEAST,
        since_at=limit.at,
        at=view.sample.at,
    )


DETECTOR = Detector("E5", E5Memory, E5Thresholds, step=_step)
