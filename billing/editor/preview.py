"""What a made-up session would cost, and because of what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from billing.editor.rows import rows_of
from billing.editor.words import KINDS, minutes, number, price_per, thousandth, when_in_words
from billing.money import Money, format_money
from billing.rating import RatedCharge, RatedLine, Reading, SessionFacts, TariffFacts
from billing.types import PRICED_UNITS

_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Sketch:
    """A session that somebody imagines: even charging from `start_at` to `charging_ends_at`.

    `power_w` None is the mean of the time it charges.
    """

    energy_wh: int
    start_at: datetime
    end_at: datetime
    charging_ends_at: datetime
    time_zone: str
    power_w: int | None = None
    reserved_s: int | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """One step to an amount; `amount` is empty where the step only explains."""

    text: str
    amount: str = ""


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """One line of the bill with its reasons."""

    name: str
    quantity: str
    amount: str
    vat: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """A made-up session's bill as it is shown."""

    total: str
    vat: str
    lines: tuple[PreviewLine, ...]
    fallback_count: int
    spot_count: int


def facts_of(sketch: Sketch) -> SessionFacts:
    """Return the session with a reading at every minute of charging."""
    start, charged = sketch.start_at.astimezone(UTC), sketch.charging_ends_at.astimezone(UTC)
    lasts_s = max(int((charged - start).total_seconds()), 1)
    power_w = sketch.power_w
    if power_w is None:
        power_w = sketch.energy_wh * 3600 // lasts_s
    times = [start + n * _MINUTE for n in range(-(-lasts_s // 60))]
    readings = [
        Reading(at, sketch.energy_wh * int((at - start).total_seconds()) // lasts_s, power_w)
        for at in times
    ]
    readings.append(Reading(charged, sketch.energy_wh, 0))
    return SessionFacts(
        started_at=start,
        ended_at=sketch.end_at.astimezone(UTC),
        energy_wh=sketch.energy_wh,
        time_zone=sketch.time_zone,
        charging_ended_at=charged,
        readings=tuple(readings),
        meter_start_wh=0,
        reserved_s=sketch.reserved_s,
    )


def charge_in_words(charge: RatedCharge, tariff: TariffFacts) -> Preview:
    """Return a charge with the reasons of every line, from the rating's own trace."""
    pieces = [step for line in charge.lines for step in line.trace if step["step"] == "piece"]
    sources = [step["source"] for step in pieces]
    return Preview(
        total=_money(charge.gross_minor, charge.currency),
        vat=_money(charge.vat_minor, charge.currency),
        lines=tuple(_line(line, tariff) for line in charge.lines),
        fallback_count=sources.count("fallback"),
        spot_count=sources.count("spot"),
    )


def _line(line: RatedLine, tariff: TariffFacts) -> PreviewLine:
    reasons = [_reason(step, line, tariff) for step in line.trace]
    return PreviewLine(
        name=str(KINDS[line.kind]),
        quantity=_quantity(line.quantity, line.unit),
        amount=_money(line.gross_minor, tariff.currency),
        vat=number(line.vat_rate),
        reasons=tuple(reason for reason in reasons if reason is not None),
    )


def _reason(step: Mapping[str, Any], line: RatedLine, tariff: TariffFacts) -> Reason | None:
    """Say one step of a trace; None for those the amounts already say."""
    currency = tariff.currency
    if step["step"] == "piece":
        return _piece(step, line, tariff)
    if step["step"] == "step_size":
        texts = _quantity(step["added"], line.unit), _quantity(step["size"], line.unit)
        said = {"added": texts[0], "size": texts[1]}
        return Reason(_("%(added)s more to a whole step of %(size)s") % said)
    if step["step"] == "cap":
        return Reason(_("never more than this"), _money(step["gross_minor"], currency))
    if step["step"] in ("minimum", "maximum"):
        said = {
            "before": _money(step["before_minor"], currency),
            "bound": price_per(Decimal(step["bound"]), currency, ""),
        }
        text = _("the session came to %(before)s; the limit is %(bound)s")
        return Reason(text % said, _money(step["gross_minor"], currency))
    return None


def _piece(step: Mapping[str, Any], line: RatedLine, tariff: TariffFacts) -> Reason:
    """Say for example "17:40-18:00 · 2.933 kWh × SEK 3.50/kWh, row 1 (Mon-Fri 06-22)"."""
    price = price_per(Decimal(step["price"]), tariff.currency, _unit(line))
    hours = f"{step['from'][11:16]}–{step['to'][11:16]}"
    text = f"{hours} · {_quantity(step['quantity'], step['unit'])} × {price}"
    if step["unit"] == "1":
        text = price
    why = _why(step, tariff)
    if "price_before_vat" in step:
        before = price_per(Decimal(step["price_before_vat"]), tariff.currency, _unit(line))
        kind = _("spot price %s") if step["source"] == "spot" else _("%s before VAT")
        why = [kind % before, *why]
    amount = price_per(Decimal(step["exact"]), tariff.currency, "")
    return Reason(f"{text} ({', '.join(why)})" if why else text, amount)


def _why(step: Mapping[str, Any], tariff: TariffFacts) -> list[str]:
    """Say where a price comes from."""
    known = {
        "free_energy": _("free kilowatt-hours"),
        "free_time": _("free minutes"),
        "fallback": _("no market price is known: the fallback holds"),
    }
    why = [known[step["source"]]] if step["source"] in known else []
    element = int(step.get("element", 0))
    if element:
        rows = rows_of(tariff)
        when = when_in_words(rows[element - 1].restrictions) if len(rows) >= element else ""
        row = _("row %(number)s") % {"number": element}
        why.append(f"{row}: {when}" if when else row)
    return why


def _unit(line: RatedLine) -> str:
    return PRICED_UNITS.get((line.unit, line.per), "")


def _quantity(quantity: int, unit: str) -> str:
    if unit in ("Wh", "W"):
        return f"{thousandth(quantity)} k{unit}"
    return f"{minutes(quantity)} min" if unit == "s" else ""


def _money(amount_minor: int, currency: str) -> str:
    return format_money(Money(amount_minor, currency), get_language() or "sv")
