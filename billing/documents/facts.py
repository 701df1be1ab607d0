"""What an invoice or a credit note says, read from rows that never change after its issue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from billing.line_text import line_text
from billing.models import BillingAccount, Charge, CreditNote, Invoice, InvoicedLine, InvoiceLine

Party = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """One line; amounts in minor units."""

    text: str
    supply: InvoiceLine.Supply
    vat_rate: Decimal
    net_minor: int
    vat_minor: int
    gross_minor: int


@dataclass(frozen=True, slots=True)
class DocumentSession:
    """One row of the annex."""

    ended_at: str
    place: str
    energy_wh: int
    gross_minor: int


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """An invoice, or (`credits_number`) the credit note that takes a whole one back.

    Amounts are minor units; a credit note's are what is credited. `settled_minor` was paid with
    an earlier document. Days are the seller's.
    """

    number: int
    currency: str
    seller: Party
    buyer: Party
    issued_on: date
    supplied_from_on: date
    supplied_to_on: date
    lines: tuple[DocumentLine, ...]
    sessions: tuple[DocumentSession, ...]
    total_minor: int
    vat_minor: int
    settled_minor: int = 0
    is_sent: bool = False
    due_on: date | None = None
    reference: str = ""
    credits_number: int | None = None
    credits_issued_on: date | None = None
    reason: str = ""

    @property
    def due_minor(self) -> int:
        """What is to be paid."""
        return self.total_minor - self.settled_minor

    @property
    def vat_by_rate(self) -> list[tuple[Decimal, int, int]]:
        """For each rate: without VAT, the VAT; never computed again, only added."""
        sums: dict[Decimal, tuple[int, int]] = {}
        for line in self.lines:
            net_minor, vat_minor = sums.get(line.vat_rate, (0, 0))
            sums[line.vat_rate] = (net_minor + line.net_minor, vat_minor + line.vat_minor)
        return [(rate, net, vat) for rate, (net, vat) in sorted(sums.items())]


def invoice_facts(invoice: Invoice) -> DocumentFacts:
    """An invoice in the language in force."""
    zone = ZoneInfo(invoice.tenant.time_zone)
    is_sent = invoice.payment_way == BillingAccount.PaymentWay.INVOICE
    return DocumentFacts(
        number=invoice.number,
        currency=invoice.currency,
        seller=invoice.seller,
        buyer=invoice.buyer,
        issued_on=invoice.issued_on,
        supplied_from_on=invoice.supplied_from_on,
        supplied_to_on=invoice.supplied_to_on,
        lines=_lines(invoice, zone),
        sessions=_sessions(invoice),
        total_minor=invoice.total_minor,
        vat_minor=invoice.vat_minor,
        settled_minor=invoice.settled_minor,
        is_sent=is_sent,
        due_on=invoice.due_on,
        reference=invoice.reference,
    )


def credit_note_facts(note: CreditNote) -> DocumentFacts:
    """A credit note in the language in force: the lines of the invoice it takes back."""
    zone = ZoneInfo(note.tenant.time_zone)
    invoice = note.invoice
    return DocumentFacts(
        number=note.number,
        currency=note.currency,
        seller=note.seller,
        buyer=note.buyer,
        issued_on=note.issued_at.astimezone(zone).date(),
        supplied_from_on=invoice.supplied_from_on,
        supplied_to_on=invoice.supplied_to_on,
        lines=_lines(invoice, zone),
        sessions=(),
        total_minor=note.total_minor,
        vat_minor=note.vat_minor,
        credits_number=note.invoice_number,
        credits_issued_on=invoice.issued_on,
        reason=note.reason,
    )


def _lines(invoice: Invoice, zone: ZoneInfo) -> tuple[DocumentLine, ...]:
    return tuple(
        DocumentLine(
            text=line_text(line, invoice.currency, zone),
            supply=InvoiceLine.Supply(line.supply),
            vat_rate=line.vat_rate,
            net_minor=line.net_minor,
            vat_minor=line.vat_minor,
            gross_minor=line.gross_minor,
        )
        for line in invoice.lines.all()
    )


def _sessions(invoice: Invoice) -> tuple[DocumentSession, ...]:
    """Every session of a collective invoice, in order; a session's own needs no list."""
    if invoice.kind == Invoice.Kind.SESSION:
        return ()
    parts = InvoicedLine.objects.filter(invoice=invoice)
    charges = (
        Charge.objects.filter(pk__in=parts.values("charge"))
        .select_related("session__charge_point__site")
        .order_by("session__ended_at", "pk")
    )
    return tuple(_session_rows(charges))


def _session_rows(charges: Iterable[Charge]) -> Iterable[DocumentSession]:
    for charge in charges:
        point = charge.session.charge_point
        ended_at = charge.session.ended_at or charge.rated_at
        local = ended_at.astimezone(ZoneInfo(point.site.time_zone))
        yield DocumentSession(
            f"{local:%Y-%m-%d %H:%M}",
            f"{point.site.name}, {point.identity}",
            charge.energy_wh,
            charge.gross_minor,
        )
