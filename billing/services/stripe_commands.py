"""Sending what is owed to Stripe: claim, call, settle, in three steps that may each be the last."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from billing.models import StripeCommand
from billing.policy import patience
from billing.services.owed_calls import SEND_TASK, idempotency_key
from billing.services.step import Step
from billing.services.steps import STEPS
from billing.stripe_gateway import (
    CallFor,
    KeyReused,
    Rejected,
    RemoteObject,
    Retryable,
    StripeFailure,
    StripeGateway,
)
from billing.types import Operation
from outbox import bell
from tenants.scope import across_tenants, tenant_scope

log = logging.getLogger(__name__)

State = StripeCommand.State

UNFINISHED: Final = (State.PENDING, State.SENDING, State.UNKNOWN)
# With an hour between the later ones: about three days.
ATTEMPTS_BEFORE_A_PERSON: Final = 80


class MoreThanOne(StripeFailure):
    """A look-up found several objects where one was to be made."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A call this process may make; `maybe_made` if an earlier try may have reached Stripe."""

    command: StripeCommand
    maybe_made: bool


def send_due_stripe_commands(*, limit: int = 500) -> int:
    """Make the calls that are due, one at a time; returns how many were tried.

    A call is made outside of any transaction, between the one that claims it and the one that
    settles it. A process may die anywhere in between: the lease ends, and another takes over
    under the same key.
    """
    for tried in range(limit):
        claim = claim_next_command(timezone.now())
        if claim is None:
            return tried
        with tenant_scope(claim.command.tenant_id):
            carry_out(claim)
    return limit


def claim_next_command(now: datetime) -> Claim | None:
    """Take the next due call, with a lease; None when nothing is due."""
    with across_tenants(reason="calls owed to Stripe"), transaction.atomic():
        command = (
            StripeCommand.objects.select_for_update(skip_locked=True)
            .filter(state__in=UNFINISHED, due_at__lte=now)
            .order_by("due_at", "id")
            .first()
        )
        if command is None:
            return None
        maybe_made = command.first_sent_at is not None
        if command.first_sent_at is None:
            command.first_sent_at = now
        elif now - command.first_sent_at >= patience().key_lifetime:
            command.look_up_first = True
        command.state = State.SENDING
        command.attempts += 1
        command.due_at = now + patience().lease
        command.save(
            update_fields=("state", "attempts", "due_at", "first_sent_at", "look_up_first")
        )
    return Claim(command, maybe_made)


def carry_out(claim: Claim) -> None:
    """Make the claimed call, or look up what an earlier one left, and settle it."""
    command = claim.command
    step = STEPS[command.operation]
    gateway = StripeGateway(command.stripe_account_ref)
    call = CallFor(command.stripe_account_ref, command.idempotency_key)
    try:
        if command.look_up_first:
            settle_look_up(command, step, step.look_up(gateway, call, command))
        else:
            settle_answer(command, step, step.send(gateway, call, command))
    except Retryable as failure:
        postpone(claim, failure)
    except KeyReused as failure:
        settle_refusal(command, step, failure, State.MANUAL)
    except Rejected as failure:
        look_before_refusing(claim, step, failure)
    except StripeFailure as failure:
        settle_refusal(command, step, failure, State.REJECTED)


def settle_answer(command: StripeCommand, step: Step, remote: RemoteObject) -> None:
    """The call is done: keep the answer, change our rows, owe the next call, all at once."""
    now = timezone.now()
    with transaction.atomic():
        if finish(command, State.DONE, result=remote.summary(), last_error=""):
            step.conclude(command, remote, now)


def settle_look_up(command: StripeCommand, step: Step, found: Sequence[RemoteObject]) -> None:
    """Adopt the one thing found; nothing found allows a new key; two are for a person."""
    if len(found) == 1:
        settle_answer(command, step, found[0])
    elif found:
        failure = MoreThanOne(", ".join(remote.ref for remote in found))
        settle_refusal(command, step, failure, State.MANUAL)
    else:
        begin_generation(command)


def begin_generation(command: StripeCommand) -> None:
    """Owe the call again under a new key, now that a look showed that nothing exists."""
    generation = command.generation + 1
    finish(
        command,
        State.PENDING,
        generation=generation,
        idempotency_key=idempotency_key(
            Operation(command.operation), command.entity_id, generation
        ),
        look_up_first=False,
        first_sent_at=None,
        due_at=timezone.now(),
    )


def look_before_refusing(claim: Claim, step: Step, failure: Rejected) -> None:
    """A refusal may only mean that it was done before: look, and adopt it."""
    command = claim.command
    if not step.may_be_done or command.look_up_first:
        settle_refusal(command, step, failure, State.REJECTED)
        return
    gateway = StripeGateway(command.stripe_account_ref)
    try:
        found = step.look_up(gateway, CallFor(command.stripe_account_ref), command)
    except Retryable as trouble:
        postpone(claim, trouble)
    except StripeFailure:
        settle_refusal(command, step, failure, State.REJECTED)
    else:
        if len(found) == 1:
            settle_answer(command, step, found[0])
        else:
            settle_refusal(command, step, failure, State.REJECTED)


def settle_refusal(
    command: StripeCommand, step: Step, failure: StripeFailure, state: StripeCommand.State
) -> None:
    """The call will not be done: say so, and let the step tell the driver or a person."""
    now = timezone.now()
    with transaction.atomic():
        if finish(command, state, last_error=_words(failure)):
            step.refuse(command, failure, now)


def postpone(claim: Claim, failure: Retryable) -> None:
    """Try again later: under the same key, or after a look when the key keeps giving an error."""
    command = claim.command
    wait = patience().quiet if failure.replayed else patience().wait_after(command.attempts)
    never_made = failure.nothing_happened and not claim.maybe_made
    state = State.PENDING if never_made else State.UNKNOWN
    if command.attempts % ATTEMPTS_BEFORE_A_PERSON == 0:
        state = State.MANUAL
    log.warning(
        "Stripe call postponed",
        extra={"command": str(command.pk), "operation": command.operation, "why": _words(failure)},
    )
    finish(
        command,
        state,
        due_at=timezone.now() + wait,
        look_up_first=command.look_up_first or failure.replayed,
        first_sent_at=None if never_made else command.first_sent_at,
        last_error=_words(failure),
    )


def finish(command: StripeCommand, state: StripeCommand.State, **changes: object) -> bool:
    """Write the outcome of our own try; False when the lease ended and another has the call."""
    ours = StripeCommand.objects.filter(
        pk=command.pk, state=State.SENDING, attempts=command.attempts
    )
    return bool(ours.update(state=state, **changes))


def retry_command(*, command_id: UUID) -> bool:
    """Let a call that waits for a person be looked up and tried again; False when it does not."""
    changed = StripeCommand.objects.filter(pk=command_id, state=State.MANUAL).update(
        state=State.UNKNOWN, look_up_first=True, due_at=timezone.now()
    )
    bell.ring(SEND_TASK)
    return bool(changed)


def _words(failure: StripeFailure) -> str:
    return f"{type(failure).__name__} {failure.code}: {failure}"[:2000]
