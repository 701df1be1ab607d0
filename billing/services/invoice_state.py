"""The moves of an invoice's state, each in the direction Stripe's truth allows."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Sum
from django.utils import timezone

from billing.events import InvoicePaid, PaymentFailed
from billing.models import (
    Invoice,
    InvoiceAlarm,
    InvoicedLine,
    JournalEntry,
    Posting,
    StripePayment,
)
from billing.services.ledger import RECEIVABLE, STRIPE_PENDING, Line, book
from billing.stripe_gateway import RemoteInvoice
from outbox.services import publish

State = Invoice.State


class NoReceivable(LookupError):
    """A paid invoice's charge was never booked."""


def open_invoice(invoice: Invoice, hosted_url: str) -> None:
    """The document stands at Stripe and waits for its payment."""
    _move(invoice, State.OPEN, hosted_url=hosted_url, problem="")


def block_invoice(invoice: Invoice, problem: str) -> None:
    """A person must look, and an alarm says so; what was paid stays paid."""
    if invoice.state != State.PAID:
        _move(invoice, State.BLOCKED, problem=problem)
        raise_alarm(invoice, problem)


def withdraw_invoice(invoice: Invoice) -> None:
    """Stripe's document is void because the invoice was corrected; what was paid stays paid."""
    if invoice.state not in (State.PAID, State.VOID):
        void_invoice(invoice, "")


def void_invoice(invoice: Invoice, problem: str) -> None:
    """The document is void; what a collective one covered can be invoiced by the next period."""
    _move(invoice, State.VOID, problem=problem)
    if invoice.charge_id is None:
        InvoicedLine.objects.filter(invoice=invoice, is_live=True).update(is_live=False)


def raise_alarm(invoice: Invoice, problem: str) -> None:
    """Tell the operator, once for the same trouble until somebody has dealt with it."""
    InvoiceAlarm.objects.get_or_create(
        invoice=invoice,
        problem=problem[:255],
        ended_at=None,
        defaults={"raised_at": timezone.now()},
    )


def note_refusal(invoice: Invoice, *, needs_action: bool, problem: str, now: datetime) -> None:
    """The payment was refused; changes nothing once the invoice is paid, void or blocked."""
    if invoice.state not in (State.OPEN, State.ACTION_REQUIRED, State.PAST_DUE):
        return
    state = State.ACTION_REQUIRED if needs_action else State.PAST_DUE
    _move(invoice, state, problem=problem)
    publish(PaymentFailed(invoice_id=invoice.pk, needs_action=needs_action, occurred_at=now))


def converge_invoice(invoice: Invoice, remote: RemoteInvoice, now: datetime) -> None:
    """Bring our invoice in line with Stripe's as just fetched; any order of calls ends the same.

    The caller holds the row's lock. A payment is booked here and nowhere else, once. What was paid
    stays paid, so an answer older than the last one changes nothing.
    """
    if invoice.state == State.PAID:
        return
    if remote.is_paid:
        _settle(invoice, remote, now)
    elif remote.status == "open" and invoice.state == State.PREPARING:
        _open_if_equal(invoice, remote)
    elif remote.status == "void" and invoice.state != State.VOID:
        void_invoice(invoice, "Voided at Stripe")
    elif remote.status == "uncollectible" and invoice.state != State.PAST_DUE:
        _move(invoice, State.PAST_DUE, problem="Marked as uncollectible at Stripe")


def difference_of(invoice: Invoice, remote: RemoteInvoice) -> str:
    """How Stripe's invoice departs from ours, in words; blank when it does not."""
    pairs = (
        ("currency", invoice.currency, remote.currency),
        ("total", invoice.due_minor, remote.total_minor),
        ("VAT", invoice.vat_minor, remote.vat_minor),
    )
    wrong = [
        f"{what} {theirs} instead of {ours}"
        for what, ours, theirs in pairs
        if theirs is not None and theirs != ours
    ]
    return f"Stripe has {', '.join(wrong)}" if wrong else ""


def _open_if_equal(invoice: Invoice, remote: RemoteInvoice) -> None:
    difference = difference_of(invoice, remote)
    if difference:
        block_invoice(invoice, difference)
    else:
        open_invoice(invoice, remote.hosted_url)


def _settle(invoice: Invoice, remote: RemoteInvoice, now: datetime) -> None:
    received = (remote.currency, remote.total_minor, remote.amount_paid_minor)
    if received != (invoice.currency, invoice.due_minor, invoice.due_minor):
        block_invoice(invoice, "Stripe has {} {}, of which {} paid".format(*received))
        return
    paid_at = remote.paid_at or now
    _move(invoice, State.PAID, paid_at=paid_at, problem="")
    book(
        ref=payment_ref(invoice),
        description=f"Invoice {invoice.number}",
        occurred_at=paid_at,
        postings=[
            Line(STRIPE_PENDING, invoice.due_minor, invoice.currency),
            *(
                Line(RECEIVABLE, -amount_minor, invoice.currency, owner)
                for owner, amount_minor in _debts(invoice)
            ),
        ],
    )
    StripePayment.objects.update_or_create(
        invoice=invoice,
        defaults={
            "stripe_account_ref": invoice.stripe_account_ref,
            "payment_intent_ref": remote.payment_intent_ref,
        },
    )
    publish(InvoicePaid(invoice_id=invoice.pk, occurred_at=paid_at))


def _debts(invoice: Invoice) -> list[tuple[str, int]]:
    """Whose receivables the invoice collects, and how much of each."""
    if invoice.charge_id is not None:
        return [(debtor_of(invoice.charge_id), invoice.due_minor)]
    charges = InvoicedLine.objects.filter(invoice=invoice).values_list("charge", flat=True)
    refs = [charge_ref(charge_id) for charge_id in set(charges)]
    sums = (
        Posting.objects.filter(entry__ref__in=refs, account__code=RECEIVABLE)
        .values_list("account__owner")
        .annotate(total=Sum("amount_minor"))
        .order_by("account__owner")
    )
    return [(owner, int(total)) for owner, total in sums]


def payment_ref(invoice: Invoice) -> str:
    """The reference under which the invoice's payment is booked."""
    return f"invoice:{invoice.pk}:paid"


def charge_ref(charge_id: object) -> str:
    """The reference under which a charge is booked."""
    return f"charge:{charge_id}"


def debtor_of(charge_id: object) -> str:
    """Whose receivable the charge was booked on; the session's driver may have changed since."""
    entry = JournalEntry.objects.filter(ref=charge_ref(charge_id)).first()
    posting = (
        Posting.objects.filter(entry=entry, account__code=RECEIVABLE)
        .select_related("account")
        .first()
    )
    if posting is None:
        raise NoReceivable(charge_ref(charge_id))
    return posting.account.owner


def _move(invoice: Invoice, state: Invoice.State, **changes: object) -> None:
    """Write the new state unless somebody else moved the row since it was read."""
    changes = {**changes, "state": state}
    moved = Invoice.objects.filter(pk=invoice.pk, state=invoice.state).update(**changes)
    if not moved:
        raise InvoiceMoved(invoice.pk)
    for name, value in changes.items():
        setattr(invoice, name, value)


class InvoiceMoved(RuntimeError):
    """The invoice's state changed between reading and writing it; the caller held no lock."""
