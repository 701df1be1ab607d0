"""Issuing credit notes: the document that takes back a whole invoice."""

from __future__ import annotations

from datetime import datetime

from billing.models import Correction, CreditNote, CreditNoteCounter, Invoice
from billing.services.invoice_lines import vat_by_rate
from billing.stripe_gateway import Json


def issue_credit_note(correction: Correction, invoice: Invoice, now: datetime) -> CreditNote:
    """Take back an invoice, in the correction's transaction; seller and buyer as on the invoice.

    Source: the VAT directive (2006/112/EC), article 219: a document that amends an invoice
    refers to it unambiguously.
    """
    return CreditNote.objects.create(
        correction=correction,
        invoice=invoice,
        number=_next_number(),
        invoice_number=invoice.number,
        invoice_issued_at=invoice.issued_at,
        currency=invoice.currency,
        total_minor=invoice.total_minor,
        vat_minor=invoice.vat_minor,
        vat_amounts=_vat_amounts(invoice),
        seller=invoice.seller,
        buyer=invoice.buyer,
        reason=correction.reason,
        issued_at=now,
    )


def _vat_amounts(invoice: Invoice) -> list[Json]:
    return [
        {"rate": f"{rate.normalize():f}", "net_minor": net_minor, "vat_minor": vat_minor}
        for rate, net_minor, vat_minor in vat_by_rate(invoice.lines.all())
    ]


def _next_number() -> int:
    """The next number of the tenant's unbroken series; its row stays locked until the commit."""
    CreditNoteCounter.objects.get_or_create()
    counter = CreditNoteCounter.objects.select_for_update().get()
    counter.last_number += 1
    counter.save(update_fields=("last_number",))
    return counter.last_number
