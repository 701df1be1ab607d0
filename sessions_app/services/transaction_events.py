"""OCPP 2.0.1 TransactionEvents, in whatever order and number they come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from sessions_app.flags import SessionFlag
from sessions_app.messages import ENDED, STARTED, Event, trusted_time
from sessions_app.models import ChargingSession
from sessions_app.ports import DriverCredit
from sessions_app.sequence import add_number
from sessions_app.services.authorization import (
    Authorization,
    authorize_session,
    authorize_token,
    known_token,
)
from sessions_app.services.charging_states import record_charging_state
from sessions_app.services.closing import replace_evidence
from sessions_app.services.completion import (
    begin_session,
    finish_if_ready,
    show_running_energy,
)
from sessions_app.services.evidence import weigh_late_stop
from sessions_app.services.locking import (
    add_flags,
    changing,
    drop_flag,
    lock_charge_point,
    lock_transaction,
)
from sessions_app.services.matching import find_connector, flag_superseded
from sessions_app.services.replay import replay_parked
from sessions_app.services.samples import ingest_meter_values
from sessions_app.types import Sample, SampleContext


def record_event(
    *, charge_point_id: UUID, event: Event, received_at: datetime, credit: DriverCredit
) -> Authorization | None:
    """Record an event; a repeated one (transaction, kind, number, time) changes nothing.

    Whichever event of a transaction comes first makes its session, and each adds what it knows,
    so their order does not matter. Returns whether the token may charge if the event names one.
    """
    with transaction.atomic():
        session = _session_of(charge_point_id, event)
        was_placed = _is_placed(session)
        with changing(session):
            _apply(session, event, received_at)
            if was_placed or not _is_placed(session):
                finish_if_ready(session, now=received_at)
        if _is_placed(session) and not was_placed:
            with changing(session):
                flag_superseded(session)
                replay_parked(session, now=received_at)
                finish_if_ready(session, now=received_at)
        return _authorize(session, event, credit)


def _session_of(charge_point_id: UUID, event: Event) -> ChargingSession:
    """The transaction's session, its row locked, made by whichever event comes first."""
    session = lock_transaction(charge_point_id, event.transaction_ref)
    if session is None:
        lock_charge_point(charge_point_id)
        session = lock_transaction(charge_point_id, event.transaction_ref)
    if session is not None and _is_another(session, event):
        session.transaction_ref = f"{event.transaction_ref}~{session.id.hex[-8:]}"
        session.save(update_fields=("transaction_ref",))
        session = None
    return session or ChargingSession.objects.create(
        charge_point_id=charge_point_id, transaction_ref=event.transaction_ref
    )


def _is_another(session: ChargingSession, event: Event) -> bool:
    """Whether a station that counts its transactions has begun to count anew.

    What started after the end of a complete session is not that session, whatever its id.
    """
    return (
        event.kind == STARTED
        and session.state == ChargingSession.State.COMPLETED
        and session.ended_at is not None
        and session.ended_at < event.at
    )


def _is_placed(session: ChargingSession) -> bool:
    """Whether it is known where and since when the session was, so that others can be told."""
    return session.connector_id is not None and session.started_at is not None


def _apply(session: ChargingSession, event: Event, received_at: datetime) -> None:
    session.seen_sequence = add_number(session.seen_sequence, event.sequence)
    if session.connector_id is None:
        session.connector = find_connector(
            session.charge_point_id, event.evse_id, event.connector_id
        )
    _apply_token(session, event)
    samples = ingest_meter_values(
        session, event.meter_values, received_at=received_at, fallback_at=event.at
    )
    if event.kind == STARTED:
        _apply_start(session, event, samples, received_at)
    if event.kind == ENDED:
        _apply_end(session, event, samples, received_at)
    record_charging_state(session, event, received_at)
    if samples:
        show_running_energy(session)


def _apply_start(
    session: ChargingSession, event: Event, samples: Sequence[Sample], received_at: datetime
) -> None:
    started_at, clock_flags = trusted_time(event.at, received_at)
    if session.state == ChargingSession.State.COMPLETED:
        if session.started_at != started_at and not clock_flags:
            add_flags(session, SessionFlag.LATE_START)
        return
    if session.meter_start_wh is None:
        session.meter_start_wh = _register(samples, SampleContext.BEGIN)
    if session.started_at is None:
        add_flags(session, *clock_flags)
        begin_session(session, started_at=started_at, now=received_at)
    elif session.started_at != started_at and not clock_flags:
        add_flags(session, SessionFlag.CONFLICTING_START)
        session.started_at = min(session.started_at, started_at)


def _apply_end(
    session: ChargingSession, event: Event, samples: Sequence[Sample], received_at: datetime
) -> None:
    ended_at, clock_flags = trusted_time(event.at, received_at)
    was_closed = replace_evidence(session)
    if session.ended_at is None:
        session.ended_at = ended_at
        session.final_sequence = event.sequence
        session.stop_reason = event.stop_reason
        session.meter_stop_wh = _register(samples, SampleContext.END)
        add_flags(session, *clock_flags)
        drop_flag(session, SessionFlag.SUPERSEDED)
    elif session.ended_at != ended_at and not clock_flags:
        add_flags(session, SessionFlag.CONFLICTING_STOP)
    if was_closed and session.state == ChargingSession.State.COMPLETED:
        weigh_late_stop(session, received_at)


def _apply_token(session: ChargingSession, event: Event) -> None:
    """The driver's token: that of the start, else of another event, else of whoever stopped."""
    if not event.token_uid or session.state == ChargingSession.State.COMPLETED:
        return
    is_guess = SessionFlag.TOKEN_FROM_STOP in session.flags
    if event.names_the_driver:
        if session.token_uid and not is_guess and event.kind != STARTED:
            return
        drop_flag(session, SessionFlag.TOKEN_FROM_STOP)
    elif session.token_uid:
        return
    else:
        add_flags(session, SessionFlag.TOKEN_FROM_STOP)
    if session.token_uid != event.token_uid:
        session.token_uid = event.token_uid
        token = known_token(event.token_uid)
        session.driver_id = None if token is None else token.driver_id


def _register(samples: Sequence[Sample], context: SampleContext) -> int | None:
    """The register of a Started (BEGIN) or Ended (END) event, best by its context.

    Stations leave the context out, and repeat the begin value at the end.
    """
    other = SampleContext.BEGIN if context is SampleContext.END else SampleContext.END
    known = [s for s in samples if s.energy_wh is not None and s.context is not other]
    marked = [s.energy_wh for s in known if s.context is context]
    if marked:
        return marked[0]
    if not known:
        return None
    return known[0 if context is SampleContext.BEGIN else -1].energy_wh


def _authorize(
    session: ChargingSession, event: Event, credit: DriverCredit
) -> Authorization | None:
    if not event.token_uid:
        return None
    if event.token_uid == session.token_uid:
        return authorize_session(session, at=event.at, credit=credit)
    return authorize_token(
        token_uid=event.token_uid,
        at=event.at,
        charge_point_id=session.charge_point_id,
        credit=credit,
    )
