"""The common message at speed: one instant of plain values, in a shape seen before.

What it does not know it leaves to `messages.normalise`, which says what is right: a test compares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sessions_app.normalise.measures import CURRENT, ENERGY, OFFERED, POWER, SOC, VOLTAGE
from sessions_app.normalise.overrides import NO_OVERRIDES
from sessions_app.normalise.readings import context_of, shape_of
from sessions_app.normalise.timestamps import FIRST_PLAUSIBLE_YEAR, parse_timestamp
from sessions_app.types import Batch, Sample, SampleContext

_RECIPES_REMEMBERED = 4096
_LONGEST_PLAIN = 15
_LARGEST_POWER = 12
_TENS: tuple[int, ...] = tuple(10**power for power in range(32))
_FIELDS = {
    (ENERGY.name, ""): "energy_wh",
    (POWER.name, ""): "power_w",
    (CURRENT.name, ""): "current_ma",
    (CURRENT.name, "l1"): "current_l1_ma",
    (CURRENT.name, "l2"): "current_l2_ma",
    (CURRENT.name, "l3"): "current_l3_ma",
    (VOLTAGE.name, ""): "voltage_mv",
    (VOLTAGE.name, "l1"): "voltage_l1_mv",
    (VOLTAGE.name, "l2"): "voltage_l2_mv",
    (VOLTAGE.name, "l3"): "voltage_l3_mv",
    (OFFERED.name, ""): "current_offered_ma",
    (SOC.name, ""): "soc_pct",
}
# Values below these are odd, and oddities are noted elsewhere (`readings.read_number`).
_LOWEST = {ENERGY.name: 0, SOC.name: 1}


class Step(NamedTuple):
    """Where one value goes, and how its number becomes the field's."""

    field: str
    power: int
    low: int
    high: int


class Recipe(NamedTuple):
    """How to read messages of one shape."""

    context: SampleContext
    steps: tuple[Step, ...]


# None: a shape that is not simple.
_recipes: dict[tuple[Any, ...], Recipe | None] = {}


def normalise_quickly(meter_values: Sequence[Mapping[str, Any]], year: int) -> Batch | None:
    """The batch of a simple message received in that year; None for any other."""
    if len(meter_values) != 1:
        return None
    entry = meter_values[0]
    values = entry.get("sampledValue")
    if not isinstance(values, list) or not values:
        return None
    try:
        recipe = _recipe_for(values)
        if recipe is None:
            return None
        at = parse_timestamp(entry.get("timestamp"))
        fields: dict[str, Any] = {
            step.field: _integer(raw["value"], step)
            for step, raw in zip(recipe.steps, values, strict=True)
        }
    except (ValueError, TypeError, AttributeError, KeyError):
        return None
    if not FIRST_PLAUSIBLE_YEAR <= at.year <= year + 1:
        return None
    return Batch((Sample(at, recipe.context, **fields),))


def _recipe_for(values: Sequence[Mapping[str, Any]]) -> Recipe | None:
    key = []
    for raw in values:
        get = raw.get
        unit: Any = get("unitOfMeasure")
        multiplier: Any = None
        if unit is None:
            unit = get("unit")
        else:
            unit, multiplier = unit.get("unit"), unit.get("multiplier")
        if "signedMeterValue" in raw or get("format") == "SignedData" or multiplier is True:
            return None
        key.append(
            (get("measurand"), get("phase"), get("location"), get("context"), unit, multiplier)
        )
    shape = tuple(key)
    try:
        return _recipes[shape]
    except KeyError:
        recipe = _work_out(values)
        if len(_recipes) >= _RECIPES_REMEMBERED:
            _recipes.clear()
        _recipes[shape] = recipe
        return recipe


def _work_out(values: Sequence[Mapping[str, Any]]) -> Recipe | None:
    contexts = {raw.get("context") for raw in values}
    context = contexts.pop()
    if contexts or not isinstance(context, str | None):
        return None
    steps = []
    places: dict[str, int] = {}
    for raw in values:
        shape = shape_of(raw, NO_OVERRIDES)
        measure = shape.measure
        if measure is None or shape.unit_ignored:
            return None
        field = _FIELDS.get((measure.name, shape.slot))
        if field is None or places.setdefault(measure.name, shape.place) != shape.place:
            return None
        if abs(shape.power) > _LARGEST_POWER:
            return None
        low = max(measure.low, _LOWEST.get(measure.name, measure.low))
        steps.append(Step(field, shape.power, low, measure.high))
    if len({step.field for step in steps}) != len(steps):
        return None
    kept = context_of(values[0])
    return Recipe(kept, tuple(steps))


def _integer(value: Any, step: Step) -> int:
    """The number in the field's unit, halves rounded up; raises ValueError for what is odd."""
    kind = type(value)
    if kind is not str:
        if kind is not int and kind is not float:
            raise ValueError("not a number")
        value = repr(value)
    text: str = value
    whole, point, part = text.partition(".")
    digits = whole + part
    is_plain = len(digits) <= _LONGEST_PLAIN and digits.isascii() and digits.isdecimal()
    if not is_plain or not whole or (point and not part):
        raise ValueError("not a plain number")
    number, shift = int(digits), step.power - len(part)
    if shift >= 0:
        number *= _TENS[shift]
    else:
        unit = _TENS[-shift]
        number = (2 * number + unit) // (2 * unit)
    if not step.low <= number <= step.high:
        raise ValueError("out of range")
    return number
