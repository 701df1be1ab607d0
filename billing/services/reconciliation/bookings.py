"""The entries that follow from a movement at Stripe alone: fees and payouts."""

from __future__ import annotations

from billing.models import JournalEntry, StripeAccount, StripeMovement
from billing.services.ledger import (
    BANK,
    PLATFORM_FEES,
    STRIPE_FEES,
    STRIPE_PENDING,
    Line,
    book,
)

Purpose = StripeMovement.Purpose
OWN_PURPOSES = (Purpose.PAYOUT, Purpose.PAYOUT_RETURN, Purpose.FEE)


def book_own(movement: StripeMovement) -> JournalEntry:
    """Book a payout, a payout that came back, or a fee that is a movement of its own."""
    code = STRIPE_FEES if movement.purpose == Purpose.FEE else BANK
    return book(
        ref=f"stripe:movement:{movement.movement_ref}",
        description=f"Stripe {movement.source_ref or movement.movement_ref}",
        occurred_at=movement.occurred_at,
        postings=[
            Line(STRIPE_PENDING, movement.amount_minor, movement.currency),
            Line(code, -movement.amount_minor, movement.currency),
        ],
    )


def book_fees(movement: StripeMovement) -> None:
    """Book what was kept back of a movement, Stripe's part and the platform's."""
    if not movement.fee_minor:
        return
    stripe_minor = movement.fee_minor - movement.platform_fee_minor
    book(
        ref=f"stripe:fee:{movement.movement_ref}",
        description=f"Fees {movement.source_ref or movement.movement_ref}",
        occurred_at=movement.occurred_at,
        postings=[
            Line(STRIPE_FEES, stripe_minor, movement.currency),
            Line(PLATFORM_FEES, movement.platform_fee_minor, movement.currency),
            Line(STRIPE_PENDING, -movement.fee_minor, movement.currency),
        ],
    )


def fee_difference_minor(movement: StripeMovement, terms: StripeAccount | None) -> int:
    """How much more was kept back of a payment than agreed; below zero less, an öre is rounding.

    Stripe's own part counts only where its price is written on the account.
    """
    if movement.purpose != Purpose.PAYMENT or terms is None or terms.card_fee_bps is None:
        return 0
    share_minor = (movement.amount_minor * terms.card_fee_bps + 5_000) // 10_000
    agreed_minor = share_minor + (terms.card_fee_fixed_minor or 0)
    difference = movement.fee_minor - movement.platform_fee_minor - agreed_minor
    return 0 if abs(difference) <= 1 else difference
