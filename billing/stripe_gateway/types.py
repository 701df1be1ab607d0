"""Stripe's objects as the rest of the house sees them: frozen, plain, without the SDK's types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CallFor:
    """For whom a call is made: the account frozen on our row, and the row's idempotency key."""

    account_ref: str
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True)
class RemoteObject:
    """Anything at Stripe: its id and the metadata we gave it."""

    ref: str
    metadata: Mapping[str, str] = field(default_factory=dict)

    def summary(self) -> Json:
        """What is kept of it with the call that gave it."""
        return {"ref": self.ref}


@dataclass(frozen=True, slots=True)
class RemotePaymentMethod(RemoteObject):
    """A payment method and the customer it is attached to (blank: none)."""

    customer_ref: str = ""


@dataclass(frozen=True, slots=True)
class RemoteInvoice(RemoteObject):
    """An invoice as Stripe has it; amounts in minor units.

    `status` is draft, open, paid, uncollectible or void. `vat_minor` is None where Stripe said
    nothing of taxes.
    """

    status: str = ""
    currency: str = ""
    total_minor: int = 0
    vat_minor: int | None = None
    amount_paid_minor: int = 0
    line_count: int = 0
    customer_ref: str = ""
    hosted_url: str = ""
    paid_at: datetime | None = None
    payment_intent_ref: str = ""

    def summary(self) -> Json:
        """What is kept of it with the call that gave it."""
        return {"ref": self.ref, "status": self.status, "total_minor": self.total_minor}

    @property
    def is_paid(self) -> bool:
        """Stripe says so; whether it is the right amount is another question."""
        return self.status == "paid"


@dataclass(frozen=True, slots=True)
class RemotePayment(RemoteObject):
    """What paid an invoice, and what has become of it since; amounts in minor units.

    `ref` is the payment intent's. An invoice that was not paid by one has a blank payment.
    """

    refunded_minor: int = 0
    is_disputed: bool = False

    def summary(self) -> Json:
        """What is kept of it with the call that gave it."""
        return {
            "ref": self.ref,
            "refunded_minor": self.refunded_minor,
            "is_disputed": self.is_disputed,
        }


@dataclass(frozen=True, slots=True)
class RemoteCreditNote(RemoteObject):
    """Part of an invoice taken back at Stripe, and the refund that came of it."""

    refund_ref: str = ""

    def summary(self) -> Json:
        """What is kept of it with the call that gave it."""
        return {"ref": self.ref, "refund": self.refund_ref}


@dataclass(frozen=True, slots=True)
class RemoteRefund(RemoteObject):
    """A refund; `status` is pending, requires_action, succeeded, failed or canceled."""

    status: str = ""
    failure: str = ""

    def summary(self) -> Json:
        """What is kept of it with the call that gave it."""
        return {"ref": self.ref, "status": self.status, "failure": self.failure}

    @property
    def came_back(self) -> bool:
        """The money is the seller's again."""
        return self.status in {"failed", "canceled"}


@dataclass(frozen=True, slots=True)
class RemoteCheckout(RemoteObject):
    """A payment page and the payment it led to; amounts in minor units.

    `status` is open, complete or expired; `intent_status` is blank until somebody tried to pay.
    `refunded_minor` is money given back; what was held and never taken is not among it.
    """

    status: str = ""
    url: str = ""
    currency: str = ""
    intent_ref: str = ""
    intent_status: str = ""
    capturable_minor: int = 0
    received_minor: int = 0
    refunded_minor: int = 0
    is_disputed: bool = False
    has_lapsed: bool = False
    capture_before: datetime | None = None

    def summary(self) -> Json:
        """What is kept of it with the call that gave it."""
        return {
            "ref": self.ref,
            "status": self.status,
            "intent": self.intent_ref,
            "intent_status": self.intent_status,
            "received_minor": self.received_minor,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteMovement(RemoteObject):
    """A balance transaction; amounts in minor units, `metadata` is that of what moved.

    `fee_minor` is all that was kept back, of which `platform_fee_minor` by the platform.
    """

    kind: str
    source_ref: str
    intent_ref: str
    currency: str
    amount_minor: int
    fee_minor: int
    platform_fee_minor: int
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RemotePayout(RemoteObject):
    """Money sent to the bank; `is_listed` once Stripe can say of which movements it is made."""

    status: str
    currency: str
    amount_minor: int
    is_listed: bool
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class RemoteEvent:
    """A snapshot event; `payload` is a hint, never the truth."""

    ref: str
    account_ref: str
    type: str
    object_ref: str
    object_metadata: Mapping[str, str]
    api_version: str
    occurred_at: datetime
    payload: Json


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One line to print on an invoice, with its VAT, in minor units.

    A blank `vat_rate` is a line that is no sale: what was paid before.
    """

    position: int
    description: str
    gross_minor: int
    net_minor: int
    vat_minor: int
    vat_rate: str
