"""The thresholds that operators may move: what they are called, and their units."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from anomalies.detectors.catalogue import threshold_set
from anomalies.detectors.thresholds import bounds_of
from anomalies.titles import TITLES

_UNITS: Final = {
    "permille": "‰",
    "ppm": "ppm",
    "pct": "%",
    "ma": "mA",
    "wh": "Wh",
    "w": "W",
    "s": "s",
    "c": "°C",
    "kmh": "km/h",
    "m": "m",
    "minor": "öre/kWh",
}

# (rule's set, threshold): (kind of incident, what it is).
NAMES: Final[dict[tuple[str, str], tuple[str, str | Promise]]] = {
    ("E1", "deviation_permille"): ("E1", _("power may differ by")),
    ("E2", "high_permille"): ("E2", _("highest mean voltage, of the nominal one")),
    ("E2", "low_permille"): ("E2", _("lowest mean voltage, of the nominal one")),
    ("E3", "slack_ma"): ("E3", _("current above the limit that is still right")),
    ("E4", "settling_s"): ("E4", _("time to follow a new profile")),
    ("E7", "apart_permille"): ("E7", _("phases may differ by")),
    ("E8", "duration_s"): ("E8", _("time for the first energy")),
    ("E9", "duration_s"): ("E9", _("time without power")),
    ("E12", "turns"): ("E12", _("swings until it is hunting")),
    ("E13", "hottest_c"): ("E13", _("highest temperature")),
    ("E13", "above_peers_c"): ("E13", _("hotter than others of its model by")),
    ("E14", "jump_pct"): ("E14", _("jump of the state of charge")),
    ("register", "power_permille"): ("M2", _("most energy, of the rated power")),
    ("M3", "least_wh"): ("M3", _("energy that flows while the register stands")),
    ("M4", "tolerance_permille"): ("M4", _("energy may differ from the power by")),
    ("M5", "drift_ppm"): ("M5", _("drift over sessions")),
    ("M6", "gap_wh"): ("M6", _("energy between sessions")),
    ("deadlines", "gap_s"): ("S1", _("time without readings")),
    ("clock", "drift_s"): ("S2", _("clock may be off by")),
    ("S3", "connections"): ("S3", _("connections in an hour")),
    ("deadlines", "heartbeats"): ("S3", _("heartbeats that may be missing")),
    ("deadlines", "silent_s"): ("S4", _("open session without readings")),
    ("deadlines", "overstay_s"): ("S5", _("time a full car may stay")),
    ("deadlines", "preparing_s"): ("S6", _("time in the state Preparing")),
    ("deadlines", "finishing_s"): ("S6", _("time in the state Finishing")),
    ("deadlines", "unavailable_s"): ("S6", _("time in the state Unavailable")),
    ("S7", "refusals"): ("S7", _("refused tokens in five minutes")),
    ("S8", "run"): ("S8", _("failed sessions in a row")),
    ("S9", "least_s"): ("S9", _("shortest time that counts as quiet")),
    ("S12", "stations"): ("S12", _("stations that have to fail")),
    ("tags", "speed_kmh"): ("F1", _("fastest way between two sites")),
    ("tags", "apart_m"): ("F1", _("distance of sites used at once")),
    ("tags", "daily_wh"): ("F2", _("energy of a token in a day")),
    ("bills", "invoiced_s"): ("F3", _("time until there is a bill")),
    ("bills", "highest_minor"): ("F4", _("highest price per kWh; 0 for none")),
    ("F6", "tokens"): ("F6", _("different tokens in a quarter of an hour")),
}


@dataclass(frozen=True, slots=True)
class Movable:
    """A threshold with its bounds, all in `unit`."""

    rule: str
    name: str
    kind: str
    label: str | Promise
    unit: str
    default: int
    low: int
    high: int

    @property
    def key(self) -> str:
        """How forms name it."""
        return f"{self.rule}.{self.name}"

    @property
    def title(self) -> str:
        """The kind of incident and the threshold."""
        return f"{self.kind} {TITLES[self.kind]}: {self.label}"

    def shown(self, value: int) -> str:
        """A value with its unit."""
        return f"{value} {self.unit}".strip()


def movables() -> dict[str, Movable]:
    """Every threshold that may be moved, by its key."""
    found = [_movable(rule, name) for rule, name in NAMES]
    return {each.key: each for each in found}


def _movable(rule: str, name: str) -> Movable:
    kind, label = NAMES[rule, name]
    [known] = [each for each in fields(threshold_set(rule)) if each.name == name]
    low, high = bounds_of(known)
    unit = _UNITS.get(name.rsplit("_", 1)[-1], "")
    default: Any = known.default
    return Movable(rule, name, kind, label, unit, default, low, high)
