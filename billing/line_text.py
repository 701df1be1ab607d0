"""An invoice's lines in words, in the language in force."""

from __future__ import annotations

from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, ngettext

from billing.models import ChargeLine, InvoiceLine
from billing.money import format_decimal, format_price
from billing.types import PRICED_UNITS

_THOUSANDTH: Final = Decimal("0.001")


def line_text(line: InvoiceLine, currency: str, zone: ZoneInfo) -> str:
    """For example "Energi, 12,345 kWh à 4,50 kr" or "El, Torget, 14 laddningar, 312,5 kWh".

    Days and times are those of `zone`.
    """
    if line.covers == InvoiceLine.Covers.CHARGE_LINE:
        return _part_of_session(line, currency)
    parts = [str(InvoiceLine.Supply(line.supply).label)]
    if line.site_name:
        parts.append(line.site_name)
    parts += _when(line, zone)
    if line.covers != InvoiceLine.Covers.SESSION:
        sessions = ngettext("%(count)d session", "%(count)d sessions", line.session_count)
        parts.append(sessions % {"count": line.session_count})
    if line.quantity is not None:
        parts.append(f"{kwh_text(line.quantity)} kWh")
    return ", ".join(parts)


def kwh_text(energy_wh: int) -> str:
    """Energy in kWh without the unit, no digit rounded away."""
    return format_decimal(Decimal(energy_wh) * _THOUSANDTH, language_now())


def language_now() -> str:
    """The language in force."""
    return get_language() or "sv"


def _when(line: InvoiceLine, zone: ZoneInfo) -> list[str]:
    if line.began_at is not None:
        return [f"{line.began_at.astimezone(zone):%Y-%m-%d %H:%M}"]
    if line.day_on is not None:
        return [date_format(line.day_on, "Y-m-d")]
    return []


def _part_of_session(line: InvoiceLine, currency: str) -> str:
    kind = str(ChargeLine.Kind(line.charge_kind).label)
    if line.unit == "1" or line.quantity is None or line.unit_price is None:
        return kind
    language = language_now()
    price = format_price(line.unit_price, currency, language)
    amount = format_decimal(Decimal(line.quantity) / line.per, language)
    unit = PRICED_UNITS.get((line.unit, line.per), line.unit)
    return gettext("%(kind)s, %(amount)s %(unit)s at %(price)s") % {
        "kind": kind,
        "amount": amount,
        "unit": unit,
        "price": price,
    }
