"""Giving money back: looked at before, booked when given, and what a person ends by hand."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils import translation
from django.utils.translation import gettext

from billing.models import Invoice, Refund, Settlement, StripeCommand, StripePayment
from billing.services.collection import locked_invoice
from billing.services.ledger import BANK, RECEIVABLE, STRIPE_PENDING, Line, book
from billing.services.owed_calls import owe_again, owe_fetch, owe_look
from billing.services.settlements import finish_settlement, needs_person
from billing.stripe_gateway import (
    Json,
    RemoteCreditNote,
    RemotePayment,
    RemoteRefund,
    StripeFailure,
    WrongAccount,
    credit_note_body,
)
from billing.types import Operation, Problem
from tenants.models import User

State = Refund.State
_STUCK = (State.REFUSED, State.FAILED)


class GivenBack(StrEnum):
    """How a person gave money back."""

    IN_DASHBOARD = "dashboard"
    ELSEWHERE = "elsewhere"


def follow_payment(command: StripeCommand, remote: RemotePayment, now: datetime) -> None:
    """Keep what became of a payment, and owe the refunds that can be given of it."""
    invoice = locked_invoice(command)
    payment, _ = StripePayment.objects.update_or_create(
        invoice=invoice,
        defaults={
            "stripe_account_ref": invoice.stripe_account_ref,
            "payment_intent_ref": remote.ref,
            "refunded_minor": remote.refunded_minor,
            "is_disputed": remote.is_disputed,
        },
    )
    waiting = Refund.objects.select_for_update(of=("self",)).filter(
        invoice=invoice, state=State.PENDING
    )
    for refund in waiting.select_related("settlement__correction__credit_note"):
        if _is_owed(refund):
            continue
        problem = _objection(payment, refund)
        if problem:
            _refuse(refund, problem)
        else:
            _owe_credit_note(refund, invoice, now)


def keep_credit_note(command: StripeCommand, note: RemoteCreditNote, now: datetime) -> None:
    """Stripe gives the money back: book it, once."""
    refund = _locked_refund(command)
    if refund.state not in (State.PENDING, State.REFUSED):
        return
    refund.state = State.GIVEN
    refund.stripe_credit_note_ref, refund.stripe_refund_ref = note.ref, note.refund_ref
    refund.save(update_fields=("state", "stripe_credit_note_ref", "stripe_refund_ref"))
    _book(refund, f"refund:{refund.pk}", STRIPE_PENDING, refund.amount_minor, now)
    finish_settlement(refund.settlement_id)


def refuse_waiting(command: StripeCommand, failure: StripeFailure, now: datetime) -> None:
    """The payment could not be looked at: nothing is given back of it without a person."""
    waiting = Refund.objects.select_for_update(of=("self",)).filter(
        invoice=command.entity_id, state=State.PENDING
    )
    for refund in waiting.select_related("settlement"):
        if not _is_owed(refund):
            _refuse(refund, f"{Problem.NOT_SEEN}: {failure}")


def refuse_credit_note(command: StripeCommand, failure: StripeFailure, now: datetime) -> None:
    """Stripe would not give it back: a person must look."""
    refund = _locked_refund(command)
    if refund.state == State.PENDING:
        _refuse(refund, f"{Problem.REFUSED}: {failure}")


def follow_refund(command: StripeCommand, remote: RemoteRefund, now: datetime) -> None:
    """A refund the bank sent back is owed again, and needs a person."""
    refund = _locked_refund(command)
    if not remote.came_back or refund.state != State.GIVEN:
        return
    refund.state = State.FAILED
    refund.save(update_fields=("state",))
    _book(refund, f"refund:{refund.pk}:failed", STRIPE_PENDING, -refund.amount_minor, now)
    needs_person(refund.settlement, f"{Problem.CAME_BACK}: {remote.failure or remote.status}")


def give_back_by_hand(*, refund_id: UUID, how: GivenBack, actor: User, now: datetime) -> bool:
    """Say that the driver has the money, given in Stripe's dashboard or elsewhere.

    False for a refund that is not stuck. Only the way tells which account it was taken from.
    """
    with transaction.atomic():
        refund = Refund.objects.select_for_update(of=("self",)).get(pk=refund_id)
        if refund.state not in _STUCK:
            return False
        refund.state, refund.settled_by = State(how.value), actor
        refund.save(update_fields=("state", "settled_by"))
        source = STRIPE_PENDING if how is GivenBack.IN_DASHBOARD else BANK
        _book(refund, f"refund:{refund.pk}:by_hand", source, refund.amount_minor, now)
        finish_settlement(refund.settlement_id)
    return True


def refund_again(*, refund_id: UUID, now: datetime) -> bool:
    """Look once more whether a refund Stripe refused can be given; False for any other one."""
    with transaction.atomic():
        row = Refund.objects.get(pk=refund_id)
        invoice = Invoice.objects.select_for_update().get(pk=row.invoice_id)
        refund = Refund.objects.select_for_update(of=("self",)).get(pk=refund_id)
        if refund.state != State.REFUSED or _is_owed(refund):
            return False
        refund.state = State.PENDING
        refund.save(update_fields=("state",))
        Settlement.objects.filter(pk=refund.settlement_id).update(
            state=Settlement.State.REFUNDING, problem=""
        )
        owe_fetch(invoice=invoice, now=now, operation=Operation.FETCH_PAYMENT)
    return True


def owe_refund_fetch(refund: Refund, now: datetime) -> StripeCommand:
    """Have a refund fetched, because Stripe says something happened to it; under its lock."""
    return owe_look(
        operation=Operation.FETCH_REFUND,
        entity_id=refund.pk,
        account_ref=refund.invoice.stripe_account_ref,
        about=refund.stripe_refund_ref,
        now=now,
    )


def _is_owed(refund: Refund) -> bool:
    """Whether a call that gives it back is under way, or was made."""
    return (
        StripeCommand.objects.filter(operation=Operation.CREATE_CREDIT_NOTE, entity_id=refund.pk)
        .exclude(state=StripeCommand.State.REJECTED)
        .exists()
    )


def _objection(payment: StripePayment, refund: Refund) -> str:
    """Why a refund must not be given without a person looking; blank when it may."""
    if payment.is_disputed:
        return Problem.DISPUTED.value
    ours = Refund.objects.filter(
        invoice=payment.invoice_id, state__in=(State.GIVEN, State.IN_DASHBOARD)
    ).aggregate(total=Sum("amount_minor"))
    unknown_minor = payment.refunded_minor - int(ours["total"] or 0)
    if unknown_minor > 0:
        return f"{Problem.REFUNDED_BY_HAND}: {unknown_minor} {refund.currency}"
    return ""


def _owe_credit_note(refund: Refund, invoice: Invoice, now: datetime) -> None:
    note = getattr(refund.settlement.correction, "credit_note", None)
    with translation.override(invoice.billing_account.driver.language):
        memo = "" if note is None else gettext("Credit note %(number)s") % {"number": note.number}
    owe_again(
        operation=Operation.CREATE_CREDIT_NOTE,
        entity_id=refund.pk,
        account_ref=invoice.stripe_account_ref,
        about=invoice.stripe_invoice_ref,
        body=credit_note_body(
            invoice_ref=invoice.stripe_invoice_ref,
            amount_minor=refund.amount_minor,
            memo=memo,
            metadata=_metadata(refund),
        ),
        now=now,
    )


def _metadata(refund: Refund) -> Json:
    return {
        "env": settings.STRIPE_KEY_PREFIX,
        "tenant": str(refund.tenant_id),
        "refund": str(refund.pk),
    }


def _refuse(refund: Refund, problem: str) -> None:
    refund.state = State.REFUSED
    refund.save(update_fields=("state",))
    needs_person(refund.settlement, problem)


def _book(refund: Refund, ref: str, source: str, amount_minor: int, now: datetime) -> None:
    book(
        ref=ref,
        description=f"Refund {refund.invoice.number}",
        occurred_at=now,
        postings=[
            Line(RECEIVABLE, amount_minor, refund.currency, refund.owner),
            Line(source, -amount_minor, refund.currency),
        ],
    )


def _locked_refund(command: StripeCommand) -> Refund:
    refund = (
        Refund.objects.select_for_update(of=("self",))
        .select_related("invoice", "settlement")
        .get(pk=command.entity_id)
    )
    if command.stripe_account_ref != refund.invoice.stripe_account_ref:
        raise WrongAccount(f"call {command.pk} of {command.stripe_account_ref!r}")
    return refund
