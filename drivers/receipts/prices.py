"""Which tariff version a session was priced by and why, and its rules, in words."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from billing.models import SessionTariff, TariffLevel
from billing.rating import IdleFee, SpotFormula, TariffFacts
from billing.rating.tally import vat_rate_of, with_vat
from billing.wording import percent, price
from drivers import wording
from drivers.conditions import hours
from drivers.receipts.facts import ReceiptFacts


def tell_prices(facts: ReceiptFacts) -> list[tuple[str, str]]:
    """Name the tariff, its version, why it held and by whose clock."""
    version = facts.charge.tariff_version
    valid_from = version.valid_from.astimezone(facts.zone)
    rows = [
        (_("Tariff"), version.tariff.name),
        (_("Version"), str(version.number)),
        (_("In force since"), wording.day_and_time(valid_from)),
    ]
    frozen = facts.frozen
    if frozen is not None and frozen.version_id == version.pk:
        rows += [
            (_("Why this tariff"), _reason(frozen)),
            (
                _("Prices looked up for"),
                wording.day_and_time(frozen.priced_at.astimezone(facts.zone)),
            ),
        ]
    return rows


def tell_rules(facts: ReceiptFacts) -> tuple[str, ...]:
    """Tell what else holds: the clock, free units, idle time, bounds, the spot formula."""
    notes: list[str] = []
    frozen = facts.frozen
    if frozen is not None and frozen.clock_rule == SessionTariff.ClockRule.SERVER:
        notes.append(_clock(frozen))
    if facts.tariff is not None:
        notes += tariff_rules(facts.tariff)
    return tuple(notes)


def tariff_rules(tariff: TariffFacts) -> list[str]:
    """The rules that are no price by themselves, amounts with VAT."""
    cash = tariff.currency
    notes = [_spot(formula, tariff) for formula in _formulas(tariff)]
    if tariff.free_energy_wh:
        free = {"energy": wording.energy(tariff.free_energy_wh)}
        notes.append(_("The first %(energy)s of a session are free.") % free)
    if tariff.free_time_s:
        free = {"time": wording.duration(tariff.free_time_s)}
        notes.append(_("The first %(time)s of a session cost nothing by time.") % free)
    if tariff.idle_fee is not None:
        notes.append(_idle(tariff.idle_fee, tariff))
    if tariff.min_price is not None:
        bound = {"money": price(with_vat(tariff, tariff.min_price, tariff.vat_rate), cash)}
        notes.append(_("A session costs at least %(money)s.") % bound)
    if tariff.max_price is not None:
        bound = {"money": price(with_vat(tariff, tariff.max_price, tariff.vat_rate), cash)}
        notes.append(_("A session costs at most %(money)s.") % bound)
    return notes


def _reason(frozen: SessionTariff) -> str:
    reasons = {
        TariffLevel.DRIVER: _("It was agreed with the driver"),
        TariffLevel.DRIVER_GROUP: _("It was agreed for the driver's group"),
        TariffLevel.CONNECTOR: _("It is the connector's"),
        TariffLevel.CHARGE_POINT: _("It is the station's"),
        TariffLevel.SITE: _("It is the site's"),
        TariffLevel.TENANT: _("It is the operator's for everybody"),
    }
    return reasons[TariffLevel(frozen.assignment.level)]


def _clock(frozen: SessionTariff) -> str:
    shift_s = frozen.clock_shift_s
    moved = {"time": wording.duration(abs(shift_s))}
    if shift_s < 0:
        return (
            _(
                "The station's clock was wrong: its times were moved back by %(time)s, so that the"
                " session begins when the operator first heard of it."
            )
            % moved
        )
    return (
        _(
            "The station's clock was wrong: its times were moved forward by %(time)s, so that the"
            " session begins when the operator first heard of it."
        )
        % moved
    )


def _formulas(tariff: TariffFacts) -> list[SpotFormula]:
    parts = (part for element in tariff.elements for part in element.components)
    return list(dict.fromkeys(part.spot for part in parts if part.spot is not None))


def _spot(formula: SpotFormula, tariff: TariffFacts) -> str:
    """Write how the market's price becomes the driver's."""
    terms = _("market price")
    if formula.markup_pct:
        terms = f"{terms} × {wording.whole_number(1 + formula.markup_pct / 100)}"
    if formula.adder:
        terms = f"({terms} + {price(formula.adder, tariff.currency)})"
    raised = wording.whole_number(1 + vat_rate_of(tariff, _spot_vat(tariff, formula)) / 100)
    sentences = [_("Price per kWh = %(terms)s × %(vat)s (VAT).") % {"terms": terms, "vat": raised}]
    if formula.floor is not None:
        floor = {"money": price(formula.floor, tariff.currency)}
        sentences.append(_("It is never below %(money)s.") % floor)
    if formula.ceiling is not None:
        ceiling = {"money": price(formula.ceiling, tariff.currency)}
        sentences.append(_("It is never above %(money)s.") % ceiling)
    return " ".join(sentences)


def _spot_vat(tariff: TariffFacts, formula: SpotFormula) -> Decimal | None:
    parts = (part for element in tariff.elements for part in element.components)
    return next(part.vat_rate for part in parts if part.spot == formula)


def _idle(fee: IdleFee, tariff: TariffFacts) -> str:
    vat_rate = vat_rate_of(tariff, fee.vat_rate)
    amount = price(with_vat(tariff, fee.price, vat_rate), tariff.currency)
    said = {"money": amount, "time": wording.duration(fee.grace_s)}
    if fee.grace_s:
        text = _("Idle fee: %(money)s per minute from %(time)s after charging ended.") % said
    else:
        text = _("Idle fee: %(money)s per minute from the end of charging.") % said
    if fee.cap is not None:
        cap = {"money": price(with_vat(tariff, fee.cap, vat_rate), tariff.currency)}
        text += " " + _("At most %(money)s.") % cap
    if fee.quiet_hours:
        windows = ", ".join(hours(quiet.time_from, quiet.time_to) for quiet in fee.quiet_hours)
        text += " " + _("None at %(hours)s.") % {"hours": windows}
    return text


def vat_text(tariff: TariffFacts) -> str:
    """Say that prices include VAT, and at which rate."""
    return _("Prices include %(rate)s VAT.") % {"rate": percent(tariff.vat_rate)}
