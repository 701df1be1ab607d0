"""The gate between a completed session and billing: unchecked, held, cleared, released."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from outbox.events import DomainEvent
from outbox.services import publish
from sessions_app.events import SessionCleared, SessionHeld
from sessions_app.models import ChargingSession

Gate = ChargingSession.Gate

LONGEST_REASON = 200


def hold_session(*, session_id: UUID, reason: str) -> bool:
    """Keep a session from being billed until a person releases it; False if it is past that.

    Works on sessions under way as well. Publishes `SessionHeld` when it changes something.
    """
    reason = reason[:LONGEST_REASON]
    return _move(
        ChargingSession.objects.filter(pk=session_id, gate=Gate.UNCHECKED),
        {"gate": Gate.HELD, "gate_reason": reason},
        SessionHeld(occurred_at=timezone.now(), session_id=session_id, reason=reason),
    )


def clear_session(*, session_id: UUID) -> bool:
    """Let billing have a completed session whose checks found nothing; False for any other.

    A held session stays held. Publishes `SessionCleared` when it changes something.
    """
    return _move(
        _completed(session_id).filter(gate=Gate.UNCHECKED),
        {"gate": Gate.CLEARED},
        SessionCleared(occurred_at=timezone.now(), session_id=session_id),
    )


def release_session(*, session_id: UUID, actor: str, reason: str) -> bool:
    """Let billing have a completed session that was held, on a person's word; False for any other.

    `actor` and `reason` take the place of the reason it was held for, which stays in its
    `SessionHeld` event. Publishes `SessionCleared` when it changes something.
    """
    return _move(
        _completed(session_id).filter(gate=Gate.HELD),
        {"gate": Gate.RELEASED, "gate_reason": f"{actor}: {reason}"[:LONGEST_REASON]},
        SessionCleared(occurred_at=timezone.now(), session_id=session_id),
    )


def _completed(session_id: UUID) -> QuerySet[ChargingSession]:
    return ChargingSession.objects.filter(pk=session_id, state=ChargingSession.State.COMPLETED)


def _move(rows: QuerySet[ChargingSession], change: dict[str, str], event: DomainEvent) -> bool:
    with transaction.atomic():
        moved = bool(rows.update(**change))
        if moved:
            publish(event)
    return moved
