"""The money of a correction: the old invoice withdrawn, the difference given back or asked for."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from billing.events import SettlementDue
from billing.models import (
    BillingAccount,
    Correction,
    Invoice,
    Payment,
    Refund,
    Settlement,
    StripeCommand,
)
from billing.policy import invoice_minimum_minor
from billing.selectors.corrections import UNPAID_AT_STRIPE, is_same_payer
from billing.selectors.settlements import (
    Held,
    held_payments,
    money_move,
    written_off_minor,
)
from billing.services.ad_hoc.closing import settle_payment
from billing.services.invoice_state import debtor_of
from billing.services.invoices import issue_invoice
from billing.services.ledger import RECEIVABLE, WRITE_OFF, Line, book
from billing.services.owed_calls import owe_again, owe_fetch
from billing.types import Operation, Problem
from outbox.services import publish
from sessions_app.models import ChargingSession

State = Settlement.State


def begin_settlement(correction: Correction, invoice: Invoice | None, now: datetime) -> Settlement:
    """Withdraw an unpaid invoice first; otherwise move the money at once.

    The caller holds the session's, the billing account's and the invoice's locks.
    """
    settlement = Settlement.objects.create(correction=correction)
    if invoice is not None and invoice.state in UNPAID_AT_STRIPE:
        _owe_void(invoice, now)
    else:
        _move_money(settlement, now)
    return settlement


def note_closed(invoice: Invoice, now: datetime) -> None:
    """An invoice was brought in line with Stripe: a correction may have waited for that.

    Its money is moved once the invoice is paid or void; a person looks when Stripe neither
    withdrew it nor has it paid.
    """
    waiting = Settlement.objects.filter(
        correction__old_charge=invoice.charge_id, state=State.CLOSING
    ).first()
    if waiting is None:
        return
    if invoice.state in (Invoice.State.PAID, Invoice.State.VOID):
        publish(SettlementDue(correction_id=waiting.correction_id, occurred_at=now))
    elif _is_void_refused(invoice):
        needs_person(waiting, f"{Problem.NOT_WITHDRAWN}: {invoice.number}")


def settle_correction(*, correction_id: UUID, now: datetime) -> None:
    """Move the money of a correction whose old invoice is closed, once."""
    with transaction.atomic():
        correction = Correction.objects.select_related("old_charge__invoice").get(pk=correction_id)
        invoice = correction.old_charge.invoice
        ChargingSession.objects.select_for_update(of=("self",)).get(pk=correction.session_id)
        BillingAccount.objects.select_for_update().get(pk=invoice.billing_account_id)
        invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
        settlement = Settlement.objects.select_for_update().get(correction=correction)
        closed = invoice.state in (Invoice.State.PAID, Invoice.State.VOID)
        if settlement.state == State.CLOSING and closed:
            _move_money(settlement, now)


def withdraw_again(*, settlement_id: UUID, now: datetime) -> bool:
    """Try once more to void an invoice Stripe would not void; False when that is not the matter."""
    with transaction.atomic():
        settlement = Settlement.objects.select_for_update().get(pk=settlement_id)
        invoice = Invoice.objects.filter(charge=settlement.correction.old_charge_id).first()
        if settlement.state != State.NEEDS_PERSON or settlement.refunds.exists():
            return False
        if invoice is None:
            return False
        settlement.state, settlement.problem = State.CLOSING, ""
        settlement.save(update_fields=("state", "problem"))
        if invoice.state in UNPAID_AT_STRIPE:
            _owe_void(invoice, now)
        else:
            publish(SettlementDue(correction_id=settlement.correction_id, occurred_at=now))
    return True


def needs_person(settlement: Settlement, problem: str) -> None:
    """Somebody must look; `problem` is a `Problem`, often followed by ": " and what it is about."""
    Settlement.objects.filter(pk=settlement.pk).update(
        state=State.NEEDS_PERSON, problem=problem[:255]
    )


def finish_settlement(settlement_id: UUID) -> None:
    """Settled, once nothing is on its way or waits for a person."""
    owed = (Refund.State.PENDING, Refund.State.REFUSED, Refund.State.FAILED)
    if not Refund.objects.filter(settlement=settlement_id, state__in=owed).exists():
        Settlement.objects.filter(pk=settlement_id).update(state=State.DONE, problem="")


def _move_money(settlement: Settlement, now: datetime) -> None:
    """Give the difference back or ask for it, with the new invoice document."""
    correction = settlement.correction
    if _is_paid_on_the_spot(correction, now):
        Settlement.objects.filter(pk=settlement.pk).update(state=State.DONE)
        settlement.state = State.DONE
        return
    held = held_payments(correction.session_id)
    session = ChargingSession.objects.get(pk=correction.session_id)
    same_payer = is_same_payer([one.invoice for one in held], session)
    move = money_move(
        held_minor=sum(one.amount_minor for one in held),
        total_minor=correction.new_gross_minor,
        minimum_minor=invoice_minimum_minor(correction.currency),
        same_payer=same_payer,
    )
    _write_off(settlement, move.written_off_minor, now)
    if correction.new_charge_id is not None:
        issue_invoice(charge_id=correction.new_charge_id, now=now, settled_minor=move.settled_minor)
    _owe_refunds(settlement, held, move.refund_minor, now)


def _is_paid_on_the_spot(correction: Correction, now: datetime) -> bool:
    """Whether a payment on the spot paid for the session; it evens out the difference itself."""
    payment = Payment.objects.select_for_update(of=("self",)).filter(session=correction.session_id)
    found = payment.first()
    if found is not None:
        settle_payment(found, now)
    return found is not None


def _owe_refunds(
    settlement: Settlement, held: list[Held], refund_minor: int, now: datetime
) -> None:
    """Give back of the latest payment first, after a look at what became of it at Stripe."""
    settlement.state = State.REFUNDING if refund_minor else State.DONE
    settlement.save(update_fields=("state", "written_off_minor"))
    left_minor = refund_minor
    for one in held:
        amount_minor = min(left_minor, one.amount_minor)
        if not amount_minor:
            return
        left_minor -= amount_minor
        Refund.objects.create(
            settlement=settlement,
            invoice=one.invoice,
            amount_minor=amount_minor,
            currency=one.invoice.currency,
            owner=debtor_of(one.invoice.charge_id),
        )
        owe_fetch(invoice=one.invoice, now=now, operation=Operation.FETCH_PAYMENT)


def _write_off(settlement: Settlement, wanted_minor: int, now: datetime) -> None:
    """Book what is too little to ask for; take up again what was written off before."""
    correction = settlement.correction
    change_minor = wanted_minor - written_off_minor(correction.session_id)
    if not change_minor:
        return
    settlement.written_off_minor = change_minor
    owner = debtor_of(correction.old_charge_id)
    book(
        ref=f"settlement:{settlement.pk}:written_off",
        description=f"Written off {correction.session}",
        occurred_at=now,
        postings=[
            Line(WRITE_OFF, change_minor, correction.currency),
            Line(RECEIVABLE, -change_minor, correction.currency, owner),
        ],
    )


def _owe_void(invoice: Invoice, now: datetime) -> None:
    owe_again(
        operation=Operation.VOID_INVOICE,
        entity_id=invoice.pk,
        account_ref=invoice.stripe_account_ref,
        about=invoice.stripe_invoice_ref,
        now=now,
    )


def _is_void_refused(invoice: Invoice) -> bool:
    last = (
        StripeCommand.objects.filter(operation=Operation.VOID_INVOICE, entity_id=invoice.pk)
        .order_by("-generation")
        .first()
    )
    refused = (StripeCommand.State.REJECTED, StripeCommand.State.MANUAL)
    return last is not None and last.state in refused
