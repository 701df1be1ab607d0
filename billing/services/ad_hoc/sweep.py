"""Looking after unfinished payments on the spot: the guarantee that nothing is left hanging."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from billing.models import Payment
from billing.policy import ad_hoc_patience
from billing.selectors.running_cost import undisputed_minor
from billing.services.ad_hoc.charging import (
    ask_to_stop,
    bind_session,
    end_charging,
    find_session,
    start_refused,
    watch_charging,
    watchdog_at,
)
from billing.services.ad_hoc.closing import close_payment, release_hold
from billing.services.ad_hoc.moves import UNFINISHED, Phase, State, look_at
from billing.services.ad_hoc.opening import owe_fetch_of
from sessions_app.models import ChargingSession
from tenants.scope import across_tenants, tenant_scope


def attend_due_payments(*, now: datetime, limit: int = 500) -> int:
    """Look at the payments that are due, one transaction each; returns how many there were."""
    for seen in range(limit):
        if not _attend_next(now):
            return seen
    return limit


def _attend_next(now: datetime) -> bool:
    with across_tenants(reason="payments on the spot to look after"), transaction.atomic():
        payment = (
            Payment.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("start_command")
            .filter(due_at__lte=now)
            .order_by("due_at", "id")
            .first()
        )
        if payment is None:
            return False
        with tenant_scope(payment.tenant_id):
            attend(payment, now)
    return True


def attend(payment: Payment, now: datetime) -> None:
    """Do what is due for a locked payment, and say when to look again."""
    look_at(payment, now + ad_hoc_patience().look_again)
    if payment.phase in (Phase.STARTING, Phase.CHARGING):
        _attend_charging(payment, now)
    if payment.state != State.AUTHORISED:
        if payment.state in UNFINISHED:
            owe_fetch_of(payment, now)
    elif now >= watchdog_at(payment, now):
        _bite(payment, now)
    elif payment.phase == Phase.ENDED:
        look_at(payment, watchdog_at(payment, now))


def _attend_charging(payment: Payment, now: datetime) -> None:
    session = _session_of(payment, now)
    if session is None:
        if payment.phase == Phase.STARTING:
            _attend_start(payment, now)
    elif session.ended_at is not None:
        end_charging(payment, now)
    elif payment.phase == Phase.CHARGING:
        watch_charging(payment, session, now)


def _session_of(payment: Payment, now: datetime) -> ChargingSession | None:
    """The payment's session; one that nobody told us of yet is tied to it now."""
    if payment.session_id is None:
        found = find_session(payment)
        if found is not None and found.started_at is not None:
            bind_session(payment, found, now)
    if payment.session_id is None:
        return None
    return ChargingSession.objects.select_related("charge_point__site", "connector", "driver").get(
        pk=payment.session_id
    )


def _attend_start(payment: Payment, now: datetime) -> None:
    """Release the hold of a start that was refused, or that nothing came of in time."""
    refused = start_refused(payment)
    if refused is not None:
        release_hold(payment, now, refused)
    elif payment.start_by is not None and now >= payment.start_by:
        release_hold(payment, now, Payment.Ending.SILENT)
    else:
        look_at(payment, now + ad_hoc_patience().start_look)


def _bite(payment: Payment, now: datetime) -> None:
    """The hold is about to lapse: take what is beyond doubt, release the rest."""
    session = _session_of(payment, now)
    if session is None:
        release_hold(payment, now, Payment.Ending.SILENT)
        return
    if session.ended_at is None:
        ask_to_stop(payment, session, Payment.Ending.WATCHDOG, now)
    close_payment(payment, undisputed_minor(session, now), now)
