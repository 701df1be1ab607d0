"""Readings as OCPP sampled values, in the shape of 1.6 and of 2.0.1."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from config.devstack.simulator.physics import Reading

ENERGY = "Energy.Active.Import.Register"
POWER = "Power.Active.Import"
CURRENT = "Current.Import"
VOLTAGE = "Voltage"


@dataclass(frozen=True, slots=True)
class Value:
    """One sampled value without the shape of a protocol version."""

    measurand: str
    amount: Decimal
    unit: str
    phase: str | None = None
    location: str = "Outlet"


def values_of(
    reading: Reading, measurands: Iterable[str], energy_unit: str = "Wh"
) -> Iterator[Value]:
    """The wanted measurands this station can measure; others are left out."""
    for measurand in measurands:
        if measurand == ENERGY:
            yield _energy(reading, energy_unit)
        elif measurand in ENCODERS:
            yield from ENCODERS[measurand](reading)


def as_ocpp16(reading: Reading, values: Iterable[Value], context: str) -> dict[str, Any]:
    """A meterValue of OCPP 1.6: every value is text."""
    sampled = [
        {"value": str(each.amount), **_labels(each, context), "unit": each.unit} for each in values
    ]
    return {"timestamp": reading.at.strftime("%Y-%m-%dT%H:%M:%SZ"), "sampledValue": sampled}


def as_ocpp201(reading: Reading, values: Iterable[Value], context: str) -> dict[str, Any]:
    """A meterValue of OCPP 2.0.1: every value is a number with a unit of measure."""
    sampled = [
        {
            "value": float(each.amount),
            **_labels(each, context),
            "unitOfMeasure": {"unit": each.unit},
        }
        for each in values
    ]
    return {"timestamp": reading.at.strftime("%Y-%m-%dT%H:%M:%S.000Z"), "sampledValue": sampled}


def _labels(value: Value, context: str) -> dict[str, str]:
    phase = {"phase": value.phase} if value.phase else {}
    return {"context": context, "measurand": value.measurand, **phase, "location": value.location}


def _energy(reading: Reading, unit: str) -> Value:
    wh = Decimal(reading.register_wh)
    return Value(ENERGY, wh / 1000 if unit == "kWh" else wh, unit)


def _power(reading: Reading) -> Iterator[Value]:
    yield Value(POWER, Decimal(reading.power_w), "W")


def _current(reading: Reading) -> Iterator[Value]:
    for index, milliamps in enumerate(reading.current_ma, start=1):
        phase = None if _is_dc(reading) else f"L{index}"
        yield Value(CURRENT, Decimal(milliamps) / 1000, "A", phase)


def _voltage(reading: Reading) -> Iterator[Value]:
    for index, millivolts in enumerate(reading.voltage_mv, start=1):
        phase = None if _is_dc(reading) else f"L{index}-N"
        yield Value(VOLTAGE, Decimal(millivolts) / 1000, "V", phase)


def _soc(reading: Reading) -> Iterator[Value]:
    if reading.soc_percent is not None:
        yield Value("SoC", Decimal(reading.soc_percent), "Percent", location="EV")


def _offered_current(reading: Reading) -> Iterator[Value]:
    yield Value("Current.Offered", Decimal(reading.offered_ma) / 1000, "A")


def _offered_power(reading: Reading) -> Iterator[Value]:
    yield Value("Power.Offered", Decimal(reading.offered_w), "W")


def _is_dc(reading: Reading) -> bool:
    return reading.soc_percent is not None


ENCODERS: dict[str, Callable[[Reading], Iterator[Value]]] = {
    POWER: _power,
    CURRENT: _current,
    VOLTAGE: _voltage,
    "SoC": _soc,
    "Current.Offered": _offered_current,
    "Power.Offered": _offered_power,
}
