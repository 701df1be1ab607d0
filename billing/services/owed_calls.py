"""Owing a call to Stripe: its row, its frozen parameters, its key."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from billing.models import Invoice, StripeCommand
from billing.stripe_gateway import Json
from billing.types import Operation
from outbox import bell
from tenants.scope import required_tenant_id

SEND_TASK: Final = "billing.tasks.send_due_stripe_commands"


def owe_call(
    *,
    operation: Operation,
    entity_id: UUID,
    account_ref: str,
    now: datetime,
    about: str = "",
    body: Json | None = None,
    generation: int = 0,
) -> StripeCommand:
    """Store that a call is owed, in the caller's transaction; owed once per entity and generation.

    `about` is the Stripe id in the call's path, `body` what is sent; neither ever changes. The
    workers are woken after the commit.
    """
    command, is_new = StripeCommand.objects.get_or_create(
        operation=operation,
        entity_id=entity_id,
        generation=generation,
        defaults={
            "stripe_account_ref": account_ref,
            "params": {"about": about, "body": body or {}},
            "idempotency_key": idempotency_key(operation, entity_id, generation),
            "due_at": now,
        },
    )
    if is_new:
        transaction.on_commit(partial(bell.ring, SEND_TASK))
    return command


def owe_fetch(
    *, invoice: Invoice, now: datetime, operation: Operation = Operation.FETCH_INVOICE
) -> StripeCommand:
    """Have the invoice, or (`FETCH_PAYMENT`) what paid it, fetched and followed.

    A fetch that has not begun yet will see everything known now, so one is enough. The caller
    holds the invoice's row lock, which keeps generations apart.
    """
    return owe_look(
        operation=operation,
        entity_id=invoice.pk,
        account_ref=invoice.stripe_account_ref,
        about=invoice.stripe_invoice_ref,
        now=now,
    )


def owe_look(
    *, operation: Operation, entity_id: UUID, account_ref: str, about: str, now: datetime
) -> StripeCommand:
    """Have something fetched, unless that is owed and has not begun; under the entity's lock."""
    fetches = StripeCommand.objects.filter(operation=operation, entity_id=entity_id)
    waiting = fetches.select_for_update().filter(state=StripeCommand.State.PENDING).first()
    if waiting is not None:
        return waiting
    last = fetches.aggregate(last=Max("generation"))["last"]
    return owe_call(
        operation=operation,
        entity_id=entity_id,
        account_ref=account_ref,
        about=about,
        generation=0 if last is None else last + 1,
        now=now,
    )


def owe_again(
    *,
    operation: Operation,
    entity_id: UUID,
    account_ref: str,
    now: datetime,
    about: str = "",
    body: Json | None = None,
) -> StripeCommand:
    """Owe a call under a new key, now that the last one of its kind was refused or is done.

    One that is still under way is returned as it is; the caller holds the entity's row lock.
    """
    last = (
        StripeCommand.objects.filter(operation=operation, entity_id=entity_id)
        .order_by("-generation")
        .first()
    )
    ended = (StripeCommand.State.REJECTED, StripeCommand.State.DONE)
    if last is not None and last.state not in ended:
        return last
    return owe_call(
        operation=operation,
        entity_id=entity_id,
        account_ref=account_ref,
        about=about,
        body=body,
        generation=0 if last is None else last.generation + 1,
        now=now,
    )


def idempotency_key(operation: Operation, entity_id: UUID, generation: int) -> str:
    """The key of a call: made of what it is about only, so that every try has the same."""
    return call_key(operation, entity_id, generation)


def call_key(what: str, *about: object) -> str:
    """The key of a call about something of the tenant in scope."""
    parts = (settings.STRIPE_KEY_PREFIX, required_tenant_id(), what, *about)
    return ":".join(str(part) for part in parts)
