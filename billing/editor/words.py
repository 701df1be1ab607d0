"""A tariff in the words of the language in force."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Final

from django.utils.dates import MONTHS
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.editor.rows import Row, rows_of
from billing.editor.slots import DAY_S, WEEK, days_in_words, hours_in_words
from billing.money import format_decimal, format_price, minor_exponent
from billing.rating import (
    IdleFee,
    LineKind,
    PriceComponent,
    ReservationFee,
    Restrictions,
    SpotFormula,
    TariffFacts,
)

KINDS: Final[dict[str, str | Promise]] = {
    LineKind.ENERGY: _("Energy"),
    LineKind.TIME: _("Time charging"),
    LineKind.SESSION_TIME: _("Time connected"),
    LineKind.PARKING_TIME: _("Time parked after charging"),
    LineKind.FLAT: _("Start fee"),
    LineKind.POWER: _("Power fee"),
    LineKind.IDLE: _("Idle fee"),
    LineKind.RESERVATION: _("Reservation fee"),
    LineKind.MINIMUM: _("Up to the least price of a session"),
    LineKind.MAXIMUM: _("Down to the highest price of a session"),
}


def number(value: Decimal) -> str:
    """A number with no needless zeros."""
    return format_decimal(value.normalize(), get_language() or "sv")


def amount(price: Decimal, currency: str) -> str:
    """A price without its currency: "3.50"."""
    return format_decimal(price.normalize(), get_language() or "sv", minor_exponent(currency))


def thousandth(value: int) -> str:
    """Wh as kWh, W as kW, mA as A."""
    return number(Decimal(value).scaleb(-3))


def minutes(duration_s: int) -> str:
    """Seconds as minutes, with seconds where there are any: "15", "15:30"."""
    whole, rest = divmod(duration_s, 60)
    return f"{whole}:{rest:02}" if rest else str(whole)


def price_per(price: Decimal, currency: str, unit: str) -> str:
    """A price with what it is for: "SEK 3.50/kWh"."""
    text = format_price(price.normalize(), currency, get_language() or "sv")
    return f"{text}/{unit}" if unit else text


def unit_of(component: PriceComponent) -> str:
    """What a component's price is for."""
    if component.kind is LineKind.ENERGY:
        return "kWh"
    if component.kind is LineKind.POWER:
        return "kW"
    if component.kind is LineKind.FLAT:
        return ""
    return _time_unit(component.time_unit_s)


def component_in_words(component: PriceComponent, currency: str) -> str:
    """A row's price, its own VAT and its steps."""
    parts = [_price_in_words(component, currency)]
    if component.vat_rate is not None:
        parts.append(_t("VAT %s %%") % number(component.vat_rate))
    if component.step_size > 1:
        parts.append(_t("in whole steps of %s") % step_in_words(component))
    return ", ".join(parts)


def step_in_words(component: PriceComponent) -> str:
    """A step with its unit."""
    if component.kind is LineKind.ENERGY:
        return f"{thousandth(component.step_size)} kWh"
    if component.kind is LineKind.POWER:
        return f"{thousandth(component.step_size)} kW"
    return f"{minutes(component.step_size)} min"


def row_in_words(row: Row, currency: str) -> str:
    """For example "Energy Mon-Fri 06-22: SEK 3.50/kWh"."""
    return f"{row_name(row)}: {component_in_words(row.component, currency)}"


def row_name(row: Row) -> str:
    """What a row prices, and when."""
    when = when_in_words(row.restrictions)
    return f"{KINDS[row.component.kind]} {when}" if when else str(KINDS[row.component.kind])


def when_in_words(rule: Restrictions) -> str:
    """When a row holds; empty for always."""
    return ", ".join(part for part in (_calendar_in_words(rule), *_thresholds(rule)) if part)


def tariff_in_words(tariff: TariffFacts) -> list[str]:
    """Every price and rule of a tariff, one sentence each."""
    rows = [row_in_words(row, tariff.currency) for row in rows_of(tariff)]
    return rows + [f"{name}: {value}" for name, value in terms_in_words(tariff).items() if value]


def terms_in_words(tariff: TariffFacts) -> dict[str, str]:
    """What holds for the whole tariff, by name; empty texts for what it does not have."""
    currency, idle, reservation = tariff.currency, tariff.idle_fee, tariff.reservation_fee
    included = _t("including VAT") if tariff.prices_include_vat else _t("excluding VAT")
    vat = _t("VAT %s %%") % number(tariff.vat_rate)
    free_energy = f"{thousandth(tariff.free_energy_wh)} kWh" if tariff.free_energy_wh else ""
    free_time = f"{minutes(tariff.free_time_s)} min" if tariff.free_time_s else ""
    return {
        str(KINDS[LineKind.IDLE]): "" if idle is None else _idle_in_words(idle, currency),
        str(KINDS[LineKind.RESERVATION]): (
            "" if reservation is None else _reservation_in_words(reservation, currency)
        ),
        _t("Least price of a session"): _amount(tariff.min_price, currency),
        _t("Highest price of a session"): _amount(tariff.max_price, currency),
        _t("Free energy in every session"): free_energy,
        _t("Free time in every session"): free_time,
        _t("Prices are entered"): f"{included}, {vat}",
        _t("Currency"): currency,
    }


def period_in_words(first: date, after_last: date) -> str:
    """Days from the first to the last, both included."""
    last = after_last - timedelta(days=1)
    one, other = date_format(first, "SHORT_DATE_FORMAT"), date_format(last, "SHORT_DATE_FORMAT")
    return one if first == last else f"{one}–{other}"


