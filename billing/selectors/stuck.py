"""Money that should have moved on by now: every row past its deadline, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.models import (
    Discrepancy,
    Invoice,
    Payment,
    PaymentRefund,
    Reconciliation,
    Refund,
    Settlement,
    StripeCommand,
    StripeEvent,
)
from sessions_app.models import ChargingSession

MOST_OF_A_KIND: Final = 100
SOON: Final = timedelta(minutes=15)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
# Stripe's own retries take two weeks; after that nobody else will ask for the money.
DUNNING: Final = timedelta(days=14)


class Remedy(StrEnum):
    """What a button may safely do: each can be pressed twice."""

    NONE = ""
    SEND_AGAIN = "send_again"
    LOOK = "look"
    CHARGE_AGAIN = "charge_again"
    REFUND_AGAIN = "refund_again"


@dataclass(frozen=True, slots=True)
class StuckRow:
    """One row past its deadline; `page` is the admin's name of its model."""

    what: str | Promise
    page: str
    row_id: UUID
    name: str
    since: datetime
    advice: str | Promise
    remedy: Remedy = Remedy.NONE


def stuck_rows(now: datetime) -> list[StuckRow]:
    """Every row of the tenant in scope past its deadline, the oldest first; normally none."""
    rows = [row for find in _FINDERS for row in find(now)]
    return sorted(rows, key=lambda row: row.since)


def _calls(now: datetime) -> Iterator[StuckRow]:
    state = StripeCommand.State
    waiting = Q(state__in=(state.PENDING, state.SENDING, state.UNKNOWN))
    late = waiting & (Q(due_at__lt=now - SOON) | Q(created_at__lt=now - DAY))
    for row in _first(StripeCommand.objects.filter(late | Q(state=state.MANUAL))):
        is_manual = row.state == state.MANUAL
        yield StuckRow(
            _("Stripe call"),
            "billing_stripecommand",
            row.pk,
            str(row.operation),
            row.created_at,
            _("Look at the last error; then have it looked up and sent again.")
            if is_manual
            else _("Is a worker running? Calls are made again by themselves."),
            Remedy.SEND_AGAIN if is_manual else Remedy.NONE,
        )


def _events(now: datetime) -> Iterator[StuckRow]:
    rows = StripeEvent.objects.filter(handled_at__isnull=True, created_at__lt=now - SOON)
    for row in _first(rows.defer("payload")):
        advice = _("Is a worker running? The list of debts in the outbox says why it waits.")
        yield StuckRow(_("Stripe event"), "", row.pk, row.type, row.created_at, advice)


def _invoices(now: datetime) -> Iterator[StuckRow]:
    state, way = Invoice.State, Invoice._meta.get_field("payment_way").default
    yield from _invoice_rows(
        Q(state=state.PREPARING, issued_at__lt=now - HOUR),
        _("Its next call to Stripe did not come through: look at the calls."),
        Remedy.NONE,
    )
    yield from _invoice_rows(
        Q(state=state.OPEN, payment_way=way, issued_at__lt=now - HOUR),
        _("Nobody has charged the card, or Stripe's answer was lost: look again."),
        Remedy.LOOK,
    )
    yield from _invoice_rows(
        Q(state=state.OPEN, due_on__lt=now.date()) & ~Q(payment_way=way),
        _("Past its due date: remind the buyer."),
        Remedy.LOOK,
    )
    yield from _invoice_rows(
        Q(state__in=(state.PAST_DUE, state.ACTION_REQUIRED), issued_at__lt=now - DUNNING),
        _("Reminders are over: charge once more, or talk to the customer."),
        Remedy.CHARGE_AGAIN,
    )
    yield from _invoice_rows(
        Q(state=state.BLOCKED), _("Stripe and we do not agree: its alarm says how."), Remedy.NONE
    )


