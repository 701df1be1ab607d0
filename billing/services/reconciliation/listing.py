"""What Stripe says moved on an account, read before anything is compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from billing.models import Payment, StripeMovement, StripePayment, StripePayout
from billing.stripe_gateway import (
    CallFor,
    Json,
    RemoteMovement,
    RemotePayout,
    StripeGateway,
)

Purpose = StripeMovement.Purpose

_PURPOSES: Final = {
    "charge": Purpose.PAYMENT,
    "payment": Purpose.PAYMENT,
    "refund": Purpose.REFUND,
    "payment_refund": Purpose.REFUND,
    "refund_failure": Purpose.RETURN,
    "payment_failure_refund": Purpose.RETURN,
    "payout": Purpose.PAYOUT,
    "payout_failure": Purpose.PAYOUT_RETURN,
    "payout_cancel": Purpose.PAYOUT_RETURN,
    "stripe_fee": Purpose.FEE,
    "stripe_fx_fee": Purpose.FEE,
    "tax_fee": Purpose.FEE,
    "application_fee": Purpose.FEE,
}
_BROKEN_PAYOUTS: Final = ("failed", "canceled")


@dataclass(frozen=True, slots=True)
class PayoutListed:
    """A payout, and of which movements it is made where Stripe can say so."""

    payout: RemotePayout
    contents_minor: int | None
    movement_refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """All of it; `invoices` are those behind payments not known here, by payment.

    `balance_minor` is None when money moved while it was read.
    """

    movements: list[RemoteMovement]
    payouts: list[PayoutListed]
    balance_minor: dict[str, int] | None
    invoices: dict[str, str] = field(default_factory=dict)


def list_account(account_ref: str, since: datetime) -> Listing:
    """Read an account's movements and payouts since an instant; raises `StripeFailure`."""
    gateway, call = StripeGateway(account_ref), CallFor(account_ref)
    before = gateway.balance_minor(call)
    movements = gateway.movements_since(call, since)
    payouts = [_opened(gateway, call, payout) for payout in gateway.payouts_since(call, since)]
    after = gateway.balance_minor(call)
    intents = {m.intent_ref for m in movements if purpose_of(m) == Purpose.PAYMENT}
    return Listing(
        movements=movements,
        payouts=payouts,
        balance_minor=after if before == after else None,
        invoices={
            intent: gateway.invoice_paid_by(call, intent) for intent in _unknown_intents(intents)
        },
    )


def purpose_of(movement: RemoteMovement) -> Purpose:
    """What kind of booking a movement wants."""
    if movement.kind == "adjustment" and movement.source_ref.startswith(("du_", "dp_")):
        return Purpose.DISPUTE
    return _PURPOSES.get(movement.kind, Purpose.OTHER)


def note_of(movement: RemoteMovement, invoices: dict[str, str]) -> Json:
    """What is kept of a movement to find whose it is."""
    invoice_ref = invoices.get(movement.intent_ref, "")
    known = {"invoice_ref": invoice_ref} if invoice_ref else {}
    return {**movement.metadata, **known}


def _opened(gateway: StripeGateway, call: CallFor, payout: RemotePayout) -> PayoutListed:
    known = StripePayout.objects.filter(
        stripe_account_ref=call.account_ref, payout_ref=payout.ref, contents_minor__isnull=False
    ).first()
    if known is not None:
        return PayoutListed(payout, known.contents_minor)
    if not payout.is_listed:
        return PayoutListed(payout, None)
    parts = gateway.movements_of_payout(call, payout.ref)
    inside = [part for part in parts if purpose_of(part) != Purpose.PAYOUT]
    contents_minor = sum(part.amount_minor - part.fee_minor for part in inside)
    return PayoutListed(payout, contents_minor, tuple(part.ref for part in inside))


def _unknown_intents(intents: set[str]) -> list[str]:
    known = set(
        StripePayment.objects.filter(payment_intent_ref__in=intents).values_list(
            "payment_intent_ref", flat=True
        )
    )
    known |= set(
        Payment.objects.filter(stripe_intent_ref__in=intents).values_list(
            "stripe_intent_ref", flat=True
        )
    )
    return sorted(filter(None, intents - known))


def is_broken(payout: StripePayout) -> bool:
    """The bank did not take it."""
    return payout.status in _BROKEN_PAYOUTS
