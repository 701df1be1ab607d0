"""One invoice to which anything may happen, and the three ways of collecting that lose money.

The wrong ways are those whose price was measured before the right one was chosen: no lasting keys,
lasting keys without a look, and marking a call as made before it is (docs/payments.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import count
from typing import Final

import time_machine
from django.utils import timezone
from uuid_utils.compat import uuid4

from billing.models import BillingAccount, Invoice, StripeCommand
from billing.services import stripe_commands
from billing.services.owed_calls import owe_fetch
from billing.services.steps import STEPS
from billing.services.stripe_commands import Claim, claim_next_command, send_due_stripe_commands
from billing.stripe_gateway import CallFor, Retryable, StripeFailure, StripeGateway
from config.devstack.stripe_stand_in import Fault, FaultKind, StandIn
from outbox.models import Delivery
from tests.billing.scenes import PLATFORM, a_payer, an_invoice, assert_books_are_right, send_all

FAULTS: Final = (
    FaultKind.LOST_REQUEST,
    FaultKind.LOST_REPLY,
    FaultKind.SERVER_ERROR,
    FaultKind.RATE_LIMITED,
)
STEPS_OF_LIFE: Final = (
    "work",
    "work",
    "work",
    "kill",
    "lease",
    "outage",
    "again",
    "event",
    *FAULTS,
)
_numbers = count(1)


class Life:
    """An invoice on its way; `suffer` and `settle`, then `assert_once`."""

    def __init__(self, stand_in: StandIn, clock: time_machine.Traveller) -> None:
        self.stand_in, self.clock = stand_in, clock
        uid = f"{next(_numbers):08X}"
        self.invoice = an_invoice(a_payer(uid), ref=uid)

    def suffer(self, step: str) -> None:
        """One step; the SDK repeats a call twice, so a fault lasts three requests."""
        if step in FAULTS:
            self.stand_in.fail(Fault(FaultKind(step), times=3))
        elif step == "work":
            send_due_stripe_commands(limit=1)
        elif step == "kill":
            claim_next_command(timezone.now())
        elif step == "again":
            Delivery.objects.update(state=Delivery.State.PENDING)
        elif step == "event":
            known = Invoice.objects.exclude(stripe_invoice_ref="").filter(pk=self.invoice.pk)
            for invoice in known:
                owe_fetch(invoice=invoice, now=timezone.now())
        waits = {"lease": timedelta(minutes=4), "outage": timedelta(hours=25)}
        self.clock.shift(waits.get(step, timedelta(seconds=5)))

    def settle(self) -> None:
        """No more faults: everything that is still owed is done by itself."""
        self.stand_in.api.faults.clear()
        for _round in range(8):
            self.clock.shift(timedelta(minutes=70))
            send_all()

    def assert_once(self) -> None:
        """One customer, one document and one charge at Stripe; paid here, and nothing owed."""
        self.invoice.refresh_from_db()
        account = BillingAccount.objects.get(pk=self.invoice.billing_account_id)
        ours = [
            (kind, name, str(row_id))
            for kind, name, row_id in (
                ("customer", "billing_account", account.pk),
                ("invoice", "invoice", self.invoice.pk),
            )
        ]
        for kind, name, row_id in ours:
            found = [o for o in self.stand_in.objects(PLATFORM, kind) if o["metadata"].get(name)]
            assert [o["metadata"][name] for o in found].count(row_id) == 1, kind
        charges = self.stand_in.charges_succeeded(PLATFORM)
        mine = [c["amount"] for c in charges if c["customer"] == account.stripe_customer_ref]
        assert mine == [self.invoice.total_minor]
        assert self.invoice.state == Invoice.State.PAID
        assert not StripeCommand.objects.exclude(state__in=("done", "rejected")).exists()
        assert_books_are_right()


def live(steps: Sequence[str], stand_in: StandIn, clock: time_machine.Traveller) -> None:
    """A whole life; raises AssertionError unless it ended once and in balance."""
    life = Life(stand_in, clock)
    for step in steps:
        life.suffer(step)
    life.settle()
    life.assert_once()


def send_without_lasting_keys(claim: Claim) -> None:
    """Each try is a call of its own, and nobody looks what an earlier one left."""
    _send(claim, str(uuid4()))


def send_with_keys_alone(claim: Claim) -> None:
    """The same key for ever: Stripe forgets it after a day, and the call is made again."""
    _send(claim, claim.command.idempotency_key)


def mark_and_send(claim: Claim) -> None:
    """The call counts as made before it is; what fails is never found again."""
    command, step = claim.command, STEPS[claim.command.operation]
    gateway = StripeGateway(command.stripe_account_ref)
    call = CallFor(command.stripe_account_ref, command.idempotency_key)
    stripe_commands.finish(command, StripeCommand.State.DONE)
    try:
        remote = step.send(gateway, call, command)
    except StripeFailure:
        return
    step.conclude(command, remote, timezone.now())


def _send(claim: Claim, key: str) -> None:
    command, step = claim.command, STEPS[claim.command.operation]
    gateway = StripeGateway(command.stripe_account_ref)
    try:
        remote = step.send(gateway, CallFor(command.stripe_account_ref, key), command)
    except Retryable as failure:
        stripe_commands.postpone(claim, failure)
    except StripeFailure as failure:
        stripe_commands.settle_refusal(command, step, failure, StripeCommand.State.REJECTED)
    else:
        stripe_commands.settle_answer(command, step, remote)


WRONG_WAYS: Final[tuple[Callable[[Claim], None], ...]] = (
    send_without_lasting_keys,
    send_with_keys_alone,
    mark_and_send,
)
# Each of them fails in one of these, and the right way in none.
HARD_LIVES: Final[tuple[tuple[str, ...], ...]] = (
    ("work", "work", "work", FaultKind.LOST_REPLY, "work"),
    ("work", "work", "work", FaultKind.LOST_REPLY, "work", "outage"),
    ("work", "work", FaultKind.LOST_REQUEST, "work", "kill", "lease"),
)


def live_hard(stand_in: StandIn, clock: time_machine.Traveller) -> None:
    """All of them, one after the other."""
    for steps in HARD_LIVES:
        live(steps, stand_in, clock)
