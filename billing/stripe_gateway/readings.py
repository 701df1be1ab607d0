"""From the SDK's objects to ours."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import stripe

from billing.stripe_gateway.types import (
    Json,
    RemoteEvent,
    RemoteInvoice,
    RemoteObject,
    RemotePaymentMethod,
)


def read_customer(customer: stripe.Customer) -> RemoteObject:
    """A customer."""
    return RemoteObject(customer.id, _metadata(customer))


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
    )


def read_event(event: stripe.Event) -> RemoteEvent:
    """An event the API gave us."""
    return read_event_json(event.to_dict(for_json=True))


def read_event_json(event: Json) -> RemoteEvent:
    """An event as it came over the wire; raises `KeyError` for something else."""
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


def _metadata(thing: Any) -> dict[str, str]:
    metadata = getattr(thing, "metadata", None)
    return {} if metadata is None else dict(metadata.to_dict())


def _ref(thing: Any) -> str:
    """The id of something that is given as its id, as an expanded object, or not at all."""
    if thing is None or isinstance(thing, str):
        return thing or ""
    return str(thing.id)


def _time(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
