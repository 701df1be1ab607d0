"""One sampled value: what it measures, where, and how much."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from sessions_app.normalise.measures import DEFAULT_MEASURAND, ENERGY, MEASURES, SOC, Measure
from sessions_app.normalise.numbers import parse_number, shift
from sessions_app.normalise.overrides import Overrides
from sessions_app.types import SampleContext, SampleFlag

# L1 and L1-N are the same conductor against neutral; everything else has no field of its own.
_SLOTS = {
    "": "",
    "L1": "l1",
    "L2": "l2",
    "L3": "l3",
    "L1-N": "l1",
    "L2-N": "l2",
    "L3-N": "l3",
    "N": "n",
}
# The outlet (OCPP's default) is where the driver buys; the car's own figures come last.
_PLACES = {"": 0, "Outlet": 0, "Cable": 1, "Inlet": 2, "Body": 2, "EV": 3}
_FARTHEST = max(_PLACES.values()) + 1
_SIGNED_PREFIX = "OCMF|"
_UNKNOWN = Decimal(-1)
_SHAPES_REMEMBERED = 4096


_CONTEXTS = {
    "Transaction.Begin": SampleContext.BEGIN,
    "Transaction.End": SampleContext.END,
    "Interruption.Begin": SampleContext.INTERRUPTION,
    "Interruption.End": SampleContext.INTERRUPTION,
    "Sample.Clock": SampleContext.CLOCK,
    "Sample.Periodic": SampleContext.PERIODIC,
    "Trigger": SampleContext.TRIGGER,
}


class Shape(NamedTuple):
    """Everything about a sampled value but its number.

    `measure` is None where the value has no field and goes to `extra` under `key`. `power` is
    the ten's power to the field's unit, `multiplier` the part of it that the message stated.
    """

    key: str
    unit: str
    multiplier: int
    measure: Measure | None = None
    slot: str = ""
    place: int = 0
    power: int = 0
    unit_ignored: bool = False


class Reading(NamedTuple):
    """A number with its shape; `value` is in the field's unit, where it has a field."""

    shape: Shape
    number: Decimal
    value: int = 0
    flag: SampleFlag | None = None

    @property
    def text(self) -> str:
        """The number as stated with its unit, for `extra`. Raises OutOfRange."""
        return f"{shift(self.number, self.shape.multiplier):f} {self.shape.unit}".strip()


def measurand_of(raw: Mapping[str, Any]) -> str:
    """The value's measurand; absent means the import register."""
    return _clean(raw.get("measurand")) or DEFAULT_MEASURAND


def signed_text(raw: Mapping[str, Any]) -> tuple[str, bool]:
    """The signed text of a sampled value (OCMF or other) or "", and whether that is all of it.

    1.6 sends it in the place of the number, 2.0.1 beside it.
    """
    value = raw.get("value")
    if isinstance(value, str):
        if raw.get("format") == "SignedData" or value.startswith(_SIGNED_PREFIX):
            return _clean(value), True
        return "", False
    signed = raw.get("signedMeterValue")
    return (_clean(signed.get("signedMeterData")) if isinstance(signed, dict) else ""), False


def stated_key(raw: Mapping[str, Any]) -> str:
    """The public key that 2.0.1 may state beside a signed text, "" if it does not."""
    signed = raw.get("signedMeterValue")
    return _clean(signed.get("publicKey")) if isinstance(signed, dict) else ""


def read_number(raw: Mapping[str, Any], overrides: Overrides) -> Reading:
    """The number of a sampled value. Raises a ValueError saying what can not be understood."""
    number = parse_number(raw.get("value"))
    shape = shape_of(raw, overrides)
    measure = shape.measure
    if measure is None:
        return Reading(shape, number)
    if measure is ENERGY and number == _UNKNOWN:
        return Reading(shape, number, -1, SampleFlag.REGISTER_UNKNOWN)
    value = measure.integer(number, shape.power)
    if measure is ENERGY and value < 0:
        return Reading(shape, number, value, SampleFlag.REGISTER_NEGATIVE)
    if measure is SOC and value == 0:
        return Reading(shape, number, value, SampleFlag.SOC_ZERO)
    return Reading(shape, number, value)


def shape_of(raw: Mapping[str, Any], overrides: Overrides) -> Shape:
    """What a sampled value measures. Raises a ValueError for units that make no sense."""
    measurand = raw.get("measurand") or DEFAULT_MEASURAND
    unit, multiplier = _unit_of(raw, measurand, overrides)
    return _shape_of(measurand, raw.get("phase"), raw.get("location"), unit, multiplier)


def context_of(raw: Mapping[str, Any]) -> SampleContext:
    """Why the station took the value; absent means it was time to."""
    context = raw.get("context")
    if not isinstance(context, str) or not context:
        return SampleContext.PERIODIC
    return _CONTEXTS.get(context, SampleContext.OTHER)


@lru_cache(maxsize=_SHAPES_REMEMBERED)
def _shape_of(measurand: str, phase: Any, location: Any, unit: str, multiplier: int) -> Shape:
    """A station sends the same few shapes for ever, so they are worked out once."""
    name, phase, location = _clean(measurand), _clean(phase), _clean(location)
    key = f"{name}/{phase}" if phase else name
    key = f"{key}@{location}" if location else key
    measure, slot = MEASURES.get(name), _SLOTS.get(phase)
    if measure is None or slot is None:
        return Shape(key, unit, multiplier)
    power, ignored = measure.power_of(unit)
    place = _PLACES.get(location, _FARTHEST)
    return Shape(key, unit, multiplier, measure, slot, place, power + multiplier, ignored)


def _unit_of(raw: Mapping[str, Any], measurand: str, overrides: Overrides) -> tuple[str, int]:
    of_measure = raw.get("unitOfMeasure")
    if isinstance(of_measure, dict):
        unit = _clean(of_measure.get("unit"))
        stated = of_measure.get("multiplier")
        multiplier = int(parse_number(stated)) if stated else 0
    else:
        unit, multiplier = _clean(raw.get("unit")), 0
    forced = overrides.forced_units.get(measurand)
    return forced or unit.strip() or overrides.missing_units.get(measurand, ""), multiplier


def _clean(value: Any) -> str:
    """Text that PostgreSQL can store: no NUL, no half surrogates; "" for what is no text."""
    if not isinstance(value, str):
        return ""
    if value.isascii() and "\x00" not in value:
        return value
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
