"""The end of a payment on the spot: captured or released, and evened out with what it cost."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.conf import settings
from django.db.models import Sum

from billing.models import Payment, PaymentRefund
from billing.policy import ad_hoc_patience, invoice_minimum_minor
from billing.selectors.ad_hoc import cost_in_force_minor
from billing.services.ad_hoc.moves import Phase, State, move, note
from billing.services.ledger import (
    ON_THE_SPOT_OWNER,
    RECEIVABLE,
    STRIPE_PENDING,
    WRITE_OFF,
    Line,
    book,
)
from billing.services.owed_calls import owe_again
from billing.stripe_gateway import cancel_body, capture_body, refund_body
from billing.types import Operation

_FINISHED: Final = (
    State.CAPTURED,
    State.PARTLY_REFUNDED,
    State.REFUNDED,
    State.CANCELLED,
    State.EXPIRED,
)


def settle_payment(payment: Payment, now: datetime) -> None:
    """The session of a locked payment is rated: take the lower of its cost and the hold.

    Once the money was taken or released already, the difference is evened out instead.
    """
    cost_minor = cost_in_force_minor(payment.session_id) if payment.session_id else None
    if cost_minor is None:
        return
    if payment.state == State.AUTHORISED:
        close_payment(payment, cost_minor, now)
    elif payment.state in _FINISHED:
        even_out(payment, now)


def close_payment(payment: Payment, cost_minor: int, now: datetime) -> None:
    """Capture at most what is held; release what is too little for a card to pay."""
    if cost_minor < invoice_minimum_minor(payment.currency):
        release_hold(payment, now)
        return
    capture_minor = min(cost_minor, payment.authorised_minor)
    due_at = now + ad_hoc_patience().look_again
    phase = _after_the_end(payment)
    move(payment, State.CAPTURING, capture_minor=capture_minor, phase=phase, due_at=due_at)
    owe_capture(payment, now)


def release_hold(
    payment: Payment, now: datetime, ending: Payment.Ending | None = None, *, problem: str = ""
) -> None:
    """Give the card back what is held on it; `ending` says why if it is not known yet."""
    move(
        payment,
        State.CANCELLING,
        phase=_after_the_end(payment),
        ending=payment.ending or ending or "",
        problem=payment.problem or problem,
        due_at=now + ad_hoc_patience().look_again,
    )
    owe_release(payment, now)


def owe_capture(payment: Payment, now: datetime) -> None:
    """Owe the capture of what was decided, unless it is under way."""
    owe_again(
        operation=Operation.CAPTURE_HOLD,
        entity_id=payment.pk,
        account_ref=payment.stripe_account_ref,
        about=payment.stripe_intent_ref,
        body=capture_body(amount_minor=payment.capture_minor or 0),
        now=now,
    )


def owe_release(payment: Payment, now: datetime) -> None:
    """Owe the release of the hold, unless it is under way."""
    owe_again(
        operation=Operation.RELEASE_HOLD,
        entity_id=payment.pk,
        account_ref=payment.stripe_account_ref,
        about=payment.stripe_intent_ref,
        body=cancel_body(),
        now=now,
    )


def note_captured(payment: Payment, captured_minor: int, now: datetime) -> None:
    """Stripe took the money: book it, once, and even out what is left between it and the cost."""
    move(
        payment,
        State.CAPTURED,
        captured_minor=captured_minor,
        phase=_after_the_end(payment),
        problem="",
    )
    book(
        ref=f"payment:{payment.pk}:captured",
        description=f"Paid on the spot {payment.connector}",
        occurred_at=now,
        postings=[
            Line(STRIPE_PENDING, captured_minor, payment.currency),
            Line(RECEIVABLE, -captured_minor, payment.currency, ON_THE_SPOT_OWNER),
        ],
    )
    even_out(payment, now)


def note_gone(payment: Payment, now: datetime, *, has_lapsed: bool) -> None:
    """Nothing is held any more and nothing was taken; what was delivered is written off."""
    state = State.EXPIRED if has_lapsed else State.CANCELLED
    move(payment, state, phase=_after_the_end(payment))
    even_out(payment, now)


def even_out(payment: Payment, now: datetime) -> None:
    """Write off what a finished payment lacks to the cost of its session; give back what is over.

    The payer is nobody we could send a bill to, so what was not taken is never asked for later.
    """
    cost_minor = cost_in_force_minor(payment.session_id) if payment.session_id else None
    if cost_minor is None:
        return
    over_minor = payment.kept_minor - cost_minor
    _write_off(payment, max(0, -over_minor), now)
    over_minor -= _going_back_minor(payment)
    if over_minor > 0:
        _owe_refund(payment, over_minor, now)


def keep_refund(refund: PaymentRefund, payment: Payment, refund_ref: str, now: datetime) -> None:
    """Stripe gives the money back: book it, once."""
    if refund.state == PaymentRefund.State.GIVEN:
        return
    refund.state, refund.stripe_refund_ref = PaymentRefund.State.GIVEN, refund_ref
    refund.save(update_fields=("state", "stripe_refund_ref"))
    refunded_minor = payment.refunded_minor + refund.amount_minor
    is_all = refunded_minor == payment.captured_minor
    state = State.REFUNDED if is_all else State.PARTLY_REFUNDED
    move(payment, state, refunded_minor=refunded_minor, problem="")
    book(
        ref=f"refund:{refund.pk}",
        description=f"Refund on the spot {payment.connector}",
        occurred_at=now,
        postings=[
            Line(RECEIVABLE, refund.amount_minor, payment.currency, ON_THE_SPOT_OWNER),
            Line(STRIPE_PENDING, -refund.amount_minor, payment.currency),
        ],
    )


def refuse_refund(refund: PaymentRefund, payment: Payment, problem: str) -> None:
    """The money could not be given back: a person must look."""
    refund.state = PaymentRefund.State.REFUSED
    refund.save(update_fields=("state",))
    note(payment, problem=problem[:255])


def owe_refund_call(refund: PaymentRefund, payment: Payment, now: datetime) -> None:
    """Owe the refund at Stripe, under a new key where the last one was refused."""
    owe_again(
        operation=Operation.REFUND_PAYMENT,
        entity_id=refund.pk,
        account_ref=payment.stripe_account_ref,
        body=refund_body(
            intent_ref=payment.stripe_intent_ref,
            amount_minor=refund.amount_minor,
            metadata={**payment_metadata(payment), "refund": str(refund.pk)},
        ),
        now=now,
    )


def payment_metadata(payment: Payment) -> dict[str, str]:
    """What lets us find our row again; never anything about the person."""
    return {
        "env": settings.STRIPE_KEY_PREFIX,
        "tenant": str(payment.tenant_id),
        "payment": str(payment.pk),
    }


def _owe_refund(payment: Payment, amount_minor: int, now: datetime) -> None:
    """A disputed payment is not refunded: the bank may give the same money back."""
    refund = PaymentRefund.objects.create(payment=payment, amount_minor=amount_minor)
    if payment.is_disputed:
        refuse_refund(refund, payment, "The payment is disputed")
    else:
        owe_refund_call(refund, payment, now)


def _going_back_minor(payment: Payment) -> int:
    """What is on its way back, or waits for a person."""
    waiting = payment.refunds.exclude(state=PaymentRefund.State.GIVEN)
    return int(waiting.aggregate(total=Sum("amount_minor"))["total"] or 0)


def _write_off(payment: Payment, wanted_minor: int, now: datetime) -> None:
    """Bring what is written off to `wanted_minor`; up or down, by an entry of its own."""
    change_minor = wanted_minor - payment.written_off_minor
    if not change_minor:
        return
    number = payment.write_off_count + 1
    note(payment, written_off_minor=wanted_minor, write_off_count=number)
    book(
        ref=f"payment:{payment.pk}:written_off:{number}",
        description=f"Written off {payment.connector}",
        occurred_at=now,
        postings=[
            Line(WRITE_OFF, change_minor, payment.currency),
            Line(RECEIVABLE, -change_minor, payment.currency, ON_THE_SPOT_OWNER),
        ],
    )


def _after_the_end(payment: Payment) -> Payment.Phase:
    """A car still charging has to be stopped; everything else is over."""
    session = payment.session
    is_open = session is not None and session.ended_at is None
    goes_on = is_open and payment.phase == Phase.CHARGING
    return Phase.CHARGING if goes_on else Phase.ENDED
