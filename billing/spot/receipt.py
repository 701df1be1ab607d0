"""A spot line as a driver can follow it: one row for each price there was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any, Final

from billing.money import charge_step_minor, minor_exponent, round_ratio

_SOURCES: Final = ("spot", "fallback")
_WIDE: Final = 200


@dataclass(frozen=True, slots=True)
class SpotRow:
    """Energy at one price, from one local time to another.

    `spot_price` is the market's, per kWh without VAT (None: the fallback was charged),
    `price` the driver's with VAT. `amount` is exact in major units; the `amount_minor` of a
    line's rows sum to the line. `line` is the line's number in the explanation, from 0.
    Neighbouring slots of the same price are one row. A row without times is energy added to
    reach a whole step of the tariff.
    """

    line: int
    from_at: datetime | None
    to_at: datetime | None
    energy_wh: int
    spot_price: Decimal | None
    price: Decimal
    amount: Decimal
    amount_minor: int
    is_fallback: bool


def spot_receipt(explanation: Mapping[str, Any]) -> tuple[SpotRow, ...]:
    """Return the rows behind every spot line of a charge's explanation; none for other tariffs."""
    currency = explanation["currency"]
    rows: list[SpotRow] = []
    for number, line in enumerate(explanation["lines"]):
        if line["kind"] == "energy" and line["price_is_mean"]:
            rows += _rows_of(number, line, currency)
    return tuple(rows)


def _rows_of(number: int, line: Mapping[str, Any], currency: str) -> list[SpotRow]:
    """Read a line's trace; öre are given out so that the rows never drift from their sum."""
    rows: list[SpotRow] = []
    total, given_minor = Decimal(0), 0
    for step in _priced_steps(line["trace"]):
        price = Decimal(step["price"])
        with localcontext(prec=_WIDE):
            amount = step["quantity"] * price / line["per"]
            total += amount
        upto_minor = _to_minor(total, currency)
        is_fallback = step["source"] == "fallback"
        spot_price = None if is_fallback else Decimal(step.get("price_before_vat", step["price"]))
        rows.append(
            SpotRow(
                line=number,
                from_at=_time_of(step.get("from")),
                to_at=_time_of(step.get("to")),
                energy_wh=step["quantity"],
                spot_price=spot_price,
                price=price,
                amount=amount,
                amount_minor=upto_minor - given_minor,
                is_fallback=is_fallback,
            )
        )
        given_minor = upto_minor
    return rows


def _priced_steps(trace: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the pieces, and what a whole step added at the price of the last one."""
    steps = [step for step in trace if step["step"] == "piece" and step["source"] in _SOURCES]
    for step in trace:
        if step["step"] == "step_size" and steps:
            last = {key: value for key, value in steps[-1].items() if key not in ("from", "to")}
            steps.append(last | {"quantity": step["added"]})
    return steps


def _time_of(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _to_minor(amount: Decimal, currency: str) -> int:
    numerator, denominator = amount.as_integer_ratio()
    scale: int = 10 ** minor_exponent(currency)
    return round_ratio(numerator * scale, denominator, charge_step_minor(currency))
