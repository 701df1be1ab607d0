"""What Stripe's answers change of a payment on the spot; any order of them ends the same."""

from __future__ import annotations

import logging
from datetime import datetime

from billing.models import Payment, PaymentRefund, StripeCommand
from billing.policy import ad_hoc_patience
from billing.services.ad_hoc.charging import begin_charging
from billing.services.ad_hoc.closing import (
    keep_refund,
    note_captured,
    note_gone,
    owe_capture,
    owe_release,
    refuse_refund,
    release_hold,
)
from billing.services.ad_hoc.moves import (
    State,
    check_account,
    locked_payment,
    move,
    note,
)
from billing.services.ad_hoc.opening import owe_fetch_of
from billing.services.owed_calls import owe_call
from billing.stripe_gateway import RemoteCheckout, RemoteObject, RemoteRefund, StripeFailure
from billing.types import Operation

log = logging.getLogger(__name__)


def keep_checkout(command: StripeCommand, page: RemoteCheckout, now: datetime) -> None:
    """The payment page is open: the payer can be sent there."""
    payment = locked_payment(command)
    if not payment.stripe_checkout_ref:
        note(payment, stripe_checkout_ref=page.ref, checkout_url=page.url)
    if page.status != "open":
        owe_fetch_of(payment, now)


def refuse_checkout(command: StripeCommand, failure: StripeFailure, now: datetime) -> None:
    """No page was opened, so nobody can have paid."""
    payment = locked_payment(command)
    if payment.state == State.CREATED:
        note(payment, problem=_words(failure))
        note_gone(payment, now, has_lapsed=False)


def fetch_after(command: StripeCommand, _remote: RemoteObject, now: datetime) -> None:
    """Only what is fetched counts, whatever the answer to the call said."""
    owe_fetch_of(locked_payment(command), now)


def fetch_why(command: StripeCommand, failure: StripeFailure, now: datetime) -> None:
    """Stripe would not: say so, and look what is there instead."""
    payment = locked_payment(command)
    note(payment, problem=_words(failure))
    owe_fetch_of(payment, now)


def fetch_after_no(command: StripeCommand, failure: StripeFailure, now: datetime) -> None:
    """The page would not close: paid, or closed, in that moment."""
    owe_fetch_of(locked_payment(command), now)


def note_unfetched(command: StripeCommand, failure: StripeFailure, now: datetime) -> None:
    """The payment could not be looked at; the sweep tries again."""
    note(locked_payment(command), problem=_words(failure))


def follow_checkout(command: StripeCommand, page: RemoteCheckout, now: datetime) -> None:
    """Bring our payment in line with Stripe's as just fetched."""
    payment = locked_payment(command)
    if page.ref != payment.stripe_checkout_ref:
        return
    changes: dict[str, object] = {}
    if page.intent_ref and not payment.stripe_intent_ref:
        changes["stripe_intent_ref"] = page.intent_ref
    if page.is_disputed != payment.is_disputed:
        changes["is_disputed"] = page.is_disputed
    if changes:
        note(payment, **changes)
    if page.intent_status == "requires_capture":
        _follow_hold(payment, page, now)
    elif page.intent_status == "succeeded":
        _follow_capture(payment, page, now)
    elif page.intent_status == "canceled" or page.status == "expired":
        _follow_end(payment, page, now)
    elif payment.state == State.CREATED and now >= payment.pay_by:
        owe_close(payment, now)


def owe_close(payment: Payment, now: datetime) -> None:
    """Owe the end of a payment page nobody has paid on."""
    owe_call(
        operation=Operation.CLOSE_CHECKOUT,
        entity_id=payment.pk,
        account_ref=payment.stripe_account_ref,
        about=payment.stripe_checkout_ref,
        now=now,
    )


def conclude_refund(command: StripeCommand, remote: RemoteRefund, now: datetime) -> None:
    """The refund is given."""
    refund, payment = _locked_refund(command)
    keep_refund(refund, payment, remote.ref, now)


def refuse_refund_call(command: StripeCommand, failure: StripeFailure, now: datetime) -> None:
    """The refund is not given."""
    refund, payment = _locked_refund(command)
    if refund.state == PaymentRefund.State.PENDING:
        refuse_refund(refund, payment, _words(failure))


def _follow_hold(payment: Payment, page: RemoteCheckout, now: datetime) -> None:
    if payment.state == State.CREATED:
        _keep_hold(payment, page, now)
    elif payment.state == State.CAPTURING:
        owe_capture(payment, now)
    elif payment.state != State.AUTHORISED:
        # Whatever we thought: what is held and not wanted any more is released.
        owe_release(payment, now)


def _keep_hold(payment: Payment, page: RemoteCheckout, now: datetime) -> None:
    """The hold stands; charging begins unless Stripe holds another amount than was asked for."""
    patience = ad_hoc_patience()
    is_right = (page.capturable_minor, page.currency) == (payment.hold_minor, payment.currency)
    move(
        payment,
        State.AUTHORISED,
        authorised_minor=min(page.capturable_minor, payment.hold_minor),
        capture_before=page.capture_before or now + patience.hold_lasts,
        problem="",
    )
    if is_right:
        begin_charging(payment, now)
        return
    problem = f"Stripe holds {page.capturable_minor} {page.currency}"
    release_hold(payment, now, Payment.Ending.WRONG_AMOUNT, problem=problem)


def _follow_capture(payment: Payment, page: RemoteCheckout, now: datetime) -> None:
    if payment.state in (State.CREATED, State.AUTHORISED, State.CAPTURING, State.CANCELLING):
        if page.received_minor > payment.hold_minor:
            note(payment, problem=f"Stripe took {page.received_minor} {page.currency}")
            return
        if payment.authorised_minor < page.received_minor:
            note(payment, authorised_minor=page.received_minor)
        note_captured(payment, page.received_minor, now)
    elif page.refunded_minor > payment.refunded_minor + _on_its_way_minor(payment):
        note(payment, problem=f"Refunded by hand at Stripe: {page.refunded_minor} {page.currency}")


def _follow_end(payment: Payment, page: RemoteCheckout, now: datetime) -> None:
    if payment.state in (State.CREATED, State.AUTHORISED, State.CAPTURING, State.CANCELLING):
        never_paid = page.intent_status != "canceled"
        note_gone(payment, now, has_lapsed=page.has_lapsed or never_paid)


def _on_its_way_minor(payment: Payment) -> int:
    pending = payment.refunds.filter(state=PaymentRefund.State.PENDING)
    return sum(pending.values_list("amount_minor", flat=True))


def _locked_refund(command: StripeCommand) -> tuple[PaymentRefund, Payment]:
    """A refund and its payment, the payment locked first."""
    payment_id = PaymentRefund.objects.values_list("payment", flat=True).get(pk=command.entity_id)
    payment = Payment.objects.select_for_update(of=("self",)).get(pk=payment_id)
    check_account(command, payment)
    refund = PaymentRefund.objects.select_for_update(of=("self",)).get(pk=command.entity_id)
    return refund, payment


def _words(failure: StripeFailure) -> str:
    return f"{failure.code}: {failure}"[:255] if failure.code else str(failure)[:255]
