"""MeterValues of both OCPP versions, with a transaction, with an invented one, or with none."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from sessions_app.flags import SessionFlag
from sessions_app.messages import Readings, trusted_time
from sessions_app.models import ChargingSession
from sessions_app.services.completion import show_running_energy
from sessions_app.services.locking import (
    add_flags,
    changing,
    lock_charge_point,
    lock_session,
    lock_transaction,
)
from sessions_app.services.matching import says_nothing, session_to_stop, session_under_way
from sessions_app.services.parking import park_message
from sessions_app.services.samples import ingest_meter_values


def record_readings(*, charge_point_id: UUID, readings: Readings, received_at: datetime) -> None:
    """Store what a message measured in the session it belongs to, or keep it until that is known.

    Without a transaction it is the session its EVSE was busy with at that time. Readings of the
    station as a whole (number 0, no transaction) belong to no session.
    """
    if not readings.transaction_ref and not readings.evse_id:
        return
    with transaction.atomic():
        session = _find_session(charge_point_id, readings, received_at)
        if session is None:
            lock_charge_point(charge_point_id)
            session = _find_session(charge_point_id, readings, received_at)
        if session is None:
            _park(charge_point_id, readings, received_at)
            return
        with changing(session):
            apply_readings(session, readings, received_at=received_at)


def apply_readings(session: ChargingSession, readings: Readings, *, received_at: datetime) -> None:
    """Add the readings to a locked session, in memory and in its samples."""
    if readings.transaction_ref and says_nothing(readings.transaction_ref):
        add_flags(session, SessionFlag.MATCHED_BY_EVIDENCE)
    if ingest_meter_values(session, readings.meter_values, received_at=received_at):
        show_running_energy(session)


def match_readings(charge_point_id: UUID, readings: Readings, received_at: datetime) -> UUID | None:
    """The session that readings without a usable transaction id belong to, or None."""
    at, _ = trusted_time(readings.at, received_at)
    if readings.evse_id:
        return session_under_way(charge_point_id, readings.evse_id, at)
    return session_to_stop(charge_point_id, "", at)


def _find_session(
    charge_point_id: UUID, readings: Readings, received_at: datetime
) -> ChargingSession | None:
    if not says_nothing(readings.transaction_ref):
        return lock_transaction(charge_point_id, readings.transaction_ref)
    session_id = match_readings(charge_point_id, readings, received_at)
    return None if session_id is None else lock_session(session_id)


def _park(charge_point_id: UUID, readings: Readings, received_at: datetime) -> None:
    park_message(
        charge_point_id=charge_point_id,
        transaction_ref=readings.transaction_ref,
        action="MeterValues",
        payload=readings.payload,
        received_at=received_at,
    )
