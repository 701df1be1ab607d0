"""Findings that come after a session was checked: held while there is no bill, else told of."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from outbox.services import publish
from sessions_app.events import BilledSessionDoubted, SessionHeld
from sessions_app.models import ChargingSession
from sessions_app.services.gate import LONGEST_REASON
from sessions_app.services.locking import changing, lock_session

Gate = ChargingSession.Gate
Knows = Callable[[UUID], bool]

_knowing: list[Knows] = []


def knows_bills(knows: Knows) -> Knows:
    """Register who can say, by its id, whether a session has a bill; asked under its lock."""
    if knows not in _knowing:
        _knowing.append(knows)
    return knows


def doubt_session(*, session_id: UUID, doubt_id: UUID, kind: str, cause: str) -> bool:
    """Hold a session until somebody releases it, also one that was cleared; True if it is held.

    One that has its bill already stays as it is, and `BilledSessionDoubted` says so: the money is
    put right by a correction. Under the session's lock, which billing takes before it makes a
    bill, so that a finding comes either before the bill or after it.
    """
    with transaction.atomic():
        session = lock_session(session_id)
        if session.gate == Gate.HELD:
            return True
        if any(knows(session_id) for knows in _knowing):
            publish(
                BilledSessionDoubted(
                    occurred_at=timezone.now(),
                    session_id=session_id,
                    doubt_id=doubt_id,
                    kind=kind,
                    cause=cause,
                )
            )
            return False
        _hold(session, f"{kind} {cause}")
    return True


def _hold(session: ChargingSession, reason: str) -> None:
    with changing(session):
        session.gate = Gate.HELD
        session.gate_reason = reason[:LONGEST_REASON]
    publish(
        SessionHeld(occurred_at=timezone.now(), session_id=session.pk, reason=session.gate_reason)
    )
