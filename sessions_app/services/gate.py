"""The gate between a completed session and billing: unchecked, held, cleared, released."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from outbox.events import DomainEvent
from outbox.services import publish
from sessions_app.events import SessionCleared, SessionEnergyRebuilt, SessionHeld
from sessions_app.flags import SessionFlag
from sessions_app.models import ChargingSession
from sessions_app.rebuild import RebuiltEnergy
from sessions_app.services.locking import add_flags, changing, drop_flag

Gate = ChargingSession.Gate

LONGEST_REASON = 200
# Who released a session that no person did.
RULE = "rule"


def hold_session(*, session_id: UUID, reason: str) -> bool:
    """Keep a session from being billed until it is released; False if it is past that.

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


def release_session(
    *, session_id: UUID, actor: str, reason: str, rebuilt: RebuiltEnergy | None = None
) -> bool:
    """Let billing have a completed session that was held, on a person's word; False for any other.

    As it was measured, or with the energy `rebuilt` from its samples: then that becomes its
    energy and `SessionEnergyRebuilt` keeps what was before. `actor` and `reason` take the place
    of the reason it was held for, which stays in its `SessionHeld` event. Publishes
    `SessionCleared` when it changes something.
    """
    words = f"{actor}: {reason}"
    return _release(session_id, Gate.RELEASED, words, rebuilt, actor=actor, reason=reason)


def release_by_rule(*, session_id: UUID, reason: str, rebuilt: RebuiltEnergy) -> bool:
    """Let billing have a held session with its rebuilt energy because a rule says so.

    `reason` is what it was held for, and stays. Otherwise as `release_session`.
    """
    return _release(session_id, Gate.CLEARED, reason, rebuilt, actor=RULE, reason=reason)


def correct_energy(*, session_id: UUID, rebuilt: RebuiltEnergy, actor: str, reason: str) -> None:
    """Give a completed session that was billed the energy its samples show.

    `SessionEnergyRebuilt` keeps what was before; the gate stays as it is.
    """
    with transaction.atomic():
        session = _completed(session_id).select_for_update(no_key=True).get()
        with changing(session):
            publish(_adopt(session, rebuilt, timezone.now(), actor=actor, reason=reason))


def _release(
    session_id: UUID,
    gate: ChargingSession.Gate,
    words: str,
    rebuilt: RebuiltEnergy | None,
    *,
    actor: str,
    reason: str,
) -> bool:
    now = timezone.now()
    with transaction.atomic():
        session = (
            _completed(session_id).filter(gate=Gate.HELD).select_for_update(no_key=True).first()
        )
        if session is None:
            return False
        with changing(session):
            session.gate = gate
            session.gate_reason = words[:LONGEST_REASON]
            if rebuilt is not None:
                publish(_adopt(session, rebuilt, now, actor=actor, reason=reason))
        publish(SessionCleared(occurred_at=now, session_id=session_id))
    return True


def _adopt(
    session: ChargingSession, rebuilt: RebuiltEnergy, now: datetime, *, actor: str, reason: str
) -> SessionEnergyRebuilt:
    """Make the rebuilt energy that of a locked session, and say so."""
    event = SessionEnergyRebuilt(
        occurred_at=now,
        session_id=session.id,
        before_wh=session.energy_wh,
        energy_wh=rebuilt.energy_wh,
        bound_wh=rebuilt.bound_wh,
        source=rebuilt.source.value,
        actor=actor,
        reason=reason,
    )
    figures = f" [{rebuilt.energy_wh} Wh ± {rebuilt.bound_wh} Wh]"
    session.gate_reason = session.gate_reason[: LONGEST_REASON - len(figures)] + figures
    session.energy_wh = rebuilt.energy_wh
    session.energy_source = rebuilt.source
    # Not the energy the meter signed any more.
    drop_flag(session, SessionFlag.SIGNED_VERIFIED)
    add_flags(session, SessionFlag.ENERGY_REBUILT)
    return event


def _completed(session_id: UUID) -> QuerySet[ChargingSession]:
    return ChargingSession.objects.filter(pk=session_id, state=ChargingSession.State.COMPLETED)


def _move(rows: QuerySet[ChargingSession], change: dict[str, str], event: DomainEvent) -> bool:
    with transaction.atomic():
        moved = bool(rows.update(**change))
        if moved:
            publish(event)
    return moved
