"""Whose payment a movement at Stripe is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from billing.models import Invoice, Payment, StripeMovement


@dataclass(frozen=True, slots=True)
class Owner:
    """The row of ours that a movement pays or pays back."""

    account_ref: str
    invoice: Invoice | None = None
    payment: Payment | None = None

    @property
    def is_booked(self) -> bool:
        """Whether its payment is in the books."""
        if self.invoice is not None:
            return self.invoice.state == Invoice.State.PAID
        return self.payment is not None and self.payment.captured_minor > 0


def owners_of(movements: Iterable[StripeMovement]) -> dict[UUID, Owner]:
    """By movement; those of nobody here are left out. Metadata only names rows of ours."""
    rows = list(movements)
    intents = {row.intent_ref for row in rows if row.intent_ref}
    invoices = Invoice.objects.select_related("stripe_payment").filter(
        Q(stripe_payment__payment_intent_ref__in=intents)
        | Q(stripe_invoice_ref__in=_notes(rows, "invoice_ref"))
        | Q(pk__in=_ids(rows, "invoice"))
    )
    payments = Payment.objects.filter(
        Q(stripe_intent_ref__in=intents) | Q(pk__in=_ids(rows, "payment"))
    )
    by_name: dict[str, Owner] = {}
    for invoice in invoices:
        paid = getattr(invoice, "stripe_payment", None)
        names = (str(invoice.pk), invoice.stripe_invoice_ref, paid and paid.payment_intent_ref)
        owner = Owner(invoice.stripe_account_ref, invoice=invoice)
        by_name |= {name: owner for name in names if name}
    for payment in payments:
        owner = Owner(payment.stripe_account_ref, payment=payment)
        by_name |= {name: owner for name in (str(payment.pk), payment.stripe_intent_ref) if name}
    found = {row.pk: _first(row, by_name) for row in rows}
    return {pk: owner for pk, owner in found.items() if owner is not None}


def _first(row: StripeMovement, by_name: dict[str, Owner]) -> Owner | None:
    names = (row.intent_ref, *(row.about.get(n, "") for n in ("invoice_ref", "invoice", "payment")))
    return next((by_name[name] for name in names if name in by_name), None)


def _notes(rows: list[StripeMovement], name: str) -> set[str]:
    return {row.about[name] for row in rows if row.about.get(name)}


def _ids(rows: list[StripeMovement], name: str) -> set[UUID]:
    found = set()
    for text in _notes(rows, name):
        try:
            found.add(UUID(text))
        except ValueError:
            continue
    return found
