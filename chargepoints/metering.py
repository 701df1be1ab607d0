"""Which meter values stations are asked for, and whether a station sends them already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chargepoints.types import V16

LONGEST_INTERVAL_S = 60

ENERGY = "Energy.Active.Import.Register"
POWER = "Power.Active.Import"
# From best to worst: stations refuse the whole list for one quantity they do not measure, and most
# AC stations cannot see the car's state of charge.
MEASURANDS = (
    f"{ENERGY},{POWER},Current.Import,Voltage,SoC",
    f"{ENERGY},{POWER},Current.Import,Voltage",
    f"{ENERGY},{POWER}",
    ENERGY,
)


@dataclass(frozen=True, slots=True)
class Wish:
    """One setting we want, with the values we would take, best first."""

    component: str
    name: str
    offers: tuple[str, ...]

    def is_met_by(self, value: str | None) -> bool:
        """Whether the station's value is as good as the best offer, or one we settled for."""
        if value is None:
            return False
        if self.name in INTERVALS:
            return value.isdecimal() and 0 < int(value) <= LONGEST_INTERVAL_S
        has = _words(value)
        return has >= _words(self.offers[0]) or any(has == _words(o) for o in self.offers[1:])

    def next_offer(self, refused: str) -> str | None:
        """What to ask for after this value was refused; None when there is nothing left."""
        if refused not in self.offers[:-1]:
            return None
        return self.offers[self.offers.index(refused) + 1]


INTERVALS = frozenset({"MeterValueSampleInterval", "TxUpdatedInterval"})
WISHES_16 = (
    Wish("", "MeterValueSampleInterval", (str(LONGEST_INTERVAL_S),)),
    Wish("", "MeterValuesSampledData", MEASURANDS),
)
WISHES_201 = (
    Wish("SampledDataCtrlr", "TxUpdatedInterval", (str(LONGEST_INTERVAL_S),)),
    Wish("SampledDataCtrlr", "TxUpdatedMeasurands", MEASURANDS),
    Wish("SampledDataCtrlr", "TxStartedMeasurands", (ENERGY,)),
    Wish("SampledDataCtrlr", "TxEndedMeasurands", (ENERGY,)),
)


def wishes_for(version: str) -> tuple[Wish, ...]:
    """What we want of a station that speaks this OCPP version."""
    return WISHES_16 if version == V16 else WISHES_201


def unmet_wishes(version: str, known: Mapping[tuple[str, str], str]) -> list[Wish]:
    """The settings that differ from what we want; `known` maps (component, name) to the value."""
    return [w for w in wishes_for(version) if not w.is_met_by(known.get((w.component, w.name)))]


def wish_called(version: str, component: str, name: str) -> Wish | None:
    """Our wish about this setting, if we have one."""
    for wish in wishes_for(version):
        if (wish.component, wish.name) == (component, name):
            return wish
    return None


def _words(value: str) -> frozenset[str]:
    return frozenset(word.strip() for word in value.split(",") if word.strip())
