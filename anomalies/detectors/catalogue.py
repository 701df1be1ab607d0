"""The list of detectors: a new kind is one file and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anomalies.detectors import (
    e1_power_mismatch,
    e2_supply_voltage,
    e3_over_current,
    e4_profile_ignored,
    e5_own_limit,
    e6_phase_loss,
    e7_imbalance,
    e8_no_energy,
    e9_zero_power,
    e11_below_expected,
    e12_hunting,
    e13_temperature,
    e14_soc_jump,
    m1_register_backwards,
    m2_register_jump,
    m3_register_stuck,
    m4_energy_power,
    m8_unit_mix,
    m9_stop_inconsistent,
    m10_battery,
    s2_time_order,
    s11_missing_measurands,
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
    e2_supply_voltage.DETECTOR,
    e3_over_current.DETECTOR,
    e4_profile_ignored.DETECTOR,
    e5_own_limit.DETECTOR,
    e6_phase_loss.DETECTOR,
    e7_imbalance.DETECTOR,
    e8_no_energy.DETECTOR,
    e9_zero_power.DETECTOR,
    e11_below_expected.DETECTOR,
    e12_hunting.DETECTOR,
    e13_temperature.DETECTOR,
    e14_soc_jump.DETECTOR,
    m1_register_backwards.DETECTOR,
    m2_register_jump.DETECTOR,
    m3_register_stuck.DETECTOR,
    m4_energy_power.DETECTOR,
    m8_unit_mix.DETECTOR,
    m9_stop_inconsistent.DETECTOR,
    m10_battery.DETECTOR,
    s2_time_order.DETECTOR,
    s11_missing_measurands.DETECTOR,
)

_THRESHOLD_SETS: Mapping[str, type] = {
    "register": RegisterThresholds,
    **{detector.kind: detector.thresholds for detector in CATALOGUE},
    "E10": E10Thresholds,
    "M5": M5Thresholds,
    "M6": M6Thresholds,
    "clock": S2Thresholds,
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


def threshold_set(rule: str) -> Any:
    """The dataclass of a rule's thresholds; raises ThresholdUnknown."""
    if rule not in _THRESHOLD_SETS:
        raise ThresholdUnknown(f"no detector {rule}")
    return _THRESHOLD_SETS[rule]


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
