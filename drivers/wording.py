"""Quantities, times and prices as drivers read them, in the language in force."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.models import ChargeLine
from billing.money import format_decimal
from billing.wording import price
from sessions_app.energy import EnergySource

# What a price is for, by what is counted and how many of it: the same in both languages.
UNITS: Final[Mapping[tuple[str, int], str]] = {
    ("Wh", 1000): "kWh",
    ("W", 1000): "kW",
    ("s", 60): "min",
    ("s", 3600): "h",
}
ENERGY_SOURCES: Final[Mapping[str, str | Promise]] = {
    EnergySource.REGISTERS: _("The meter's readings at the start and at the end."),
    EnergySource.BEGIN_SAMPLES_AND_STOP: _(
        "The meter's first reading during the session and its reading at the end."
    ),
    EnergySource.BEGIN_AND_SAMPLES: _(
        "The meter's reading at the start and its last one during the session."
    ),
    EnergySource.SAMPLES_AND_STOP: _("The meter's readings during the session and at the end."),
    EnergySource.SAMPLES: _("The meter's first and last readings during the session."),
    EnergySource.NONE: _("The station reported no meter readings: no energy is charged."),
    EnergySource.REBUILT_FROM_REGISTERS: _(
        "The meter's readings at start or end were wrong; the energy was put together again from"
        " its readings in between."
    ),
    EnergySource.REBUILT_FROM_POWER: _(
        "The meter's readings were wrong; the energy was put together again from the power the"
        " station reported."
    ),
}
_PRICE_DECIMALS: Final = Decimal("0.0001")


def language() -> str:
    """The language in force."""
    return get_language() or "sv"


def whole_number(value: Decimal, decimals: int = 0) -> str:
    """A number with at least so many decimals, none rounded away."""
    return format_decimal(value, language(), decimals)


def energy(energy_wh: int) -> str:
    """Kilowatt-hours to the watt-hour."""
    return f"{whole_number(Decimal(energy_wh) / 1000, 3)} kWh"


def whole_kwh(energy_wh: int) -> str:
    """Kilowatt-hours, for a rough figure."""
    return f"{whole_number(Decimal((energy_wh + 500) // 1000))} kWh"


def power(power_w: int) -> str:
    """Kilowatts, no digit lost."""
    return f"{whole_number(Decimal(power_w) / 1000)} kW"


def duration(seconds: int) -> str:
    """For example "2 h 5 min 30 s"; parts that are zero are left out."""
    parts = ((seconds // 3600, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 s"


def stopwatch(seconds: int) -> str:
    """For example "1:02:05": a time that is still running."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def quantity(amount: int, unit: str, per: int) -> str:
    """What was counted, in the unit its price is for."""
    if unit == "Wh":
        return energy(amount)
    if unit == "W":
        return power(amount)
    if unit == "s":
        return minutes(amount) if per == 60 else duration(amount)
    return whole_number(Decimal(amount))


def minutes(seconds: int) -> str:
    """For example "125 min 30 s": what a price per minute is multiplied with."""
    parts = ((seconds // 60, "min"), (seconds % 60, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 s"


def price_per(major: Decimal, currency: str, unit: str, per: int) -> str:
    """A price with what it is for, no decimal lost."""
    name = UNITS.get((unit, per), "")
    return f"{price(major, currency)}/{name}" if name else price(major, currency)


def short_price(major: Decimal, currency: str) -> str:
    """A price for a sign: at most four decimals."""
    if -major.as_tuple().exponent <= 4:  # type: ignore[operator]
        return price(major, currency)
    return price(major.quantize(_PRICE_DECIMALS, ROUND_HALF_UP), currency)


def line_title(kind: str) -> str:
    """What a line charges for; a kind that has no name yet by its own."""
    if kind in ChargeLine.Kind.values:
        return str(ChargeLine.Kind(kind).label)
    return kind.replace("_", " ").capitalize()


def day_and_time(at: datetime) -> str:
    """A local day and time with the name of its zone."""
    day = date_format(at, "DATE_FORMAT", use_l10n=True)
    return f"{day} {clock_time(at)} {at.tzname() or ''}".strip()


def clock_time(at: datetime) -> str:
    """A time of day; seconds only where there are some."""
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"


def local(text: str, zone: ZoneInfo) -> datetime:
    """An ISO time of a trace in its own zone."""
    return datetime.fromisoformat(text).astimezone(zone)


def source_note(source: str) -> str:
    """What is special about a piece's price; empty for an ordinary one."""
    notes = {
        "fallback": _t("Fallback price: the market's was not known"),
        "free_energy": _t("Free energy"),
        "free_time": _t("Free time"),
    }
    return notes.get(source, "")
