"""What happens in billing, as others hear of it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from outbox.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class InvoiceIssued(DomainEvent):
    """An invoice has its number; collecting it has begun."""

    type = "invoice.issued"
    invoice_id: UUID


@dataclass(frozen=True, kw_only=True)
class InvoicePaid(DomainEvent):
    """Stripe has the driver's money, and the books say so."""

    type = "invoice.paid"
    invoice_id: UUID


@dataclass(frozen=True, kw_only=True)
class PaymentFailed(DomainEvent):
    """The payment was refused; with `needs_action` only the driver can go on."""

    type = "invoice.payment_failed"
    invoice_id: UUID
    needs_action: bool


@dataclass(frozen=True, kw_only=True)
class CorrectionsDecided(DomainEvent):
    """Somebody decided to carry out a dry run; some of its sessions wait to be corrected."""

    type = "corrections.decided"
    run_id: UUID


@dataclass(frozen=True, kw_only=True)
class ChargeCorrected(DomainEvent):
    """A charge was voided or took the place of another one."""

    type = "charge.corrected"
    correction_id: UUID


@dataclass(frozen=True, kw_only=True)
class SettlementDue(DomainEvent):
    """The old invoice of a correction is paid or withdrawn: its money can be moved."""

    type = "settlement.due"
    correction_id: UUID


@dataclass(frozen=True, kw_only=True)
class StripeEventStored(DomainEvent):
    """Stripe told us something; the row has it as it came."""

    type = "stripe_event.stored"
    stripe_event_id: UUID
