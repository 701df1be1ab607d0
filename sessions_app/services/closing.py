"""Taking back a close by evidence, because the session goes on or its real stop has come."""

from __future__ import annotations

from sessions_app.flags import SessionFlag
from sessions_app.models import ChargingSession
from sessions_app.services.locking import drop_flag

Gate = ChargingSession.Gate

HELD_FOR = "closed by evidence"


def replace_evidence(session: ChargingSession) -> bool:
    """Take back a close by evidence of a locked session because its real stop has come.

    False when it was not closed by evidence. The caller writes the real end.
    """
    if not session.closed_by:
        return False
    session.closed_by = ""
    session.ended_at = session.meter_stop_wh = session.settle_at = None
    drop_flag(session, SessionFlag.CLOSED_BY_EVIDENCE)
    if session.gate == Gate.HELD and session.gate_reason.startswith(HELD_FOR):
        session.gate, session.gate_reason = Gate.UNCHECKED, ""
    return True


def reopen_if_alive(session: ChargingSession) -> bool:
    """Open a locked session again when readings came after the time it was closed at."""
    last_at = session.last_sample_at
    if not session.closed_by or last_at is None or session.ended_at is None:
        return False
    if last_at <= session.ended_at:
        return False
    return replace_evidence(session)
