"""OCPP 1.6 stops, also those whose start is unknown or whose transaction id was made up."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from sessions_app.flags import SessionFlag
from sessions_app.messages import Stop, trusted_time
from sessions_app.models import ChargingSession
from sessions_app.services.closing import replace_evidence
from sessions_app.services.completion import finish_if_ready
from sessions_app.services.evidence import weigh_late_stop
from sessions_app.services.locking import (
    add_flags,
    changing,
    drop_flag,
    lock_charge_point,
    lock_session,
    lock_transaction,
)
from sessions_app.services.matching import says_nothing, session_to_stop
from sessions_app.services.parking import claim_parked, park_message
from sessions_app.services.samples import ingest_meter_values


def stop_transaction(*, charge_point_id: UUID, stop: Stop, received_at: datetime) -> None:
    """Record a stop, once however often it is sent; never refuses one.

    A stop of a transaction that is not known is kept until its start comes. One with an id we
    never give (0, negative) goes to the one session of the station it can mean, or is kept.
    """
    with transaction.atomic():
        session = _known_session(charge_point_id, stop)
        if session is None:
            lock_charge_point(charge_point_id)
            session = _known_session(charge_point_id, stop) or _park(
                charge_point_id, stop, received_at
            )
        if session is not None:
            with changing(session):
                apply_stop(session, stop, received_at=received_at, now=received_at)


def apply_stop(
    session: ChargingSession, stop: Stop, *, received_at: datetime, now: datetime
) -> None:
    """Change a locked session in memory by its stop: the first counts, another is flagged.

    It was received at `received_at` and completes the session `now`. `transactionData` adds
    samples, or changes nothing where it repeats them.
    """
    ended_at, clock_flags = trusted_time(stop.at, received_at)
    ingest_meter_values(session, stop.meter_values, received_at=received_at, fallback_at=stop.at)
    was_closed = replace_evidence(session)
    if session.ended_at is None:
        session.ended_at = ended_at
        session.meter_stop_wh = stop.meter_stop_wh
        session.stop_reason = stop.reason
        add_flags(session, *clock_flags)
        drop_flag(session, SessionFlag.SUPERSEDED)
    elif session.meter_stop_wh != stop.meter_stop_wh or (
        not clock_flags and session.ended_at != ended_at
    ):
        add_flags(session, SessionFlag.CONFLICTING_STOP)
    if was_closed and session.state == ChargingSession.State.COMPLETED:
        weigh_late_stop(session, now)
    finish_if_ready(session, now=now)


def match_stop(charge_point_id: UUID, stop: Stop, received_at: datetime) -> UUID | None:
    """The session that a stop with an invented id means, or None where that is open."""
    at, _ = trusted_time(stop.at, received_at)
    return session_to_stop(charge_point_id, stop.token_uid, at)


def _known_session(charge_point_id: UUID, stop: Stop) -> ChargingSession | None:
    if says_nothing(stop.transaction_ref):
        return None
    return lock_transaction(charge_point_id, stop.transaction_ref)


def _park(charge_point_id: UUID, stop: Stop, received_at: datetime) -> ChargingSession | None:
    """Keep the stop; returns the session it can be shown to mean, once, locked."""
    parked = park_message(
        charge_point_id=charge_point_id,
        transaction_ref=stop.transaction_ref,
        action="StopTransaction",
        payload=stop.payload,
        received_at=received_at,
    )
    if parked.session_id is not None or not says_nothing(stop.transaction_ref):
        return None
    session_id = match_stop(charge_point_id, stop, received_at)
    if session_id is None:
        return None
    session = lock_session(session_id)
    claim_parked(parked, session)
    with changing(session):
        add_flags(session, SessionFlag.MATCHED_BY_EVIDENCE)
    return session
