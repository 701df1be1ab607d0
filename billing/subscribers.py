"""What billing does when others say something happened."""

from __future__ import annotations

import logging
from uuid import UUID

from django.utils import timezone

from billing.events import CorrectionsDecided, SettlementDue, StripeEventStored
from billing.models import Charge
from billing.selectors.tariffs import TariffNotInForce
from billing.services.ad_hoc.charging import claim_payment, follow_end, follow_start
from billing.services.ad_hoc.closing import settle_payment
from billing.services.charges import rate_session
from billing.services.corrections import carry_out_corrections
from billing.services.invoices import issue_invoice
from billing.services.proposals import propose_credit, settle_proposals
from billing.services.session_tariffs import freeze_tariff, readings_due_by
from billing.services.settlements import settle_correction
from billing.services.stripe_events import answer_event
from outbox.events import NotYet, subscribe
from sessions_app.events import (
    BilledSessionDoubted,
    SessionCleared,
    SessionCompleted,
    SessionStarted,
)
from sessions_app.models import ChargingSession
from sessions_app.services import knows_bills

logger = logging.getLogger(__name__)


@subscribe(SessionStarted)
def freeze_prices(event: SessionStarted) -> None:
    """Say by which prices the session is charged, if there are any yet."""
    session = ChargingSession.objects.select_related("charge_point", "driver").get(
        pk=event.session_id
    )
    try:
        freeze_tariff(session)
    except TariffNotInForce:
        logger.warning("session %s began without a tariff in force", session.pk)


@knows_bills
def has_bill(session_id: UUID) -> bool:
    """Whether a session was charged, rightly or wrongly, now or before a correction."""
    return Charge.objects.filter(session=session_id).exists()


@subscribe(BilledSessionDoubted)
def propose(event: BilledSessionDoubted) -> None:
    """Propose a credit for what should not have been billed."""
    propose_credit(
        session_id=event.session_id,
        doubt_id=event.doubt_id,
        kind=event.kind,
        cause=event.cause,
        now=timezone.now(),
    )


@subscribe(SessionCleared)
def bill_session(event: SessionCleared) -> None:
    """Rate the session and issue its invoice, both once; not before its readings are in.

    One that is paid on the spot has no invoice: its payment is captured.
    """
    now = timezone.now()
    session = ChargingSession.objects.select_related("connector").get(pk=event.session_id)
    if session.gate == ChargingSession.Gate.HELD:
        return  # doubted since; its release is told again
    readings_by = readings_due_by(event.session_id)
    if readings_by is not None and readings_by > now:
        raise NotYet(readings_by)
    payment = claim_payment(session, now)
    charge = rate_session(session_id=event.session_id, now=now)
    if payment is None:
        issue_invoice(charge_id=charge.pk, now=now)
    else:
        settle_payment(payment, now)


@subscribe(SessionStarted)
def tie_to_payment(event: SessionStarted) -> None:
    """Tell the payment on the spot that its session has begun."""
    follow_start(ChargingSession.objects.get(pk=event.session_id), timezone.now())


@subscribe(SessionCompleted)
def free_connector(event: SessionCompleted) -> None:
    """Tell the payment on the spot that its session is over."""
    follow_end(ChargingSession.objects.get(pk=event.session_id), timezone.now())


@subscribe(CorrectionsDecided)
def correct_next_sessions(event: CorrectionsDecided) -> None:
    """Correct some sessions of a run; the rest is owed again."""
    carry_out_corrections(run_id=event.run_id, now=timezone.now())
    settle_proposals(run_id=event.run_id)


@subscribe(SettlementDue)
def move_money(event: SettlementDue) -> None:
    """Give back or ask for the difference."""
    settle_correction(correction_id=event.correction_id, now=timezone.now())


@subscribe(StripeEventStored)
def answer_stripe_event(event: StripeEventStored) -> None:
    """Owe the fetch that brings our invoice in line."""
    answer_event(stripe_event_id=event.stripe_event_id, now=timezone.now())
