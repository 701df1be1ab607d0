"""The only place that knows Stripe's SDK; nothing of its types leaves this package."""

from billing.stripe_gateway.client import StripeGateway
from billing.stripe_gateway.errors import (
    Declined,
    InvalidSignature,
    KeyReused,
    NotFound,
    Rejected,
    Retryable,
    StripeFailure,
    WrongAccount,
)
from billing.stripe_gateway.params import (
    attachment_body,
    credit_note_body,
    customer_body,
    default_method_body,
    invoice_body,
    lines_body,
    payment_body,
)
from billing.stripe_gateway.signatures import NotAnEvent, verified_event
from billing.stripe_gateway.types import (
    CallFor,
    InvoiceLine,
    Json,
    RemoteCreditNote,
    RemoteEvent,
    RemoteInvoice,
    RemoteObject,
    RemotePayment,
    RemotePaymentMethod,
    RemoteRefund,
)

__all__ = [
    "CallFor",
    "Declined",
    "InvalidSignature",
    "InvoiceLine",
    "Json",
    "KeyReused",
    "NotAnEvent",
    "NotFound",
    "Rejected",
    "RemoteCreditNote",
    "RemoteEvent",
    "RemoteInvoice",
    "RemoteObject",
    "RemotePayment",
    "RemotePaymentMethod",
    "RemoteRefund",
    "Retryable",
    "StripeFailure",
    "StripeGateway",
    "WrongAccount",
    "attachment_body",
    "credit_note_body",
    "customer_body",
    "default_method_body",
    "invoice_body",
    "lines_body",
    "payment_body",
    "verified_event",
]
