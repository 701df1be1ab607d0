"""Row locks of sessions and stations, in the one order that cannot deadlock.

A station's row is locked before a session's, never after it, and one transaction waits for one
session only. `NO KEY`, so that rows which merely refer to them are not held up.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from chargepoints.models import ChargePoint
from sessions_app.models import ChargingSession

_COLUMNS = tuple(
    field.attname for field in ChargingSession._meta.concrete_fields if not field.primary_key
)


def lock_charge_point(charge_point_id: UUID) -> None:
    """Until the commit, no other start and no parking of this station's messages."""
    ChargePoint.objects.select_for_update(no_key=True).only("id").get(pk=charge_point_id)


def lock_session(session_id: UUID) -> ChargingSession:
    """A session, its row locked until the commit."""
    return ChargingSession.objects.select_for_update(no_key=True).get(pk=session_id)


def lock_transaction(charge_point_id: UUID, transaction_ref: str) -> ChargingSession | None:
    """The session of a station's transaction, its row locked until the commit, or None."""
    return (
        ChargingSession.objects.select_for_update(no_key=True)
        .filter(charge_point_id=charge_point_id, transaction_ref=transaction_ref)
        .first()
    )


@contextmanager
def changing(session: ChargingSession) -> Iterator[None]:
    """Write what the block changed of a locked session in one statement, or nothing."""
    before = {name: getattr(session, name) for name in _COLUMNS}
    yield
    changed = [name for name in _COLUMNS if getattr(session, name) != before[name]]
    if changed:
        session.save(update_fields=changed)


def add_flags(session: ChargingSession, *flags: str) -> None:
    """Note oddities on a locked session; sorted, so that their order says nothing."""
    session.flags = sorted({*session.flags, *map(str, flags)})


def drop_flag(session: ChargingSession, flag: str) -> None:
    """Take back a note that is no longer true."""
    session.flags = [kept for kept in session.flags if kept != flag]
