"""From the SDK's objects to ours."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import stripe

from billing.stripe_gateway.types import (
    Json,
    RemoteCheckout,
    RemoteCreditNote,
    RemoteEvent,
    RemoteInvoice,
    RemoteMovement,
    RemoteObject,
    RemotePayment,
    RemotePaymentMethod,
    RemotePayout,
    RemoteRefund,
)


def read_customer(customer: stripe.Customer) -> RemoteObject:
    """A customer."""
    return RemoteObject(customer.id, _metadata(customer))


def read_made(
    made: stripe.billing_portal.Configuration | stripe.Product | stripe.Price,
) -> RemoteObject:
    """Something we made and need no more of than its id."""
    return RemoteObject(made.id, _metadata(made))


def read_payment_method(method: stripe.PaymentMethod) -> RemotePaymentMethod:
    """A payment method."""
    return RemotePaymentMethod(method.id, _metadata(method), customer_ref=_ref(method.customer))


def read_invoice(invoice: stripe.Invoice) -> RemoteInvoice:
    """An invoice; fields Stripe left out count as nothing."""
    taxes = getattr(invoice, "total_taxes", None)
    return RemoteInvoice(
        invoice.id,
        _metadata(invoice),
        status=invoice.status or "",
        currency=invoice.currency.upper(),
        total_minor=invoice.total,
        vat_minor=None if taxes is None else sum(tax.amount for tax in taxes),
        amount_paid_minor=invoice.amount_paid,
        line_count=len(invoice.lines.data),
        customer_ref=_ref(invoice.customer),
        hosted_url=getattr(invoice, "hosted_invoice_url", None) or "",
        paid_at=_time(invoice.status_transitions.paid_at),
        payment_intent_ref=_payment_intent_ref(invoice),
    )


def read_payment(payments: stripe.ListObject[stripe.InvoicePayment]) -> RemotePayment:
    """What paid an invoice, of its payments listed with their charges."""
    for payment in payments.data:
        intent = getattr(payment.payment, "payment_intent", None)
        charge = getattr(intent, "latest_charge", None)
        if intent is not None and charge is not None:
            return RemotePayment(
                _ref(intent), refunded_minor=charge.amount_refunded, is_disputed=charge.disputed
            )
    return RemotePayment("")


def read_credit_note(note: stripe.CreditNote) -> RemoteCreditNote:
    """A credit note."""
    refunds = [_ref(refund.refund) for refund in note.refunds]
    return RemoteCreditNote(note.id, _metadata(note), refund_ref=refunds[0] if refunds else "")


def read_refund(refund: stripe.Refund) -> RemoteRefund:
    """A refund."""
    return RemoteRefund(
        refund.id,
        _metadata(refund),
        status=refund.status or "",
        failure=getattr(refund, "failure_reason", None) or "",
    )


def read_checkout(page: stripe.checkout.Session) -> RemoteCheckout:
    """A payment page; its payment only where that was asked for with it."""
    intent = page.payment_intent
    known: Json = {"intent_ref": _ref(intent)}
    if intent is not None and not isinstance(intent, str):
        known |= _intent_facts(intent)
    return RemoteCheckout(
        page.id,
        _metadata(page),
        status=page.status or "",
        url=page.url or "",
        currency=(page.currency or "").upper(),
        **known,
    )


def read_intent(intent: stripe.PaymentIntent) -> RemoteObject:
    """A payment."""
    return RemoteObject(intent.id, _metadata(intent))


def _intent_facts(intent: stripe.PaymentIntent) -> Json:
    facts: Json = {
        "intent_status": intent.status,
        "capturable_minor": intent.amount_capturable,
        "received_minor": intent.amount_received,
        "has_lapsed": intent.cancellation_reason == "automatic",
    }
    charge = intent.latest_charge
    if charge is None or isinstance(charge, str):
        return facts
    card = getattr(charge.payment_method_details, "card", None)
    never_taken_minor = charge.amount - charge.amount_captured
    return facts | {
        # Stripe lists what was held and not captured as refunded, too.
        "refunded_minor": charge.amount_refunded - never_taken_minor if charge.captured else 0,
        "is_disputed": charge.disputed,
        "capture_before": _time(getattr(card, "capture_before", None)),
    }


def read_movement(movement: stripe.BalanceTransaction) -> RemoteMovement:
    """A balance transaction listed with what moved."""
    source = movement.source
    fees = movement.fee_details
    return RemoteMovement(
        ref=movement.id,
        metadata={} if isinstance(source, str) else _metadata(source),
        kind=movement.type,
        source_ref=_ref(source),
        intent_ref=_ref(getattr(source, "payment_intent", None)),
        currency=movement.currency.upper(),
        amount_minor=movement.amount,
        fee_minor=movement.fee,
        platform_fee_minor=sum(fee.amount for fee in fees if fee.type == "application_fee"),
        occurred_at=datetime.fromtimestamp(movement.created, UTC),
    )


def read_payout(payout: stripe.Payout) -> RemotePayout:
    """A payout; one made by hand never says what it is made of."""
    return RemotePayout(
        ref=payout.id,
        metadata=_metadata(payout),
        status=payout.status,
        currency=payout.currency.upper(),
        amount_minor=payout.amount,
        is_listed=payout.automatic and payout.reconciliation_status == "completed",
        occurred_at=datetime.fromtimestamp(payout.created, UTC),
    )


def read_balance(balance: stripe.Balance) -> dict[str, int]:
    """What an account has, at hand and on its way, by currency in minor units."""
    sums: dict[str, int] = {}
    parts: list[Any] = [*balance.available, *balance.pending]
    for part in parts:
        currency = part.currency.upper()
        sums[currency] = sums.get(currency, 0) + part.amount
    return sums


def read_event(event: stripe.Event) -> RemoteEvent:
    """An event the API gave us."""
    return read_event_json(event.to_dict(for_json=True))


def read_event_json(event: Json) -> RemoteEvent:
    """An event as it came over the wire; raises `KeyError` for something else.

    A thin event only says what happened to which object: it becomes a snapshot of nothing but the
    object's id, which is enough, because what is fetched counts and the snapshot never does.
    """
    if event.get("object") == "v2.core.event":
        return _read_thin_event(event)
    about: Json = event["data"]["object"]
    return RemoteEvent(
        ref=event["id"],
        account_ref=event.get("account") or "",
        type=event["type"],
        object_ref=about.get("id") or "",
        object_metadata=about.get("metadata") or {},
        api_version=event.get("api_version") or "",
        occurred_at=datetime.fromtimestamp(event["created"], UTC),
        payload=event,
    )


def _read_thin_event(event: Json) -> RemoteEvent:
    about: Json = {"id": event["related_object"]["id"]}
    return RemoteEvent(
        ref=event["id"],
        account_ref=event.get("context") or "",
        type=event["type"].removeprefix("v1."),
        object_ref=about["id"],
        object_metadata={},
        api_version="",
        occurred_at=datetime.fromisoformat(event["created"]),
        payload={**event, "data": {"object": about}},
    )


def _metadata(thing: Any) -> dict[str, str]:
    metadata = getattr(thing, "metadata", None)
    return {} if metadata is None else dict(metadata.to_dict())


def _ref(thing: Any) -> str:
    """The id of something that is given as its id, as an expanded object, or not at all."""
    if thing is None or isinstance(thing, str):
        return thing or ""
    return str(thing.id)


def _payment_intent_ref(invoice: stripe.Invoice) -> str:
    """What paid the invoice; blank unless its payments were asked for and one came through."""
    payments = getattr(invoice, "payments", None)
    for payment in [] if payments is None else payments.data:
        if payment.status == "paid":
            return _ref(getattr(payment.payment, "payment_intent", None))
    return ""


def _time(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
