"""Which measurands have a field of their own, in which units they come, and their bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sessions_app.normalise.numbers import round_half_up, shift

_INT32 = 2**31 - 1
_INT64 = 2**63 - 1

# The 2.0.1 schema gives "Wh" as the default unit of every measurand, and decoders that fill in
# defaults send it with volts and amperes: there it says nothing.
_SCHEMA_DEFAULT_UNIT = "Wh"


class UnitUnknown(ValueError):
    """The unit does not belong to the measurand."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A measurand with a field: `powers` are the tens from each unit to the field's unit."""

    name: str
    powers: Mapping[str, int]
    default_unit: str
    low: int
    high: int

    def power_of(self, unit: str) -> tuple[int, bool]:
        """Power of ten of `unit` ("": the default), and whether the unit had to be ignored.

        Raises UnitUnknown.
        """
        if not unit:
            return self.powers[self.default_unit], False
        exact = self.powers.get(unit)
        if exact is None:
            exact = _ANY_CASE.get((self.name, unit.casefold()))
        if exact is not None:
            return exact, False
        if unit == _SCHEMA_DEFAULT_UNIT:
            return self.powers[self.default_unit], True
        raise UnitUnknown(f"unit {unit[:20]!r}")

    def integer(self, number: Decimal, power: int) -> int:
        """The number in the field's unit, halves rounded up. Raises OutOfRange."""
        return round_half_up(shift(number, power), self.low, self.high)


ENERGY = Measure("energy", {"Wh": 0, "kWh": 3, "MWh": 6}, "Wh", -_INT64, _INT64)
POWER = Measure("power", {"W": 0, "kW": 3, "MW": 6}, "W", -_INT32, _INT32)
CURRENT = Measure("current", {"A": 3, "mA": 0, "kA": 6}, "A", -_INT32, _INT32)
OFFERED = Measure("offered", {"A": 3, "mA": 0, "kA": 6}, "A", 0, _INT32)
VOLTAGE = Measure("voltage", {"V": 3, "mV": 0, "kV": 6}, "V", 0, _INT32)
SOC = Measure("soc", {"Percent": 0, "%": 0}, "Percent", 0, 100)

DEFAULT_MEASURAND = "Energy.Active.Import.Register"
MEASURES: Mapping[str, Measure] = {
    DEFAULT_MEASURAND: ENERGY,
    "Power.Active.Import": POWER,
    "Current.Import": CURRENT,
    "Current.Offered": OFFERED,
    "Current.Import.Offered": OFFERED,
    "Voltage": VOLTAGE,
    "SoC": SOC,
}

# 2.0.1 leaves the spelling of units free. MW and mW (MWh, mWh) differ by case alone: exact only.
_ANY_CASE: Mapping[tuple[str, str], int] = {
    (measure.name, unit.casefold()): power
    for measure in (ENERGY, POWER, CURRENT, OFFERED, VOLTAGE, SOC)
    for unit, power in measure.powers.items()
    if not unit.startswith("M")
}
