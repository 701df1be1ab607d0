"""Decimal arithmetic that is exact or fails; prices are multiplied here and nowhere else."""

from __future__ import annotations

from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation
from typing import TYPE_CHECKING, Final

from billing.money import charge_step_minor, minor_exponent, round_ratio

if TYPE_CHECKING:
    from billing.rating.tariff import SpotFormula

# Prices have at most 15 digits and 15 decimals, so no product of this package comes near.
_EXACT: Final = Context(prec=200, traps=[Inexact, InvalidOperation, DivisionByZero])
_SHOWN_DECIMALS: Final = 6

ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)


def multiply(left: Decimal | int, right: Decimal | int) -> Decimal:
    """Multiply without rounding."""
    return _EXACT.multiply(left, right)


def add(left: Decimal, right: Decimal) -> Decimal:
    """Add without rounding."""
    return _EXACT.add(left, right)


def raise_by_percent(amount: Decimal, percent: Decimal) -> Decimal:
    """Return amount * (100 + percent) / 100 without rounding."""
    return multiply(amount, add(HUNDRED, percent)).scaleb(-2, _EXACT)


def text_of(number: Decimal) -> str:
    """Write a decimal in its one canonical form: no exponent, no needless zeros."""
    plain = f"{number:f}"
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain == "-0" else plain


def round_to_minor(total: Decimal, per: int, currency: str) -> int:
    """Round total/per major units to chargeable minor units, by the house's rule."""
    numerator, denominator = total.as_integer_ratio()
    scale: int = 10 ** minor_exponent(currency)
    return round_ratio(numerator * scale, denominator * per, charge_step_minor(currency))


def quotient(total: Decimal, divisor: int) -> Decimal:
    """Return total/divisor to six decimals, half up: for showing, never for adding."""
    numerator, denominator = total.as_integer_ratio()
    rounded = round_ratio(numerator * 10**_SHOWN_DECIMALS, denominator * divisor)
    return Decimal(rounded).scaleb(-_SHOWN_DECIMALS, _EXACT)


def spot_price_with_vat(formula: SpotFormula, spot: Decimal, vat_rate: Decimal) -> Decimal:
    """Turn a market price without VAT into the driver's price per kWh with VAT."""
    marked_up = add(raise_by_percent(spot, formula.markup_pct), formula.adder)
    price = raise_by_percent(marked_up, vat_rate)
    if formula.floor is not None and price < formula.floor:
        return formula.floor
    if formula.ceiling is not None and price > formula.ceiling:
        return formula.ceiling
    return price
