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
from anomalies.detectors.connector.derating import E10Thresholds
from anomalies.detectors.connector.drift import M5Thresholds
from anomalies.detectors.connector.failures import S8Thresholds
from anomalies.detectors.connector.missing import M6Thresholds
from anomalies.detectors.connector.silence import S9Thresholds
from anomalies.detectors.deadlines import DeadlineThresholds
from anomalies.detectors.fleet import S12Thresholds
from anomalies.detectors.money.bills import BillThresholds
from anomalies.detectors.money.tags import TagThresholds
from anomalies.detectors.register import RegisterThresholds
from anomalies.detectors.site import SiteThresholds
from anomalies.detectors.station.clock import S2Thresholds
from anomalies.detectors.station.connections import FlappingThresholds
from anomalies.detectors.station.tokens import F6Thresholds, S7Thresholds
from anomalies.detectors.station.transactions import S10Thresholds
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
    "E10": E10Thresholds,
    "M5": M5Thresholds,
    "M6": M6Thresholds,
    "S2": S2Thresholds,
    "S3": FlappingThresholds,
    "S7": S7Thresholds,
    "S8": S8Thresholds,
    "S9": S9Thresholds,
    "S10": S10Thresholds,
    "S12": S12Thresholds,
    "F6": F6Thresholds,
    "deadlines": DeadlineThresholds,
    "site": SiteThresholds,
    "tags": TagThresholds,
    "bills": BillThresholds,
}


def load_thresholds(overrides: Mapping[str, Mapping[str, int]]) -> Thresholds:
    """Thresholds of a tenant or model: kind (or "register") -> name -> value, within bounds.

    Raises ThresholdUnknown and ThresholdOutOfBounds.
    """
    if not isinstance(overrides, Mapping) or not all(
        isinstance(values, Mapping) for values in overrides.values()
    ):
        raise ThresholdUnknown("thresholds are kind -> name -> value")
    unknown = overrides.keys() - _THRESHOLD_SETS.keys()
    if unknown:
        raise ThresholdUnknown(f"no detector {sorted(unknown)}")
    return Thresholds(checked(_THRESHOLD_SETS[kind], values) for kind, values in overrides.items())
