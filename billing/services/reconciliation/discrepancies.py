"""Discrepancies as rows: found once, ended by themselves or by a person."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from billing.models import Discrepancy, Invoice, Payment, StripeMovement
from billing.services.ad_hoc.opening import owe_fetch_of
from billing.services.ledger import (
    BANK,
    DISPUTES,
    ROUNDING,
    STRIPE_FEES,
    STRIPE_PENDING,
    WRITE_OFF,
    Line,
    book,
)
from billing.services.owed_calls import owe_fetch
from billing.services.reconciliation.bookings import book_fees
from billing.services.reconciliation.findings import Finding
from billing.types import Operation
from tenants.models import User

Kind = Discrepancy.Kind
State = Discrepancy.State

# On which account a person may book what cannot be matched.
SETTLING_ACCOUNTS: Final = (BANK, WRITE_OFF, STRIPE_FEES, DISPUTES, ROUNDING)
_HEALED_BY_LOOKING: Final = (
    Kind.PAYMENT_NOT_BOOKED,
    Kind.REFUND_NOT_BOOKED,
    Kind.RETURN_NOT_BOOKED,
    Kind.DISPUTE_NOT_BOOKED,
)
_FACTS: Final = ("kind", "stripe_ref", "currency", "ours_minor", "theirs_minor")
_LINKS: Final = ("entry_id", "invoice_id", "payment_id")


class NoteMissing(ValueError):
    """Nobody knows later why a discrepancy was ended without a note."""


class NotBookable(ValueError):
    """The discrepancy is not about one movement or entry, or the account is none for this."""


def record_findings(account_ref: str, findings: Iterable[Finding], now: datetime) -> None:
    """Write down what is new, end what was not found again; the caller holds the account's lock.

    One ended by a person stays so while its amounts are those the person saw.
    """
    known = {row.about: row for row in Discrepancy.objects.filter(stripe_account_ref=account_ref)}
    for finding in findings:
        row = known.pop(finding.about, None)
        if row is None:
            row = Discrepancy(stripe_account_ref=account_ref, about=finding.about, found_at=now)
            _write(row, finding)
        elif row.state != State.SETTLED or _amounts(row) != _amounts(finding):
            row.state, row.ended_at, row.ended_by = State.OPEN, None, None
            _write(row, finding)
    agree = [row.pk for row in known.values() if row.state == State.OPEN]
    Discrepancy.objects.filter(pk__in=agree).update(state=State.MATCHED, ended_at=now)


def heal(findings: Iterable[Finding], now: datetime) -> None:
    """Look again at what an event should have told; it is booked by the usual way, or not."""
    for finding in findings:
        if finding.kind in _HEALED_BY_LOOKING:
            look_again(finding.invoice_id, finding.payment_id, finding.kind, now)


def look_again(invoice_id: UUID | None, payment_id: UUID | None, kind: str, now: datetime) -> bool:
    """Owe a fetch of what a discrepancy is about; False when it is about nothing of ours."""
    if invoice_id is not None:
        invoice = Invoice.objects.select_for_update().get(pk=invoice_id)
        is_payment = kind == Kind.PAYMENT_NOT_BOOKED
        operation = Operation.FETCH_INVOICE if is_payment else Operation.FETCH_PAYMENT
        owe_fetch(invoice=invoice, now=now, operation=operation)
    elif payment_id is not None:
        owe_fetch_of(Payment.objects.select_for_update(of=("self",)).get(pk=payment_id), now)
    return invoice_id is not None or payment_id is not None


def settle_discrepancy(
    *, discrepancy_id: UUID, note: str, actor: User, now: datetime, book_on: str = ""
) -> bool:
    """End a discrepancy as a person decided, booked on `book_on` if that is given.

    False for one that is not open. Raises `NoteMissing`, and `NotBookable` where there is
    nothing that could be booked, or not there.
    """
    if not note.strip():
        raise NoteMissing("say what was done")
    with transaction.atomic():
        row = Discrepancy.objects.select_for_update(of=("self",)).get(pk=discrepancy_id)
        if row.state != State.OPEN:
            return False
        if book_on:
            _book(row, book_on, now)
        row.state, row.note, row.ended_by, row.ended_at = State.SETTLED, note, actor, now
        row.save(update_fields=("state", "note", "ended_by", "ended_at"))
    return True


def _book(row: Discrepancy, code: str, now: datetime) -> None:
    """The movement gets an entry of its own; an entry without a movement is taken back."""
    if code not in SETTLING_ACCOUNTS:
        raise NotBookable(code)
    what, _, name = row.about.partition(" ")
    if what == "movement" and row.entry_id is None:
        amount_minor = row.theirs_minor or 0
    elif what == "entry":
        amount_minor = -(row.ours_minor or 0)
    else:
        raise NotBookable(row.about)
    entry = book(
        ref=f"discrepancy:{row.pk}",
        description=f"Discrepancy {row.stripe_ref}",
        occurred_at=now,
        postings=[
            Line(STRIPE_PENDING, amount_minor, row.currency),
            Line(code, -amount_minor, row.currency),
        ],
    )
    if what == "movement":
        movement = StripeMovement.objects.get(
            stripe_account_ref=row.stripe_account_ref, movement_ref=name
        )
        movement.entry = entry
        movement.save(update_fields=("entry",))
        book_fees(movement)


def _write(row: Discrepancy, finding: Finding) -> None:
    for name in (*_FACTS, *_LINKS):
        setattr(row, name, getattr(finding, name))
    row.save()


def _amounts(thing: Discrepancy | Finding) -> tuple[int | None, int | None]:
    return (thing.ours_minor, thing.theirs_minor)
