"""OCPI's words for ours, and its numbers."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

import orjson

from billing.rating import LineKind
from billing.rating.exact import HUNDRED, text_of

DAYS: Final = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
KINDS: Final = {
    "ENERGY": LineKind.ENERGY,
    "FLAT": LineKind.FLAT,
    "TIME": LineKind.TIME,
    "PARKING_TIME": LineKind.PARKING_TIME,
}
DIMENSIONS: Final = {kind: (dimension,) for dimension, kind in KINDS.items()} | {
    LineKind.SESSION_TIME: ("TIME", "PARKING_TIME")
}
HOUR_KINDS: Final = frozenset({LineKind.TIME, LineKind.PARKING_TIME})

# OCPI's names and ours; OCPI counts in kWh, kW and A what we count in thousandths.
THOUSANDTHS: Final = {
    "min_kwh": "min_energy_wh",
    "max_kwh": "max_energy_wh",
    "min_power": "min_power_w",
    "max_power": "max_power_w",
    "min_current": "min_current_ma",
    "max_current": "max_current_ma",
}
SECONDS: Final = {"min_duration": "min_duration_s", "max_duration": "max_duration_s"}
TIMES: Final = {"start_time": "time_from", "end_time": "time_to"}
DATES: Final = {"start_date": "date_from", "end_date": "date_to"}

# OCPI 2.2.1, types, number: four decimals.
DECIMALS: Final = Decimal("0.0001")


def take_off_vat(price: Decimal, vat_rate: Decimal) -> Decimal:
    """Return a price without the VAT it has in it; rarely exact."""
    return price * HUNDRED / (HUNDRED + vat_rate)


def round_price(price: Decimal) -> Decimal:
    """Round to as many decimals as OCPI's numbers have."""
    return price.quantize(DECIMALS, ROUND_HALF_UP).normalize()


def ocpi_json(value: object) -> str:
    """Write a document as JSON, every `Decimal` as exactly the number it is."""
    if isinstance(value, dict):
        pairs = (f"{ocpi_json(name)}:{ocpi_json(one)}" for name, one in value.items())
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(ocpi_json(one) for one in value) + "]"
    return text_of(value) if isinstance(value, Decimal) else orjson.dumps(value).decode()
