"""Exact numbers out of the strings and numbers that stations send."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal

_SHAPE = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_LONGEST = 100
_LARGEST_POWER = 30
_ROOMY = Context(prec=2 * _LONGEST)
_ZERO = Decimal(0)


class NotANumber(ValueError):
    """The value is not a finite decimal number."""


class OutOfRange(ValueError):
    """The number is beyond what the quantity can be or the tables can hold."""


def parse_number(value: object) -> Decimal:
    """The number a station means, exactly as written.

    Takes 1.6 strings and 2.0.1 numbers. Raises NotANumber for text, NaN, infinities, booleans
    and decimal commas (which may as well be thousands), OutOfRange beyond 10**30.
    """
    if isinstance(value, str):
        return _parse_text(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotANumber(f"a {type(value).__name__} is not a number")
    if isinstance(value, int):
        if value.bit_length() > _LONGEST:
            raise OutOfRange("number is too large")
        return Decimal(value)
    return _checked(Decimal(repr(value)))


def _parse_text(text: str) -> Decimal:
    text = text.strip()
    if len(text) > _LONGEST or _SHAPE.fullmatch(text) is None:
        raise NotANumber(f"{text[:40]!r} is not a number")
    return _checked(Decimal(text))


def _checked(number: Decimal) -> Decimal:
    if not number.is_finite():
        raise NotANumber(f"{number} is not a number")
    if not number or number.adjusted() < -_LARGEST_POWER:
        return _ZERO
    if number.adjusted() > _LARGEST_POWER:
        raise OutOfRange("number is too large")
    return number


def shift(number: Decimal, power: int) -> Decimal:
    """`number` times ten to the `power`, exactly. Raises OutOfRange beyond 10**30."""
    if not power or not number:
        return number
    if abs(power) > 2 * _LARGEST_POWER:
        raise OutOfRange(f"multiplier {power if abs(power) < 10**6 else 'beyond a million'}")
    return _checked(number.scaleb(power, _ROOMY))


def round_half_up(number: Decimal, low: int, high: int) -> int:
    """The nearest integer, halves away from zero. Raises OutOfRange outside `low` to `high`."""
    whole = int(number.to_integral_value(ROUND_HALF_UP, _ROOMY))
    if not low <= whole <= high:
        raise OutOfRange(f"{whole} is outside {low} to {high}")
    return whole
