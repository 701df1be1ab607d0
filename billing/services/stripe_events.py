"""What Stripe tells us: stored first, then answered by fetching what it is about."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from billing.events import StripeEventStored
from billing.models import (
    BillingAccount,
    EventWatermark,
    Invoice,
    Payment,
    Refund,
    StripeAccount,
    StripeEvent,
    StripePayment,
)
from billing.services.ad_hoc.opening import owe_fetch_of
from billing.services.owed_calls import owe_fetch
from billing.services.refunds import owe_refund_fetch
from billing.stripe_gateway import CallFor, Json, RemoteEvent, StripeFailure, StripeGateway
from billing.types import Operation
from outbox.services import publish
from tenants.scope import across_tenants, tenant_scope

log = logging.getLogger(__name__)

# What makes us look at an invoice again; everything else is kept and nothing more.
FETCH_ON: Final = frozenset(
    {
        "invoice.finalization_failed",
        "invoice.finalized",
        "invoice.marked_uncollectible",
        "invoice.overpaid",
        "invoice.paid",
        "invoice.payment_action_required",
        "invoice.payment_failed",
        "invoice.voided",
        "invoice_payment.paid",
    }
)

# What makes us look at an invoice's payment again, and at a refund.
FETCH_PAYMENT_ON: Final = frozenset(
    {
        "charge.dispute.closed",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.refunded",
        "credit_note.created",
        "credit_note.voided",
    }
)
# What makes us look at a payment on the spot again.
FETCH_CHECKOUT_ON: Final = frozenset(
    {
        "charge.dispute.closed",
        "charge.dispute.created",
        "charge.refunded",
        "checkout.session.completed",
        "checkout.session.expired",
        "payment_intent.amount_capturable_updated",
        "payment_intent.canceled",
        "payment_intent.succeeded",
    }
)
FETCH_REFUND_ON: Final = frozenset({"refund.created", "refund.failed", "refund.updated"})

# Events may show up in the list some time after the instant they carry.
LISTING_OVERLAP: Final = timedelta(hours=1)
FIRST_LISTING: Final = timedelta(days=1)


class Receipt(StrEnum):
    """What became of an event."""

    STORED = "stored"
    KNOWN = "known"
    NOT_OURS = "not_ours"


def store_event(event: RemoteEvent, *, now: datetime) -> Receipt:
    """Keep an event once, with the delivery that will answer it; one nobody owns is only logged."""
    tenant_id = tenant_of(event)
    if tenant_id is None:
        log.info(
            "Stripe event of nobody here",
            extra={"event": event.ref, "type": event.type, "account": event.account_ref},
        )
        return Receipt.NOT_OURS
    with tenant_scope(tenant_id), transaction.atomic():
        row = StripeEvent(
            stripe_account_ref=event.account_ref,
            event_ref=event.ref,
            type=event.type,
            object_ref=event.object_ref,
            api_version=event.api_version,
            payload=event.payload,
            occurred_at=event.occurred_at,
        )
        StripeEvent.objects.bulk_create([row], ignore_conflicts=True)
        if not StripeEvent.objects.filter(pk=row.pk).exists():
            return Receipt.KNOWN
        publish(StripeEventStored(stripe_event_id=row.pk, occurred_at=now))
    return Receipt.STORED


def tenant_of(event: RemoteEvent) -> UUID | None:
    """Whose event it is: the connected account's owner, or the owner of the row it is about.

    Metadata is believed only if it names a row of the same Stripe account.
    """
    with across_tenants(reason="whose Stripe event is it"):
        owners = StripeAccount.objects.filter(account_ref=event.account_ref).values_list(
            "tenant_id", flat=True
        )[:2]
        if event.account_ref and len(owners) == 1:
            return owners[0]
        for rows in _rows_about(event):
            tenant_ids: set[UUID] = set(rows.values_list("tenant_id", flat=True)[:2])
            if len(tenant_ids) == 1:
                return tenant_ids.pop()
    return None


def answer_event(*, stripe_event_id: UUID, now: datetime) -> None:
    """Have what an event is about fetched; one about nothing of ours changes nothing."""
    event = StripeEvent.objects.get(pk=stripe_event_id)
    if event.type in FETCH_ON:
        _answer_about_invoice(event, now)
    elif event.type in FETCH_PAYMENT_ON:
        _answer_about_payment(event, now)
    elif event.type in FETCH_REFUND_ON:
        _answer_about_refund(event, now)
    if event.type in FETCH_CHECKOUT_ON:
        _answer_on_the_spot(event, now)
    StripeEvent.objects.filter(pk=event.pk).update(handled_at=now)


def _answer_about_payment(event: StripeEvent, now: datetime) -> None:
    """A payment of ours was refunded, credited or disputed; others are not looked at."""
    invoices = Invoice.objects.select_for_update(of=("self",)).filter(
        stripe_account_ref=event.stripe_account_ref, state=Invoice.State.PAID
    )
    invoice_ref = invoice_ref_of(event.type, event.payload)
    intent_ref = _field(event.payload, "payment_intent")
    if invoice_ref:
        invoice = invoices.filter(stripe_invoice_ref=invoice_ref).first()
    elif intent_ref:
        invoice = invoices.filter(stripe_payment__payment_intent_ref=intent_ref).first()
    else:
        invoice = None
    if invoice is not None:
        owe_fetch(invoice=invoice, now=now, operation=Operation.FETCH_PAYMENT)


def _answer_on_the_spot(event: StripeEvent, now: datetime) -> None:
    """A payment on the spot was held, taken, released or disputed; the event only says which."""
    payment = (
        Payment.objects.select_for_update(of=("self",))
        .filter(_on_the_spot(event.type, event.payload))
        .filter(stripe_account_ref=event.stripe_account_ref)
        .first()
    )
    if payment is not None:
        owe_fetch_of(payment, now)


def _on_the_spot(event_type: str, payload: Json) -> Q:
    """The payment on the spot that an event is about, by any name it may give it."""
    about = payload["data"]["object"]
    own_ref = _field(payload, "id")
    intent_ref = own_ref if event_type.startswith("payment_intent.") else ""
    known = Q(pk=None)
    for name, ref in (
        ("stripe_checkout_ref", own_ref if event_type.startswith("checkout.") else ""),
        ("stripe_intent_ref", intent_ref or _field(payload, "payment_intent")),
    ):
        if ref:
            known |= Q(**{name: ref})
    payment_id = _uuid((about.get("metadata") or {}).get("payment"))
    return known if payment_id is None else known | Q(pk=payment_id)


def _answer_about_refund(event: StripeEvent, now: datetime) -> None:
    """Something happened to a refund we gave."""
    refund = (
        Refund.objects.select_for_update(of=("self",))
        .select_related("invoice")
        .filter(
            invoice__stripe_account_ref=event.stripe_account_ref,
            stripe_refund_ref=event.object_ref,
        )
        .exclude(stripe_refund_ref="")
        .first()
    )
    if refund is not None:
        owe_refund_fetch(refund, now)


def _answer_about_invoice(event: StripeEvent, now: datetime) -> None:
    invoice = (
        Invoice.objects.select_for_update()
        .filter(
            stripe_account_ref=event.stripe_account_ref,
            stripe_invoice_ref=invoice_ref_of(event.type, event.payload),
        )
        .exclude(stripe_invoice_ref="")
        .first()
    )
    if invoice is None:
        _note_stray(event)
    else:
        owe_fetch(invoice=invoice, now=now)


def fetch_missed_events(*, now: datetime) -> int:
    """List every account's events since the last listing and store what no webhook brought.

    Returns how many were new. An account that does not answer is listed from the same place
    next time.
    """
    with across_tenants(reason="every Stripe account in use"):
        used = set(StripeAccount.objects.values_list("account_ref", flat=True)) | {""}
    return sum(_fetch_missed(account_ref, now) for account_ref in sorted(used))


def forget_old_contents(*, now: datetime, kept: timedelta) -> int:
    """Empty the content of events answered longer ago than `kept`; how many there were.

    The rows stay, so that an event that comes again is still known.
    """
    with across_tenants(reason="old contents of Stripe events"):
        old = StripeEvent.objects.filter(handled_at__lt=now - kept).exclude(payload={})
        return old.update(payload={})


def invoice_ref_of(event_type: str, payload: Json) -> str:
    """The Stripe invoice an event is about; blank when it is about something else."""
    return _field(payload, "id" if event_type.startswith("invoice.") else "invoice")


def _field(payload: Json, name: str) -> str:
    """A field of the object in an event, if it is text."""
    found = payload["data"]["object"].get(name)
    return found if isinstance(found, str) else ""


def _rows_about(
    event: RemoteEvent,
) -> Iterator[QuerySet[Any]]:
    """Rows of the event's account that it may be about, the most certain first."""
    invoices = Invoice.objects.filter(stripe_account_ref=event.account_ref)
    accounts = BillingAccount.objects.filter(stripe_account_ref=event.account_ref)
    invoice_ref = invoice_ref_of(event.type, event.payload)
    if invoice_ref:
        yield invoices.filter(stripe_invoice_ref=invoice_ref)
    intent_ref = _field(event.payload, "payment_intent")
    if intent_ref:
        yield StripePayment.objects.filter(
            stripe_account_ref=event.account_ref, payment_intent_ref=intent_ref
        )
    for customer_ref in filter(None, (event.object_ref, _field(event.payload, "customer"))):
        yield accounts.filter(stripe_customer_ref=customer_ref)
    yield Payment.objects.filter(_on_the_spot(event.type, event.payload)).filter(
        stripe_account_ref=event.account_ref
    )
    invoice_id = _uuid(event.object_metadata.get("invoice"))
    if invoice_id is not None:
        yield invoices.filter(pk=invoice_id)
    account_id = _uuid(event.object_metadata.get("billing_account"))
    if account_id is not None:
        yield accounts.filter(pk=account_id)


def _note_stray(event: StripeEvent) -> None:
    """An invoice at Stripe that no row of ours stands for: made by hand, or a second one."""
    log.warning(
        "Stripe event about an invoice that is not ours",
        extra={"event": event.event_ref, "type": event.type, "object": event.object_ref},
    )


def _fetch_missed(account_ref: str, now: datetime) -> int:
    watermark = EventWatermark.objects.filter(pk=account_ref).first()
    since = now - FIRST_LISTING if watermark is None else watermark.listed_until - LISTING_OVERLAP
    try:
        events = StripeGateway(account_ref).events_since(CallFor(account_ref), since)
    except StripeFailure:
        log.warning("events could not be listed", extra={"account": account_ref}, exc_info=True)
        return 0
    # A list says nothing of the account it was asked of; a webhook does, and both are one event.
    receipts = [store_event(replace(event, account_ref=account_ref), now=now) for event in events]
    EventWatermark.objects.update_or_create(
        stripe_account_ref=account_ref, defaults={"listed_until": now}
    )
    return receipts.count(Receipt.STORED)


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
