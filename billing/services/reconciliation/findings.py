"""What the leftovers of both sides mean, as findings; nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from billing.models import Discrepancy, StripeMovement, StripePayout
from billing.policy import BOOKING_MAY_LEAD
from billing.selectors.bookings import Booking
from billing.services.reconciliation.listing import is_broken
from billing.services.reconciliation.owners import Owner, owners_of
from billing.services.reconciliation.pairing import Pairing, name_of
from tenants.scope import required_tenant_id

Kind = Discrepancy.Kind
Purpose = StripeMovement.Purpose

_LEFT_OVER: Final = {
    Purpose.REFUND: Kind.REFUND_NOT_BOOKED,
    Purpose.RETURN: Kind.RETURN_NOT_BOOKED,
    Purpose.DISPUTE: Kind.DISPUTE_NOT_BOOKED,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not agree; `about` names it for good, amounts are in minor units."""

    kind: Discrepancy.Kind
    about: str
    stripe_ref: str
    currency: str
    ours_minor: int | None = None
    theirs_minor: int | None = None
    entry_id: UUID | None = None
    invoice_id: UUID | None = None
    payment_id: UUID | None = None


def findings_of(pairing: Pairing, account_ref: str, now: datetime) -> list[Finding]:
    """What is left after pairing: movements first, then the bookings none of them explains."""
    owners = owners_of(pairing.movements)
    unexplained = {booking.entry_id: booking for booking in pairing.bookings}
    found = []
    for movement in pairing.movements:
        near = _near(movement, unexplained.values())
        if near is not None:
            del unexplained[near.entry_id]
        found.append(_about_movement(movement, owners.get(movement.pk), near, account_ref))
    return [*found, *_about_bookings(unexplained.values(), account_ref, now)]


def fee_findings(account_ref: str) -> Iterator[Finding]:
    """Movements whose fees are not those agreed."""
    rows = StripeMovement.objects.filter(stripe_account_ref=account_ref)
    for row in rows.exclude(fee_difference_minor=0):
        agreed_minor = row.fee_minor - row.fee_difference_minor
        yield Finding(
            Kind.FEE_DIFFERS,
            f"fee {row.movement_ref}",
            row.source_ref or row.movement_ref,
            row.currency,
            agreed_minor,
            row.fee_minor,
            row.entry_id,
        )


def payout_findings(account_ref: str) -> Iterator[Finding]:
    """Payouts that came back, and those that are not what their movements come to."""
    for row in StripePayout.objects.filter(stripe_account_ref=account_ref):
        if is_broken(row):
            kind, ours_minor = Kind.PAYOUT_FAILED, 0
        elif row.contents_minor not in (None, row.amount_minor):
            kind, ours_minor = Kind.PAYOUT_DIFFERS, row.contents_minor or 0
        else:
            continue
        about = f"payout {row.payout_ref}"
        yield Finding(kind, about, row.payout_ref, row.currency, ours_minor, row.amount_minor)


def balance_findings(
    expected_minor: dict[str, int], balance_minor: dict[str, int]
) -> Iterator[Finding]:
    """Currencies whose balance is not what was listed."""
    for currency in sorted({*expected_minor, *balance_minor}):
        ours, theirs = expected_minor.get(currency, 0), balance_minor.get(currency, 0)
        if ours != theirs:
            yield Finding(Kind.BALANCE_DIFFERS, f"balance {currency}", "", currency, ours, theirs)


def _near(movement: StripeMovement, bookings: Iterable[Booking]) -> Booking | None:
    """A booking of the same thing with another amount or currency."""
    for booking in bookings:
        source = booking.source
        same = source is not None and (source.purpose, source.name) == (
            movement.purpose,
            name_of(movement),
        )
        if same and (booking.amount_minor > 0) == (movement.amount_minor > 0):
            return booking
    return None


def _about_movement(
    movement: StripeMovement, owner: Owner | None, near: Booking | None, account_ref: str
) -> Finding:
    return Finding(
        _kind_of(movement, owner, near, account_ref),
        f"movement {movement.movement_ref}",
        movement.source_ref or movement.movement_ref,
        movement.currency,
        None if near is None else near.amount_minor,
        movement.amount_minor,
        None if near is None else near.entry_id,
        owner.invoice.pk if owner and owner.invoice else None,
        owner.payment.pk if owner and owner.payment else None,
    )


def _kind_of(
    movement: StripeMovement, owner: Owner | None, near: Booking | None, account_ref: str
) -> Discrepancy.Kind:
    if near is not None:
        is_same = near.currency == movement.currency
        return Kind.AMOUNT_DIFFERS if is_same else Kind.CURRENCY_DIFFERS
    if movement.purpose != Purpose.PAYMENT:
        return _LEFT_OVER.get(Purpose(movement.purpose), Kind.OTHER_MOVEMENT)
    named = movement.about.get("tenant")
    if named not in (None, str(required_tenant_id())):
        return Kind.WRONG_ACCOUNT
    if owner is None:
        return Kind.UNKNOWN_PAYMENT
    if owner.account_ref != account_ref:
        return Kind.WRONG_ACCOUNT
    return Kind.CHARGED_TWICE if owner.is_booked else Kind.PAYMENT_NOT_BOOKED


def _about_bookings(
    bookings: Iterable[Booking], account_ref: str, now: datetime
) -> Iterator[Finding]:
    """Entries without a movement; one just made may be ahead of Stripe's list."""
    old = [b for b in bookings if b.occurred_at <= now - BOOKING_MAY_LEAD]
    matched = _names_matched(old, account_ref)
    for booking in old:
        source = booking.source
        if source is not None and source.account_ref != account_ref:
            continue
        is_twice = source is not None and (source.purpose, source.name) in matched
        yield Finding(
            Kind.BOOKED_TWICE if is_twice else Kind.NOT_AT_STRIPE,
            f"entry {booking.entry_id}",
            source.name if source else "",
            booking.currency,
            booking.amount_minor,
            None,
            booking.entry_id,
            source.invoice_id if source else None,
            source.payment_id if source else None,
        )


def _names_matched(bookings: list[Booking], account_ref: str) -> set[tuple[str, str]]:
    """Which of these names belong to movements that another entry stands for already."""
    names = {b.source.name for b in bookings if b.source is not None and b.source.name}
    rows = StripeMovement.objects.filter(stripe_account_ref=account_ref, entry__isnull=False)
    booked = [*rows.filter(intent_ref__in=names), *rows.filter(source_ref__in=names)]
    return {(row.purpose, name_of(row)) for row in booked}
