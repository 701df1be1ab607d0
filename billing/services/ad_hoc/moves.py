"""The moves of a payment on the spot: which state may follow which, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from billing.models import Payment, StripeCommand
from billing.stripe_gateway import WrongAccount

State = Payment.State
Phase = Payment.Phase

# Stripe's truth may overtake ours: somebody may capture, or cancel, in Stripe's dashboard.
MOVES: Final[Mapping[str, frozenset[str]]] = {
    State.CREATED: frozenset({State.AUTHORISED, State.CAPTURED, State.CANCELLED, State.EXPIRED}),
    State.AUTHORISED: frozenset(
        {State.CAPTURING, State.CANCELLING, State.CAPTURED, State.CANCELLED, State.EXPIRED}
    ),
    State.CAPTURING: frozenset({State.CAPTURED, State.CANCELLED, State.EXPIRED}),
    State.CANCELLING: frozenset({State.CAPTURED, State.CANCELLED, State.EXPIRED}),
    State.CAPTURED: frozenset({State.PARTLY_REFUNDED, State.REFUNDED}),
    State.PARTLY_REFUNDED: frozenset({State.PARTLY_REFUNDED, State.REFUNDED}),
    State.REFUNDED: frozenset(),
    State.CANCELLED: frozenset(),
    State.EXPIRED: frozenset(),
}
UNFINISHED: Final = (State.CREATED, State.AUTHORISED, State.CAPTURING, State.CANCELLING)


class NoSuchMove(ValueError):
    """The table has no such move."""


class PaymentMoved(RuntimeError):
    """The payment's state changed between reading and writing it; the caller held no lock."""


def move(payment: Payment, state: Payment.State, **changes: object) -> None:
    """Write the new state, unless somebody else moved the row since it was read.

    A payment that is finished and not charging any more is not looked after any longer.
    """
    if state not in MOVES[payment.state]:
        raise NoSuchMove(f"{payment.state} -> {state}")
    note(payment, state=state, **changes)


def note(payment: Payment, **changes: object) -> None:
    """Write what changed beside the state; the caller holds the row's lock."""
    before = payment.state
    for name, value in changes.items():
        setattr(payment, name, value)
    is_over = payment.state not in UNFINISHED
    if is_over and payment.phase not in (Phase.STARTING, Phase.CHARGING):
        payment.due_at = None
        changes["due_at"] = None
    if not Payment.objects.filter(pk=payment.pk, state=before).update(**changes):
        raise PaymentMoved(payment.pk)


def look_at(payment: Payment, at: datetime) -> None:
    """Have the sweep look at the payment at this time."""
    note(payment, due_at=at)


def locked_payment(command: StripeCommand) -> Payment:
    """The payment a call is about, locked; raises `WrongAccount`. Locks go call, payment."""
    payment = Payment.objects.select_for_update(of=("self",)).get(pk=command.entity_id)
    check_account(command, payment)
    return payment


def check_account(command: StripeCommand, payment: Payment) -> None:
    """Raise `WrongAccount` when a call was made on another account than the payment's."""
    if command.stripe_account_ref != payment.stripe_account_ref:
        raise WrongAccount(
            f"call {command.pk} of {command.stripe_account_ref!r}: {payment.stripe_account_ref!r}"
        )
