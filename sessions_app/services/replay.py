"""Replaying what came before the start of its session."""

from __future__ import annotations

from datetime import datetime

from sessions_app.flags import SessionFlag
from sessions_app.messages import read_readings, read_stop
from sessions_app.models import ChargingSession, ParkedMessage
from sessions_app.services.locking import add_flags
from sessions_app.services.matching import says_nothing
from sessions_app.services.parking import claim_parked, parked_for
from sessions_app.services.readings import apply_readings, match_readings
from sessions_app.services.stops import apply_stop, match_stop


def replay_parked(session: ChargingSession, *, now: datetime) -> None:
    """Apply to a locked and stored session every kept message that turns out to be its own."""
    for parked in parked_for(session):
        if parked.action == "StopTransaction":
            _replay_stop(session, parked, now)
        else:
            _replay_readings(session, parked)


def _replay_stop(session: ChargingSession, parked: ParkedMessage, now: datetime) -> None:
    stop = read_stop(parked.payload)
    if says_nothing(stop.transaction_ref):
        if match_stop(session.charge_point_id, stop, parked.received_at) != session.id:
            return
        add_flags(session, SessionFlag.MATCHED_BY_EVIDENCE)
    claim_parked(parked, session)
    apply_stop(session, stop, received_at=parked.received_at, now=now)


def _replay_readings(session: ChargingSession, parked: ParkedMessage) -> None:
    readings = read_readings(parked.payload)
    if says_nothing(readings.transaction_ref):
        found = match_readings(session.charge_point_id, readings, parked.received_at)
        if found != session.id:
            return
    claim_parked(parked, session)
    apply_readings(session, readings, received_at=parked.received_at)
