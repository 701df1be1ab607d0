"""The list of detectors: a new kind is one file and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anomalies.detectors import (
    e1_power_mismatch,
    e3_over_current,
    e9_zero_power,
    m1_register_backwards,
    m2_register_jump,
    m3_register_stuck,
    m8_unit_mix,
    m9_stop_inconsistent,
    s2_time_order,
)
from anomalies.detectors.base import Detector
from anomalies.detectors.register import RegisterThresholds
from anomalies.detectors.thresholds import Thresholds, ThresholdUnknown, checked

CATALOGUE: tuple[Detector[Any, Any], ...] = (
    e1_power_mismatch.DETECTOR,
    e3_over_current.DETECTOR,
    e9_zero_power.DETECTOR,
    m1_register_backwards.DETECTOR,
    m2_register_jump.DETECTOR,
    m3_register_stuck.DETECTOR,
    m8_unit_mix.DETECTOR,
    m9_stop_inconsistent.DETECTOR,
    s2_time_order.DETECTOR,
)

_THRESHOLD_SETS: Mapping[str, type] = {
    "register": RegisterThresholds,
    **{detector.kind: detector.thresholds for detector in CATALOGUE},
}


def load_thresholds(overrides: Mapping[str, Mapping[str, int]]) -> Thresholds:
    """Thresholds of a tenant or model: kind (or "register") -> name -> value, within bounds.

    Raises ThresholdUnknown and ThresholdOutOfBounds.
    """
    unknown = overrides.keys() - _THRESHOLD_SETS.keys()
    if unknown:
        raise ThresholdUnknown(f"no detector {sorted(unknown)}")
    return Thresholds(checked(_THRESHOLD_SETS[kind], values) for kind, values in overrides.items())