def _invoice_rows(condition: Q, advice: str | Promise, remedy: Remedy) -> Iterator[StuckRow]:
    for row in _first(Invoice.objects.filter(condition)):
        can_look = bool(row.stripe_invoice_ref)
        yield StuckRow(
            _("Invoice"),
            "billing_invoice",
            row.pk,
            str(row.number),
            row.issued_at,
            advice,
            remedy if can_look else Remedy.NONE,
        )


def _payments(now: datetime) -> Iterator[StuckRow]:
    late = Q(due_at__lt=now - SOON) | Q(state="authorised", capture_before__lt=now)
    for row in _first(Payment.objects.filter(late)):
        advice = _("A hold that is neither captured nor released: look again at Stripe.")
        can_look = Remedy.LOOK if row.stripe_checkout_ref else Remedy.NONE
        yield StuckRow(
            _("Payment by QR code"),
            "billing_payment",
            row.pk,
            str(row),
            row.created_at,
            advice,
            can_look,
        )


def _corrections(now: datetime) -> Iterator[StuckRow]:
    state = Settlement.State
    moving = Q(state__in=(state.CLOSING, state.REFUNDING), created_at__lt=now - DAY)
    rows = Settlement.objects.filter(moving | Q(state=state.NEEDS_PERSON))
    for row in _first(rows.select_related("correction")):
        yield StuckRow(
            _("Correction"),
            "billing_correction",
            row.correction_id,
            row.problem or str(row),
            row.created_at,
            _("The correction's page says what is in the way and offers what can be done."),
        )
    lost = Refund.objects.filter(state=Refund.State.PENDING, created_at__lt=now - DAY)
    for refund in _first(lost.select_related("settlement")):
        yield StuckRow(
            _("Refund"),
            "billing_correction",
            refund.settlement.correction_id,
            str(refund),
            refund.created_at,
            _("Stripe has not been asked, or has not answered: look at the calls."),
        )


def _refunds(now: datetime) -> Iterator[StuckRow]:
    state = PaymentRefund.State
    late = Q(state=state.PENDING, created_at__lt=now - DAY) | Q(state=state.REFUSED)
    for row in _first(PaymentRefund.objects.filter(late).select_related("payment")):
        yield StuckRow(
            _("Refund"),
            "billing_payment",
            row.payment_id,
            str(row),
            row.created_at,
            _("Stripe refused it: give it back again, unless it is disputed."),
            Remedy.REFUND_AGAIN if row.state == state.REFUSED else Remedy.NONE,
        )


def _sessions(now: datetime) -> Iterator[StuckRow]:
    rows = ChargingSession.objects.filter(
        state=ChargingSession.State.COMPLETED,
        gate=ChargingSession.Gate.CLEARED,
        charges__isnull=True,
        ended_at__lt=now - DAY,
    )
    for row in _first(rows.select_related("charge_point")):
        yield StuckRow(
            _("Session"),
            "sessions_app_chargingsession",
            row.pk,
            str(row),
            row.ended_at or row.created_at,
            _("It is done and has no price: was there a tariff when it began?"),
        )


def _reconciliations(now: datetime) -> Iterator[StuckRow]:
    for row in Reconciliation.objects.filter(listed_until__lt=now - 2 * DAY):
        yield StuckRow(
            _("Reconciliation"),
            "billing_reconciliation",
            row.pk,
            str(row),
            row.listed_until or row.created_at,
            _("Stripe's movements were not listed for two nights; the problem is noted there."),
        )
    old = Discrepancy.objects.filter(state=Discrepancy.State.OPEN, found_at__lt=now - 7 * DAY)
    for found in _first(old):
        yield StuckRow(
            _("Discrepancy"),
            "billing_discrepancy",
            found.pk,
            str(found),
            found.found_at,
            _("Open for a week: look at it, and say what was done."),
        )


def _first(rows: Any) -> Any:
    """As many as a person can look at."""
    return rows.order_by("created_at")[:MOST_OF_A_KIND]


_FINDERS: Final[tuple[Callable[[datetime], Iterator[StuckRow]], ...]] = (
    _calls,
    _events,
    _invoices,
    _payments,
    _corrections,
    _refunds,
    _sessions,
    _reconciliations,
)
