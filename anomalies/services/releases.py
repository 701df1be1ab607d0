"""Letting held sessions go to billing: by a person, or by a rule with the energy rebuilt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from anomalies.services.incidents import resolve_holding
from sessions_app.models import ChargingSession
from sessions_app.rebuild import RebuiltEnergy
from sessions_app.selectors import most_deliverable_wh, rebuilt_energy
from sessions_app.services import release_by_rule, release_session
from sessions_app.types import Sample

BY_RULE = "released by rule with the energy rebuilt"


class RebuildChanged(RuntimeError):
    """The energy a person was shown is not what the samples say now: they have to look again."""


class AboveRating(RuntimeError):
    """More energy than the connector's rating allows in the time is never billed."""


def release_hold(
    *,
    session: ChargingSession,
    user_id: UUID | None,
    actor: str,
    reason: str,
    rebuilt_wh: int | None = None,
) -> bool:
    """Let billing have a held session on a person's word; False when it was not held.

    As measured, or with the rebuilt energy, of which `rebuilt_wh` is what the person was shown.
    Raises `RebuildChanged` when samples have come since that change it, and `AboveRating` where
    what was measured is more than the connector can have given.
    """
    with transaction.atomic():
        rebuilt = None if rebuilt_wh is None else _shown(session, rebuilt_wh)
        most_wh = most_deliverable_wh(session)
        if rebuilt is None and most_wh is not None and session.energy_wh > most_wh:
            raise AboveRating(f"session {session.pk}: {session.energy_wh} Wh, at most {most_wh}")
        if not release_session(session_id=session.id, actor=actor, reason=reason, rebuilt=rebuilt):
            return False
        resolve_holding(session=session, user_id=user_id, resolution=reason, now=timezone.now())
    return True


def release_by_rules(
    *, session: ChargingSession, doubts: Sequence[str], samples: Sequence[Sample], now: datetime
) -> bool:
    """Release a session just held if the rules know each doubt and the rebuild is exact enough.

    The doubts ("M2 begin_placeholder") are named in `REBUILD_RELEASES`; the bound may be at most
    `REBUILD_BOUND_WH`, or `REBUILD_BOUND_PERMILLE` of the energy where that is more.
    """
    if not {*doubts} <= {*settings.REBUILD_RELEASES}:
        return False
    rebuilt = rebuilt_energy(session, samples)
    if rebuilt is None or rebuilt.bound_wh > _allowed_wh(rebuilt):
        return False
    released = release_by_rule(session_id=session.id, reason=", ".join(doubts), rebuilt=rebuilt)
    if released:
        resolve_holding(session=session, user_id=None, resolution=BY_RULE, now=now)
    return released


def _shown(session: ChargingSession, rebuilt_wh: int) -> RebuiltEnergy:
    rebuilt = rebuilt_energy(ChargingSession.objects.get(pk=session.pk))
    if rebuilt is None or rebuilt.energy_wh != rebuilt_wh:
        raise RebuildChanged(f"session {session.pk}: the samples no longer say {rebuilt_wh} Wh")
    return rebuilt


def _allowed_wh(rebuilt: RebuiltEnergy) -> int:
    share_wh = rebuilt.energy_wh * settings.REBUILD_BOUND_PERMILLE // 1_000
    return max(settings.REBUILD_BOUND_WH, share_wh)
