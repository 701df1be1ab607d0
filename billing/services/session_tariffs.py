"""Freezing the prices a session is charged by."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings

from billing.models import SessionTariff
from billing.rating import UnratableSession
from billing.selectors.tariffs import (
    choose_tariff,
    is_priced_by_the_clock,
    target_of,
    tariff_facts,
)
from sessions_app.models import ChargingSession
from sessions_app.types import SampleFlag

# A station's clock may run ahead of ours by so much, and a queue kept offline may be so old;
# beyond either the station's time is not believed, and the session is priced by ours.
CLOCK_AHEAD_BOUND: Final = timedelta(minutes=5)
OFFLINE_BOUND: Final = timedelta(days=366)

_ClockRule = SessionTariff.ClockRule


def freeze_tariff(session: ChargingSession) -> SessionTariff:
    """The prices of a session, looked up once for its own start time.

    They are looked up again only if its driver or its start turn out to be others than was known
    then. Raises `UnratableSession` without a start, and `TariffNotInForce`.
    """
    if session.started_at is None:
        raise UnratableSession(f"session {session.pk} has no start")
    frozen = SessionTariff.objects.filter(session=session).select_related("version__tariff").first()
    known = (session.started_at, session.driver_id)
    if frozen is not None and (frozen.started_at, frozen.driver_id) == known:
        return frozen
    rule, priced_at = believed_start(session, session.started_at)
    choice = choose_tariff(target_of(session), priced_at)
    return SessionTariff.objects.update_or_create(
        session=session,
        defaults={
            "version": choice.version,
            "assignment": choice.assignment,
            "driver": session.driver,
            "started_at": session.started_at,
            "priced_at": priced_at,
            "clock_rule": rule,
            "clock_shift_s": int((priced_at - session.started_at).total_seconds()),
        },
    )[0]


def readings_due_by(session_id: UUID) -> datetime | None:
    """Until when readings of a completed session are waited for; None when none matter.

    OCPP 2.0.1 counts its messages, so a session that is complete has them all. A 1.6 station may
    send readings after the stop; where the price depends on when energy flowed they are waited
    for, so that the bill is the same in whatever order they come. Raises as `freeze_tariff`.
    """
    session = ChargingSession.objects.select_related("charge_point", "driver").get(pk=session_id)
    is_counted = session.final_sequence is not None
    if is_counted or not is_priced_by_the_clock(tariff_facts(freeze_tariff(session).version)):
        return None
    completed_at = session.completed_at or session.created_at
    return completed_at + timedelta(seconds=settings.SESSION_SETTLE_S)


def believed_start(
    session: ChargingSession, started_at: datetime
) -> tuple[SessionTariff.ClockRule, datetime]:
    """Whose clock a session is priced by, and when it began by that clock."""
    heard_at = session.created_at
    is_wrong = (
        SampleFlag.CLOCK_UNSET in session.flags
        or started_at > heard_at + CLOCK_AHEAD_BOUND
        or started_at < heard_at - OFFLINE_BOUND
    )
    return (_ClockRule.SERVER, heard_at) if is_wrong else (_ClockRule.STATION, started_at)
