"""OCPI Tariff objects as our tariffs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from billing.ocpi_tariff.words import (
    DATES,
    DAYS,
    HOUR_KINDS,
    KINDS,
    SECONDS,
    THOUSANDTHS,
    TIMES,
    round_price,
    take_off_vat,
)
from billing.rating import (
    InvalidTariff,
    PriceComponent,
    ReservationFee,
    Restrictions,
    TariffElement,
    TariffFacts,
)
from billing.rating.exact import HUNDRED, ZERO, raise_by_percent

if TYPE_CHECKING:
    from collections.abc import Mapping


def from_ocpi(document: Mapping[str, Any]) -> TariffFacts:
    """Make a tariff of an OCPI Tariff object, 2.2.1 or (by its `tax_included`) 2.3.0.

    Its validity, texts and energy mix are not prices and stay with the caller; `min_price` and
    `max_price` are taken by the totals they set with VAT. Raises `InvalidTariff` for what is no
    Tariff object and for what we do not rate, by name.
    """
    try:
        elements = list(document["elements"])
        reserved = [one for one in elements if _restrictions_of(one).get("reservation")]
        read = tuple(_read_element(one) for one in elements if one not in reserved)
        includes_vat = document.get("tax_included") == "YES"
        rates = [_vat_of(part) for one in elements for part in one["price_components"]]
        vat_rate = _vat_of_bounds(document, rates)
        return TariffFacts(
            version_id=document["id"],
            currency=document["currency"],
            vat_rate=vat_rate,
            elements=tuple(_inherit_vat(one, vat_rate) for one in read),
            prices_include_vat=includes_vat,
            min_price=_read_bound(document, "min_price", includes_vat=includes_vat),
            max_price=_read_bound(document, "max_price", includes_vat=includes_vat),
            reservation_fee=_read_reservation(reserved, vat_rate),
        )
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        if isinstance(error, InvalidTariff):
            raise
        raise InvalidTariff(f"not an OCPI tariff: {error!r}") from error


def _restrictions_of(element: Mapping[str, Any]) -> Mapping[str, Any]:
    return element.get("restrictions") or {}


def _number(value: object) -> Decimal:
    return Decimal(str(value))


def _vat_of(part: Mapping[str, Any]) -> Decimal:
    """Return a component's VAT rate; without one no VAT is due (OCPI 2.2.1, PriceComponent)."""
    return _number(part.get("vat") or 0)


def _read_element(element: Mapping[str, Any]) -> TariffElement:
    parts = tuple(_read_component(part) for part in element["price_components"])
    return TariffElement(parts, _read_restrictions(_restrictions_of(element)))


def _read_component(part: Mapping[str, Any]) -> PriceComponent:
    kind = KINDS.get(part["type"])
    if kind is None:
        raise InvalidTariff(f"there is no price component {part['type']!r}")
    return PriceComponent(
        kind,
        _number(part["price"]),
        vat_rate=_vat_of(part),
        step_size=max(part["step_size"], 1),
        time_unit_s=3600 if kind in HOUR_KINDS else 60,
    )


def _inherit_vat(element: TariffElement, vat_rate: Decimal) -> TariffElement:
    parts = (
        replace(part, vat_rate=None) if part.vat_rate == vat_rate else part
        for part in element.components
    )
    return TariffElement(tuple(parts), element.restrictions)


def _read_restrictions(document: Mapping[str, Any]) -> Restrictions:
    values: dict[str, Any] = {}
    for theirs, value in document.items():
        if value is None:
            continue
        if theirs in TIMES:
            values[TIMES[theirs]] = time.fromisoformat(value)
        elif theirs in DATES:
            values[DATES[theirs]] = date.fromisoformat(value)
        elif theirs in SECONDS:
            values[SECONDS[theirs]] = int(value)
        elif theirs in THOUSANDTHS:
            values[THOUSANDTHS[theirs]] = _read_thousandths(theirs, _number(value))
        elif theirs == "day_of_week":
            values["days_of_week"] = tuple(DAYS.index(day) for day in value)
        else:
            raise InvalidTariff(f"there is no restriction {theirs!r}")
    return Restrictions(**values)


def _read_thousandths(theirs: str, value: Decimal) -> int:
    scaled = value.scaleb(3)
    if scaled != scaled.to_integral_value():
        raise InvalidTariff(f"{theirs} of {value} has more than three decimals")
    return int(scaled)


def _bound_of(document: Mapping[str, Any], name: str) -> tuple[Decimal, Decimal | None] | None:
    """Return a bound without and, where it is given, with VAT."""
    bound = document.get(name)
    if bound is None:
        return None
    without = bound["before_taxes"] if "before_taxes" in bound else bound["excl_vat"]
    with_vat = bound.get("after_taxes", bound.get("incl_vat"))
    return _number(without), None if with_vat is None else _number(with_vat)


def _vat_of_bounds(document: Mapping[str, Any], rates: list[Decimal]) -> Decimal:
    """Return the VAT rate of the bounds, else of the first component."""
    for name in ("min_price", "max_price"):
        without, with_vat = _bound_of(document, name) or (ZERO, None)
        if without and with_vat is not None:
            return _rate_between(name, without, with_vat, rates)
    return rates[0] if rates else ZERO


def _rate_between(name: str, without: Decimal, with_vat: Decimal, rates: list[Decimal]) -> Decimal:
    """Return the component's VAT rate that leads from one price to the other, else any."""
    for rate in rates:
        up, down = raise_by_percent(without, rate), take_off_vat(with_vat, rate)
        if round_price(up) == with_vat or round_price(down) == without:
            return rate
    rate = round_price((with_vat / without - 1) * HUNDRED)
    if raise_by_percent(without, rate) != with_vat:
        raise InvalidTariff(f"{name}: no VAT rate leads from {without} to {with_vat}")
    return rate


def _read_bound(document: Mapping[str, Any], name: str, *, includes_vat: bool) -> Decimal | None:
    bound = _bound_of(document, name)
    if bound is None:
        return None
    without, with_vat = bound
    return with_vat if includes_vat and with_vat is not None else without


def _read_reservation(
    elements: list[Mapping[str, Any]], vat_rate: Decimal
) -> ReservationFee | None:
    if not elements:
        return None
    rules = [dict(_restrictions_of(one)) for one in elements]
    if rules != [{"reservation": "RESERVATION"}]:
        raise InvalidTariff("one reservation fee without other restrictions; expiry is not rated")
    parts = {part["type"]: part for part in elements[0]["price_components"]}
    if not parts or parts.keys() - {"FLAT", "TIME"}:
        raise InvalidTariff("a reservation has a FLAT and a TIME price only")
    rates = {_vat_of(part) for part in parts.values()}
    if len(rates) > 1:
        raise InvalidTariff("a reservation has one VAT rate")
    flat, timed = parts.get("FLAT"), parts.get("TIME")
    return ReservationFee(
        flat=None if flat is None else _number(flat["price"]),
        time_price=None if timed is None else _number(timed["price"]),
        vat_rate=None if rates == {vat_rate} else rates.pop(),
        step_size=1 if timed is None else timed["step_size"],
        time_unit_s=3600,
    )
