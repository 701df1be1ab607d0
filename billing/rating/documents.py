"""Tariffs as canonical JSON: what is frozen, hashed and read back."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any

import orjson

from billing.rating.exact import text_of
from billing.rating.tariff import (
    IdleFee,
    InvalidTariff,
    PriceComponent,
    QuietHours,
    ReservationFee,
    Restrictions,
    SpotFormula,
    TariffElement,
    TariffFacts,
)
from billing.rating.types import LineKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from billing.rating.types import Json


def write_canonically(value: Json) -> bytes:
    """Return the one JSON text of a value: keys sorted, no spaces, UTF-8."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def tariff_document(tariff: TariffFacts) -> dict[str, Json]:
    """Return a tariff as JSON that `read_tariff` reads back to an equal tariff."""
    document = _plain(tariff)
    if not isinstance(document, dict):
        raise TypeError(f"{tariff!r} is no tariff")
    return document


def _plain(value: object) -> Json:
    if is_dataclass(value):
        named = ((field.name, getattr(value, field.name)) for field in fields(value))
        return {name: _plain(one) for name, one in named if one is not None}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Decimal):
        return text_of(value)
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str | int):
        return value
    raise TypeError(f"{value!r} cannot be part of a tariff")


def read_tariff(document: Mapping[str, Any]) -> TariffFacts:
    """Make a tariff of its document. Raises `InvalidTariff` for anything that is not one."""
    try:
        idle_fee = document.get("idle_fee")
        reservation = document.get("reservation_fee")
        return TariffFacts(
            version_id=document["version_id"],
            currency=document["currency"],
            vat_rate=Decimal(document["vat_rate"]),
            elements=tuple(_read_element(one) for one in document["elements"]),
            prices_include_vat=document["prices_include_vat"],
            idle_fee=None if idle_fee is None else _read_idle_fee(idle_fee),
            free_energy_wh=document["free_energy_wh"],
            free_time_s=document["free_time_s"],
            min_price=_number(document.get("min_price")),
            max_price=_number(document.get("max_price")),
            reservation_fee=None if reservation is None else _read_reservation_fee(reservation),
        )
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise InvalidTariff(f"not a tariff document: {error!r}") from error


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _read_element(document: Mapping[str, Any]) -> TariffElement:
    components = tuple(_read_component(one) for one in document["components"])
    return TariffElement(components, _read_restrictions(document["restrictions"]))


def _read_component(document: Mapping[str, Any]) -> PriceComponent:
    spot = document.get("spot")
    return PriceComponent(
        kind=LineKind(document["kind"]),
        price=Decimal(document["price"]),
        vat_rate=_number(document.get("vat_rate")),
        step_size=document["step_size"],
        time_unit_s=document["time_unit_s"],
        spot=None if spot is None else SpotFormula(**{k: Decimal(v) for k, v in spot.items()}),
    )


def _read_restrictions(document: Mapping[str, Any]) -> Restrictions:
    values = dict(document)
    for name in ("time_from", "time_to"):
        if name in values:
            values[name] = time.fromisoformat(values[name])
    for name in ("date_from", "date_to"):
        if name in values:
            values[name] = date.fromisoformat(values[name])
    for name in ("season_from", "season_to", "days_of_week"):
        if name in values:
            values[name] = tuple(values[name])
    return Restrictions(**values)


def _read_idle_fee(document: Mapping[str, Any]) -> IdleFee:
    quiet_hours = tuple(
        QuietHours(time.fromisoformat(one["time_from"]), time.fromisoformat(one["time_to"]))
        for one in document["quiet_hours"]
    )
    return IdleFee(
        price=Decimal(document["price"]),
        grace_s=document["grace_s"],
        cap=_number(document.get("cap")),
        quiet_hours=quiet_hours,
        vat_rate=_number(document.get("vat_rate")),
    )


def _read_reservation_fee(document: Mapping[str, Any]) -> ReservationFee:
    return ReservationFee(
        flat=_number(document.get("flat")),
        time_price=_number(document.get("time_price")),
        vat_rate=_number(document.get("vat_rate")),
        step_size=document["step_size"],
        time_unit_s=document["time_unit_s"],
    )
