"""What the books say moved at Stripe, and which Stripe object each entry stands for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Sum

from billing.models import Invoice, Payment, PaymentRefund, Posting, Refund, StripeMovement

Purpose = StripeMovement.Purpose

PENDING_CODE: Final = "stripe_pending"
# Entries reconciliation makes itself; they follow from a movement and are never looked for.
OWN_ENTRIES: Final = ("stripe:", "discrepancy:")
_REF: Final = re.compile(r"^(?P<what>[a-z_]+):(?P<id>[0-9a-f-]{36})(?::(?P<how>.+))?$")


@dataclass(frozen=True, slots=True)
class Source:
    """What a booking stands for at Stripe; a blank `name` when only the payment is known."""

    purpose: Purpose
    name: str
    intent_ref: str
    account_ref: str
    invoice_id: UUID | None = None
    payment_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Booking:
    """An entry that moved money at Stripe, in minor units, and what it stands for there."""

    entry_id: UUID
    ref: str
    occurred_at: datetime
    amount_minor: int
    currency: str
    source: Source | None


def unmatched_bookings() -> list[Booking]:
    """Entries on money at Stripe that no movement there stands for yet, oldest first."""
    rows = Posting.objects.filter(account__code=PENDING_CODE, entry__movement__isnull=True)
    for mark in OWN_ENTRIES:
        rows = rows.exclude(entry__ref__startswith=mark)
    found = list(
        rows.values_list("entry", "entry__ref", "entry__occurred_at", "account__currency")
        .annotate(total=Sum("amount_minor"))
        .order_by("entry__occurred_at", "entry")
    )
    sources = sources_of([row[1] for row in found])
    return [
        Booking(entry_id, ref, occurred_at, int(total), currency, sources.get(ref))
        for entry_id, ref, occurred_at, currency, total in found
    ]


def sources_of(refs: Iterable[str]) -> dict[str, Source]:
    """What the entries of these references stand for; those of no kind known here are left out."""
    parsed = {ref: match for ref in refs if (match := _REF.match(ref)) is not None}
    sources: dict[str, Source] = {}
    for what, find in _FINDERS.items():
        wanted = {ref: match for ref, match in parsed.items() if match["what"] == what}
        by_id = find({UUID(match["id"]) for match in wanted.values()}) if wanted else {}
        for ref, match in wanted.items():
            source = by_id.get(UUID(match["id"]))
            if source is not None:
                sources[ref] = _in_this_way(source, match["how"] or "")
    return sources


def _in_this_way(source: Source, how: str) -> Source:
    if source.purpose != Purpose.REFUND:
        return source
    if how == "failed":
        return Source(Purpose.RETURN, source.name, *_rest(source))
    # What a person gave back in the dashboard has no refund of ours to go by.
    return Source(source.purpose, "", *_rest(source)) if how == "by_hand" else source


def _rest(source: Source) -> tuple[str, str, UUID | None, UUID | None]:
    return (source.intent_ref, source.account_ref, source.invoice_id, source.payment_id)


def _invoices(ids: set[UUID]) -> dict[UUID, Source]:
    rows = Invoice.objects.filter(pk__in=ids).values_list(
        "pk", "stripe_payment__payment_intent_ref", "stripe_account_ref"
    )
    return {
        pk: Source(Purpose.PAYMENT, intent or "", intent or "", account, invoice_id=pk)
        for pk, intent, account in rows
    }


def _payments(ids: set[UUID]) -> dict[UUID, Source]:
    rows = Payment.objects.filter(pk__in=ids).values_list(
        "pk", "stripe_intent_ref", "stripe_account_ref"
    )
    return {
        pk: Source(Purpose.PAYMENT, intent, intent, account, payment_id=pk)
        for pk, intent, account in rows
    }


def _refunds(ids: set[UUID]) -> dict[UUID, Source]:
    of_invoices = Refund.objects.filter(pk__in=ids).values_list(
        "pk",
        "stripe_refund_ref",
        "invoice__stripe_payment__payment_intent_ref",
        "invoice__stripe_account_ref",
        "invoice",
    )
    of_payments = PaymentRefund.objects.filter(pk__in=ids).values_list(
        "pk",
        "stripe_refund_ref",
        "payment__stripe_intent_ref",
        "payment__stripe_account_ref",
        "payment",
    )
    found = {
        pk: Source(Purpose.REFUND, ref, intent or "", account, invoice_id=invoice)
        for pk, ref, intent, account, invoice in of_invoices
    }
    return found | {
        pk: Source(Purpose.REFUND, ref, intent, account, payment_id=payment)
        for pk, ref, intent, account, payment in of_payments
    }


_FINDERS: Final[dict[str, Callable[[set[UUID]], dict[UUID, Source]]]] = {
    "invoice": _invoices,
    "payment": _payments,
    "refund": _refunds,
}
