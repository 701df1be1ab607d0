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


def owe_fetch(*, invoice: Invoice, now: datetime) -> StripeCommand:
    """Have the invoice fetched from Stripe and brought in line with it.

    A fetch that has not begun yet will see everything known now, so one is enough. The caller
    holds the invoice's row lock, which keeps generations apart.
    """
    fetches = StripeCommand.objects.filter(operation=Operation.FETCH_INVOICE, entity_id=invoice.pk)
    waiting = fetches.select_for_update().filter(state=StripeCommand.State.PENDING).first()
    if waiting is not None:
        return waiting
    last = fetches.aggregate(last=Max("generation"))["last"]
    return owe_call(
        operation=Operation.FETCH_INVOICE,
        entity_id=invoice.pk,
        account_ref=invoice.stripe_account_ref,
        about=invoice.stripe_invoice_ref,
        generation=0 if last is None else last + 1,
        now=now,
    )


def idempotency_key(operation: Operation, entity_id: UUID, generation: int) -> str:
    """The key of a call: made of what it is about only, so that every try has the same."""
    parts = (settings.STRIPE_KEY_PREFIX, required_tenant_id(), operation, entity_id, generation)
    return ":".join(str(part) for part in parts)
