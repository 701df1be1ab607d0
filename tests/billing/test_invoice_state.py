"""The moves of an invoice: what Stripe says is followed, what was paid stays paid."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import timezone

from billing.models import Invoice, JournalEntry
from billing.services.invoice_state import converge_invoice, note_refusal
from billing.stripe_gateway import RemoteInvoice
from outbox.models import Event
from tests.billing.scenes import an_invoice, assert_books_are_right, state_of
from tests.cast import NOON

pytestmark = pytest.mark.usefixtures("tariff")

State = Invoice.State
UNPAID = [state for state in State if state != State.PAID]

OPEN = RemoteInvoice(
    "in_1",
    status="open",
    currency="SEK",
    total_minor=4_000,
    vat_minor=800,
    hosted_url="https://x.y",
)
PAID = replace(OPEN, status="paid", amount_paid_minor=4_000, paid_at=NOON)


def converged(state: str, *remotes: RemoteInvoice) -> Invoice:
    """An invoice in a state, brought in line with what was fetched, one after the other."""
    invoice = an_invoice()
    Invoice.objects.update(state=state, paid_at=NOON if state == State.PAID else None)
    for remote in remotes:
        invoice.refresh_from_db()
        converge_invoice(invoice, remote, timezone.now())
    invoice.refresh_from_db()
    return invoice


@pytest.mark.parametrize("state", UNPAID)
def test_a_payment_ends_every_other_state(state: str) -> None:
    invoice = converged(state, PAID)
    assert (invoice.state, invoice.paid_at, invoice.problem) == (State.PAID, NOON, "")
    assert JournalEntry.objects.get(ref=f"invoice:{invoice.pk}:paid").occurred_at == NOON
    assert_books_are_right()


def test_a_payment_seen_twice_is_booked_and_told_once() -> None:
    converged(State.OPEN, PAID, PAID)
    assert JournalEntry.objects.count() == 2
    assert Event.objects.filter(type="invoice.paid").count() == 1


@pytest.mark.parametrize("status", ["open", "void", "uncollectible", "draft"])
def test_what_was_paid_stays_paid(status: str) -> None:
    late = replace(OPEN, status=status)
    assert converged(State.OPEN, PAID, late).state == State.PAID


@pytest.mark.parametrize(
    ("remote", "problem"),
    [
        (replace(PAID, amount_paid_minor=3_999), "Stripe has SEK 4000, of which 3999 paid"),
        (replace(PAID, total_minor=4_001), "Stripe has SEK 4001, of which 4000 paid"),
        (replace(PAID, currency="EUR"), "Stripe has EUR 4000, of which 4000 paid"),
    ],
)
def test_a_payment_of_something_else_is_for_a_person(remote: RemoteInvoice, problem: str) -> None:
    invoice = converged(State.OPEN, remote)
    assert (invoice.state, invoice.problem) == (State.BLOCKED, problem)
    assert JournalEntry.objects.count() == 1
    assert_books_are_right()


@pytest.mark.parametrize(
    ("state", "status", "ends_as"),
    [
        (State.PREPARING, "draft", State.PREPARING),
        (State.PREPARING, "open", State.OPEN),
        (State.OPEN, "open", State.OPEN),
        (State.PAST_DUE, "open", State.PAST_DUE),
        (State.ACTION_REQUIRED, "open", State.ACTION_REQUIRED),
        (State.BLOCKED, "open", State.BLOCKED),
        (State.OPEN, "void", State.VOID),
        (State.PAST_DUE, "void", State.VOID),
        (State.OPEN, "uncollectible", State.PAST_DUE),
    ],
)
def test_anything_else_is_followed_where_it_leads_on(state: str, status: str, ends_as: str) -> None:
    assert converged(state, replace(OPEN, status=status)).state == ends_as


def test_an_invoice_opened_by_hand_must_come_to_the_same() -> None:
    invoice = converged(State.PREPARING, replace(OPEN, total_minor=1))
    assert (invoice.state, invoice.problem) == (
        State.BLOCKED,
        "Stripe has total 1 instead of 4000",
    )


def test_opening_keeps_the_address_of_the_payment_page() -> None:
    assert converged(State.PREPARING, OPEN).hosted_url == "https://x.y"


@pytest.mark.parametrize("state", [State.PREPARING, State.PAID, State.VOID, State.BLOCKED])
def test_a_refusal_that_comes_late_changes_nothing(state: str) -> None:
    invoice = converged(state)
    note_refusal(invoice, needs_action=True, problem="no", now=NOON)
    assert state_of(invoice) == state
    assert not Event.objects.filter(type="invoice.payment_failed").exists()
