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
    RemoteEvent,
    RemoteInvoice,
    RemoteObject,
    RemotePaymentMethod,
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
    "RemoteEvent",
    "RemoteInvoice",
    "RemoteObject",
    "RemotePaymentMethod",
    "Retryable",
    "StripeFailure",
    "StripeGateway",
    "WrongAccount",
    "attachment_body",
    "customer_body",
    "default_method_body",
    "invoice_body",
    "lines_body",
    "payment_body",
    "verified_event",
]