def last_day_of_season(after_last: tuple[int, int]) -> tuple[int, int]:
    """Return the last (month, day) of a season that ends just before another."""
    month, day = after_last
    if day > 1:
        return month, min(day, days_in(month) + 1) - 1
    before = (month - 2) % 12 + 1
    return before, days_in(before)


def day_after_season(last: tuple[int, int]) -> tuple[int, int]:
    """Return the (month, day) just after the last one of a season."""
    month, day = last
    return (month, day + 1) if day < days_in(month) else (month % 12 + 1, 1)


def days_in(month: int) -> int:
    """Return how many days a month has in a leap year."""
    return 29 if month == 2 else 30 if month in (4, 6, 9, 11) else 31


def _price_in_words(component: PriceComponent, currency: str) -> str:
    text = price_per(component.price, currency, unit_of(component))
    if component.spot is None:
        return text
    return _t("%(spot)s, without a market price %(fallback)s") % {
        "spot": spot_in_words(component.spot, currency),
        "fallback": text,
    }


def spot_in_words(formula: SpotFormula, currency: str) -> str:
    """The formula of a market price: "spot + 5 % + SEK 0.10/kWh before VAT"."""
    text = _t("spot price")
    if formula.markup_pct:
        text += f" {_signed(formula.markup_pct)} %"
    if formula.adder:
        sign = "+" if formula.adder > 0 else "−"
        text += f" {sign} {price_per(abs(formula.adder), currency, 'kWh')}"
    text = _t("%s before VAT") % text
    if formula.floor is not None:
        text += ", " + _t("at least %s") % price_per(formula.floor, currency, "kWh")
    if formula.ceiling is not None:
        text += ", " + _t("at most %s") % price_per(formula.ceiling, currency, "kWh")
    return text


def _signed(value: Decimal) -> str:
    return f"{'+' if value > 0 else '−'} {number(abs(value))}"


def _amount(value: Decimal | None, currency: str) -> str:
    return "" if value is None else price_per(value, currency, "")


def _calendar_in_words(rule: Restrictions) -> str:
    parts = []
    if rule.season_from is not None and rule.season_to is not None:
        parts.append(f"{_day(rule.season_from)}–{_day(last_day_of_season(rule.season_to))}")
    if rule.date_from is not None:
        parts.append(_t("from %s") % date_format(rule.date_from, "SHORT_DATE_FORMAT"))
    if rule.date_to is not None:
        last = date_format(rule.date_to - timedelta(days=1), "SHORT_DATE_FORMAT")
        parts.append(_t("through %s") % last)
    if rule.days_of_week and set(rule.days_of_week) != set(WEEK):
        parts.append(days_in_words(rule.days_of_week))
    if rule.time_from is not None or rule.time_to is not None:
        parts.append(hours_in_words(_second(rule.time_from, 0), _second(rule.time_to, DAY_S)))
    return " ".join(parts)


def _second(at: time | None, missing: int) -> int:
    """A bound of hours; midnight as the later one is the end of the day."""
    if at is None:
        return missing
    return (at.hour * 3600 + at.minute * 60) or missing


def _day(month_and_day: tuple[int, int]) -> str:
    month, day = month_and_day
    return _t("%(month)s %(day)s") % {"month": str(MONTHS[month]), "day": day}


def _thresholds(rule: Restrictions) -> Iterator[str]:
    if rule.min_energy_wh is not None:
        yield _t("from %s kWh on") % thousandth(rule.min_energy_wh)
    if rule.max_energy_wh is not None:
        yield _t("up to %s kWh") % thousandth(rule.max_energy_wh)
    if rule.min_duration_s is not None:
        yield _t("from minute %s on") % minutes(rule.min_duration_s)
    if rule.max_duration_s is not None:
        yield _t("the first %s min") % minutes(rule.max_duration_s)
    if rule.min_power_w is not None:
        yield _t("at %s kW and more") % thousandth(rule.min_power_w)
    if rule.max_power_w is not None:
        yield _t("under %s kW") % thousandth(rule.max_power_w)
    if rule.min_current_ma is not None:
        yield _t("at %s A and more") % thousandth(rule.min_current_ma)
    if rule.max_current_ma is not None:
        yield _t("under %s A") % thousandth(rule.max_current_ma)


def _idle_in_words(fee: IdleFee, currency: str) -> str:
    parts = [price_per(fee.price, currency, "min")]
    if fee.grace_s:
        parts.append(_t("from %s min after charging on") % minutes(fee.grace_s))
    if fee.cap is not None:
        parts.append(_t("at most %s") % price_per(fee.cap, currency, ""))
    for quiet in fee.quiet_hours:
        hours = hours_in_words(_second(quiet.time_from, 0), _second(quiet.time_to, DAY_S))
        parts.append(_t("not %s") % hours)
    return ", ".join(parts + _own_vat(fee.vat_rate))


def _reservation_in_words(fee: ReservationFee, currency: str) -> str:
    parts = []
    if fee.flat is not None:
        parts.append(price_per(fee.flat, currency, ""))
    if fee.time_price is not None:
        parts.append(price_per(fee.time_price, currency, _time_unit(fee.time_unit_s)))
    if fee.step_size > 1:
        parts.append(_t("in whole steps of %s") % f"{minutes(fee.step_size)} min")
    return ", ".join(parts + _own_vat(fee.vat_rate))


def _time_unit(duration_s: int) -> str:
    return "min" if duration_s == 60 else "h"


def _own_vat(rate: Decimal | None) -> list[str]:
    return [] if rate is None else [_t("VAT %s %%") % number(rate)]
