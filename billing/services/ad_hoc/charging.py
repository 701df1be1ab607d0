"""Charging against a hold: started with a token of one use, watched, and stopped in time."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q

from billing.models import Payment
from billing.policy import ad_hoc_patience
from billing.selectors.ad_hoc import Objection, objection_at
from billing.selectors.running_cost import projected_minor
from billing.services.ad_hoc.closing import release_hold
from billing.services.ad_hoc.moves import Phase, State, note
from billing.services.owed_calls import owe_call
from billing.types import Operation
from chargepoints.models import Command, Connector
from chargepoints.services import CommandNotPossible
from sessions_app.models import ChargingSession
from sessions_app.services import request_start, request_stop

log = logging.getLogger(__name__)

REQUESTED_BY: Final = "payment by QR code"
_NO: Final = (Command.State.FAILED, Command.State.TIMED_OUT, Command.State.OFFLINE)
_ENDINGS: Final = {
    Objection.BUSY: Payment.Ending.BUSY,
    Objection.OUT_OF_ORDER: Payment.Ending.REFUSED,
    Objection.OFFLINE: Payment.Ending.OFFLINE,
}


def begin_charging(payment: Payment, now: datetime) -> None:
    """The hold of a locked payment stands: ask the station to start, or release the hold.

    The first to pay gets the connector; whoever has a payment page open for it is shut out.
    """
    connector = (
        Connector.objects.select_for_update(of=("self",), no_key=True)
        .select_related("charge_point__site")
        .get(pk=payment.connector_id)
    )
    objection = objection_at(connector, now, besides=payment.pk)
    if objection is not None:
        release_hold(payment, now, _ENDINGS[objection])
        return
    patience = ad_hoc_patience()
    command = request_start(
        charge_point=connector.charge_point,
        token_uid=payment.token_uid,
        requested_by=REQUESTED_BY,
        connector=connector,
    )
    note(
        payment,
        phase=Phase.STARTING,
        start_command=command,
        start_by=now + patience.start_within,
        due_at=now + patience.start_look,
    )
    _shut_out_others(payment, now)


def follow_start(session: ChargingSession, now: datetime) -> None:
    """A session began: tie it to the payment whose token started it."""
    claim_payment(session, now)


def claim_payment(session: ChargingSession, now: datetime) -> Payment | None:
    """The payment a session is paid with, locked and tied to it; None for any other session."""
    known = Q(session=session)
    if session.token_uid and session.driver_id is None:
        known |= Q(token_uid=session.token_uid)
    payment = Payment.objects.select_for_update(of=("self",)).filter(known).first()
    if payment is None:
        return None
    bind_session(payment, session, now)
    return payment if payment.session_id == session.pk else None


def bind_session(payment: Payment, session: ChargingSession, now: datetime) -> None:
    """Tie a session to a locked payment, once; one that may not charge is stopped.

    The token is good for one session, at the connector that was paid for.
    """
    is_mine = payment.session_id in (None, session.pk)
    if not is_mine or session.connector_id != payment.connector_id:
        log.warning("a token of one use was used elsewhere", extra={"session": str(session.pk)})
        _request_stop(session)
        return
    if payment.session_id is None:
        note(payment, session=session)
    if payment.phase == Phase.STARTING:
        ended = session.ended_at is not None
        watch_at = now + ad_hoc_patience().watch_every
        note(payment, phase=Phase.ENDED if ended else Phase.CHARGING, due_at=watch_at)
    elif payment.phase == Phase.ENDED and session.ended_at is None:
        _request_stop(session)


def follow_end(session: ChargingSession, now: datetime) -> None:
    """A session is complete: its payment waits for the price."""
    payment = Payment.objects.select_for_update(of=("self",)).filter(session=session).first()
    if payment is not None and payment.phase == Phase.CHARGING:
        end_charging(payment, now)


def end_charging(payment: Payment, now: datetime) -> None:
    """Charging is over: the connector is free, and only the hold is watched."""
    ending = payment.ending or Payment.Ending.AT_STATION
    note(payment, phase=Phase.ENDED, ending=ending, due_at=watchdog_at(payment, now))


def find_session(payment: Payment) -> ChargingSession | None:
    """The session that a payment's token started at its connector, if it is known by now."""
    return (
        ChargingSession.objects.filter(token_uid=payment.token_uid, connector=payment.connector_id)
        .order_by("created_at")
        .first()
    )


def start_refused(payment: Payment) -> Payment.Ending | None:
    """Why the station will not start, as far as it has said so; None while it may."""
    command = payment.start_command
    if command is None:
        return Payment.Ending.OFFLINE
    if command.state in _NO:
        is_offline = command.state == Command.State.OFFLINE
        return Payment.Ending.OFFLINE if is_offline else Payment.Ending.REFUSED
    answered = command.state == Command.State.ANSWERED
    status = (command.response or {}).get("status")
    return Payment.Ending.REFUSED if answered and status != "Accepted" else None


def watch_charging(payment: Payment, session: ChargingSession, now: datetime) -> None:
    """Stop before the hold is used up, however silent the station; ask again if it goes on."""
    patience = ad_hoc_patience()
    if payment.stop_asked_at is None:
        ahead_s = int(patience.meter_interval.total_seconds())
        is_held = payment.state == State.AUTHORISED
        left_minor = payment.authorised_minor - projected_minor(session, now, ahead_s=ahead_s)
        if not is_held or left_minor <= 0:
            ask_to_stop(payment, session, Payment.Ending.HOLD_USED, now)
    elif now - payment.stop_asked_at >= patience.stop_again:
        ask_to_stop(payment, session, Payment.Ending.HOLD_USED, now)
    note(payment, due_at=now + patience.watch_every)


def ask_to_stop(
    payment: Payment, session: ChargingSession, ending: Payment.Ending, now: datetime
) -> None:
    """Ask the station to stop; the first reason stays."""
    note(payment, ending=payment.ending or ending, stop_asked_at=now)
    _request_stop(session)


def watchdog_at(payment: Payment, now: datetime) -> datetime:
    """When the hold is captured or released whatever is still open."""
    lapses_at = payment.capture_before or now + ad_hoc_patience().hold_lasts
    return lapses_at - ad_hoc_patience().before_lapse


def may_start(*, token_uid: str, charge_point_id: UUID, connector_id: UUID | None) -> bool:
    """Whether a token of one use may charge at a station, or at just one of its connectors."""
    payments = Payment.objects.filter(
        token_uid=token_uid,
        connector__charge_point=charge_point_id,
        phase__in=(Phase.STARTING, Phase.CHARGING),
        state=State.AUTHORISED,
    )
    if connector_id is not None:
        payments = payments.filter(connector=connector_id)
    return payments.exists()


def _request_stop(session: ChargingSession) -> None:
    try:
        request_stop(session=session, requested_by=REQUESTED_BY)
    except CommandNotPossible:
        log.warning("cannot ask to stop", extra={"session": str(session.pk)}, exc_info=True)


def _shut_out_others(payment: Payment, now: datetime) -> None:
    """Close the pages on which others could still pay for the same connector."""
    others = Payment.objects.filter(
        connector=payment.connector_id, state=State.CREATED, pay_by__gt=now
    ).exclude(stripe_checkout_ref="")
    for other in others:
        owe_call(
            operation=Operation.CLOSE_CHECKOUT,
            entity_id=other.pk,
            account_ref=other.stripe_account_ref,
            about=other.stripe_checkout_ref,
            now=now,
        )
