"""The receipt in the order a person follows it; the page and the PDF show the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from billing.models import Charge
from billing.wording import money, percent
from drivers import wording
from drivers.receipts.accuracy import tell_accuracy
from drivers.receipts.curve import Curve, power_curve
from drivers.receipts.facts import ReceiptFacts, Seller, TakenBack
from drivers.receipts.lines import LineStory, tell_lines
from drivers.receipts.prices import tell_prices, tell_rules
from sessions_app.flags import SessionFlag


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing and its value."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Section:
    """Facts under a heading, and what is to be said about them."""

    key: str
    title: str
    facts: tuple[Fact, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VatRow:
    """What was bought at one VAT rate."""

    rate: str
    net: str
    vat: str
    gross: str


@dataclass(frozen=True, slots=True)
class Revision:
    """One time the session was priced; the first, or a correction."""

    number: int
    rated_at: str
    total: str
    change: str
    invoice: str
    taken_back: str
    is_shown: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """All of it, as text in the language in force."""

    seller: Seller
    heading: str
    place: str
    total: str
    energy: str
    duration: str
    day: str
    sections: tuple[Section, ...]
    lines: tuple[LineStory, ...]
    vat: tuple[VatRow, ...]
    sums: tuple[Fact, ...]
    accuracy: tuple[str, ...]
    revisions: tuple[Revision, ...]
    superseded_by: int | None
    is_void: bool
    curve: Curve | None
    inputs_hash: str
    rules_version: str


def tell_receipt(facts: ReceiptFacts) -> Receipt:
    """Put a charge into words, in the language in force."""
    charge, explanation = facts.charge, facts.charge.explanation
    begins = wording.local(explanation["session"]["started_at"], facts.zone)
    latest = facts.revisions[-1].revision
    return Receipt(
        seller=facts.seller,
        heading=_("Receipt for charging"),
        place=_place(facts),
        total=money(0 if facts.is_void else charge.gross_minor, charge.currency),
        energy=wording.energy(charge.energy_wh),
        duration=wording.duration(charge.duration_s),
        day=wording.day_and_time(begins),
        sections=(
            _where(facts, begins),
            _energy(facts),
            Section(
                "prices", _("Which prices held"), _facts(tell_prices(facts)), tell_rules(facts)
            ),
        ),
        lines=tell_lines(explanation, facts.tariff, facts.zone),
        vat=_vat_rows(explanation, charge.currency),
        sums=(
            Fact(_("Total without VAT"), money(charge.net_minor, charge.currency)),
            Fact(_("VAT"), money(charge.vat_minor, charge.currency)),
            Fact(_("Total"), money(charge.gross_minor, charge.currency)),
        ),
        accuracy=tell_accuracy(explanation),
        revisions=_revisions(facts),
        superseded_by=None if facts.is_current else latest,
        is_void=facts.is_void,
        curve=power_curve(facts),
        inputs_hash=charge.inputs_hash,
        rules_version=charge.rules_version,
    )


def _facts(pairs: list[tuple[str, str]]) -> tuple[Fact, ...]:
    return tuple(Fact(label, value) for label, value in pairs if value)


def _place(facts: ReceiptFacts) -> str:
    site = facts.session.charge_point.site
    return ", ".join(part for part in (site.name, site.address, site.city) if part)


def _where(facts: ReceiptFacts, begins: datetime) -> Section:
    session, told = facts.session, facts.charge.explanation["session"]
    ends = wording.local(told["ended_at"], facts.zone)
    charged_until = wording.local(told["charging_ended_at"], facts.zone)
    connector = session.connector
    pairs = [
        (_("Place"), _place(facts)),
        (_("Station"), session.charge_point.public_code),
        (_("Connector"), str(connector.evse_id) if connector else ""),
        (_("Start"), wording.day_and_time(begins)),
        (_("End of charging"), wording.day_and_time(charged_until) if charged_until < ends else ""),
        (_("End"), wording.day_and_time(ends)),
        (_("Duration"), wording.duration(facts.charge.duration_s)),
        (_("Reserved before"), _reserved(told)),
        (_("Time zone"), told["time_zone"]),
        (_("Invoice"), str(facts.invoice.number) if facts.invoice else ""),
    ]
    notes = []
    if begins.utcoffset() != ends.utcoffset():
        notes.append(
            _(
                "The clocks were changed during the session (%(before)s to %(after)s). The duration"
                " is real time, and times below say which clock they are by."
            )
            % {"before": begins.tzname(), "after": ends.tzname()}
        )
    return Section("where", _("Where and when"), _facts(pairs), tuple(notes))


def _reserved(told: Mapping[str, object]) -> str:
    reserved_s = told.get("reserved_s")
    return wording.duration(reserved_s) if isinstance(reserved_s, int) and reserved_s else ""


def _energy(facts: ReceiptFacts) -> Section:
    session, charge = facts.session, facts.charge
    start_wh, stop_wh = session.meter_start_wh, session.meter_stop_wh
    pairs = [
        (_("Meter at the start"), "" if start_wh is None else wording.energy(start_wh)),
        (_("Meter at the end"), "" if stop_wh is None else wording.energy(stop_wh)),
        (_("Energy charged for"), wording.energy(charge.energy_wh)),
    ]
    notes = []
    source = wording.ENERGY_SOURCES.get(session.energy_source)
    if source is not None:
        notes.append(str(source))
    if start_wh is not None and stop_wh is not None and stop_wh - start_wh != charge.energy_wh:
        notes.append(
            _("The difference between the two readings is %(energy)s; it was not used.")
            % {"energy": wording.energy(stop_wh - start_wh)}
            if stop_wh >= start_wh
            else _("The reading at the end is below the one at the start; it was not used.")
        )
    ignored = charge.explanation["session"].get("readings_ignored")
    if ignored:
        notes.append(
            _("%(count)s readings contradict the others and were left out.") % {"count": ignored}
        )
    is_same = charge.energy_wh == session.energy_wh
    if is_same and SessionFlag.SIGNED_VERIFIED in session.flags:
        notes.append(
            _(
                "Verified: the meter signed its readings at the start and the end. The signature"
                " is that of the meter's registered key, and the readings give this energy."
            )
        )
    return Section("energy", _("How much energy"), _facts(pairs), tuple(notes))


def _vat_rows(explanation: Mapping[str, Any], currency: str) -> tuple[VatRow, ...]:
    sums: dict[Decimal, list[int]] = {}
    for line in explanation["lines"]:
        total = sums.setdefault(Decimal(line["vat_rate"]), [0, 0, 0])
        for place, name in enumerate(("net_minor", "vat_minor", "gross_minor")):
            total[place] += line[name]
    return tuple(
        VatRow(percent(rate), *(money(amount, currency) for amount in total))
        for rate, total in sorted(sums.items(), reverse=True)
    )


def _revisions(facts: ReceiptFacts) -> tuple[Revision, ...]:
    """Tell the corrections; nothing for a session priced once that still costs what it did."""
    if len(facts.revisions) < 2 and not facts.taken_back:
        return ()
    rows = []
    before: Charge | None = None
    for charge in facts.revisions:
        change = "" if before is None else _change(charge, before)
        invoice = getattr(charge, "invoice", None)
        rows.append(
            Revision(
                number=charge.revision,
                rated_at=wording.day_and_time(charge.rated_at.astimezone(facts.zone)),
                total=money(charge.gross_minor, charge.currency),
                change=change,
                invoice="" if invoice is None else str(invoice.number),
                taken_back=_taken_back(facts.taken_back.get(charge.pk)),
                is_shown=charge.revision == facts.charge.revision,
            )
        )
        before = charge
    return tuple(rows)


def _taken_back(taken: TakenBack | None) -> str:
    """Say why a charge no longer holds, and by which document."""
    if taken is None:
        return ""
    text = (_("Voided: %(reason)s") if taken.is_void else _("Corrected: %(reason)s")) % {
        "reason": taken.reason
    }
    if not taken.credit_note:
        return text
    return f"{text} · " + _("Credit note %(number)s") % {"number": taken.credit_note}


def _change(charge: Charge, before: Charge) -> str:
    if charge.currency != before.currency:
        return ""
    difference = charge.gross_minor - before.gross_minor
    return ("+" if difference > 0 else "") + money(difference, charge.currency)
