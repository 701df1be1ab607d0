"""Finding the connector and the session that a message means."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Exists, F, Func, OuterRef, Value

from chargepoints.models import Connector
from sessions_app.flags import SessionFlag
from sessions_app.models import ChargingSession
from sessions_app.services.locking import add_flags, changing


def says_nothing(transaction_ref: str) -> bool:
    """Whether it is no id of ours: absent, 0 or negative (stations invent these, we never do)."""
    return transaction_ref in {"", "0"} or transaction_ref.startswith("-")


def find_connector(
    charge_point_id: UUID, evse_id: int | None, connector_id: int | None = None
) -> Connector | None:
    """The outlet a message names, made when it is new; None for the station as a whole (0).

    Without a connector number it is the EVSE's first, as OCPP 1.6 knows only one number.
    """
    if not evse_id:
        return None
    known = Connector.objects.filter(charge_point_id=charge_point_id, evse_id=evse_id)
    if connector_id:
        known = known.filter(connector_id=connector_id)
    found = known.order_by("connector_id").first()
    if found is not None:
        return found
    made, _ = Connector.objects.get_or_create(
        charge_point_id=charge_point_id, evse_id=evse_id, connector_id=connector_id or 1
    )
    return made


def session_under_way(charge_point_id: UUID, evse_id: int, at: datetime) -> UUID | None:
    """The session an EVSE was busy with at a time: the last one begun by then, unless over."""
    latest = (
        ChargingSession.objects.filter(
            charge_point_id=charge_point_id, connector__evse_id=evse_id, started_at__lte=at
        )
        .order_by("-started_at")
        .values_list("id", "ended_at")
        .first()
    )
    if latest is None or (latest[1] is not None and latest[1] < at):
        return None
    return latest[0]


def session_to_stop(charge_point_id: UUID, token_uid: str, at: datetime) -> UUID | None:
    """The one session of a station that a stop without a usable id can mean, or None.

    Candidates were begun by then, have no stop and no later session on their connector, and are
    of the token that the stop names, if it names one. Several mean nothing.
    """
    later = ChargingSession.objects.filter(
        connector_id=OuterRef("connector_id"),
        started_at__gt=OuterRef("started_at"),
        started_at__lte=at,
    )
    candidates = ChargingSession.objects.filter(
        ~Exists(later), charge_point_id=charge_point_id, ended_at=None, started_at__lte=at
    )
    if token_uid:
        candidates = candidates.filter(token_uid=token_uid)
    ids = list(candidates.values_list("id", flat=True)[:2])
    return ids[0] if len(ids) == 1 else None


def flag_superseded(session: ChargingSession) -> None:
    """Flag what is open although a later session began on its connector; the closer judges it.

    Changes `session` in memory, others in the database. A row locked elsewhere is left to the
    sweep, as waiting for a second session could deadlock.
    """
    if session.connector_id is None or session.started_at is None:
        return
    neighbours = ChargingSession.objects.filter(connector_id=session.connector_id)
    if session.ended_at is None and neighbours.filter(started_at__gt=session.started_at).exists():
        add_flags(session, SessionFlag.SUPERSEDED)
    left_open = neighbours.filter(
        started_at__lt=session.started_at, ended_at=None, state=ChargingSession.State.OPEN
    ).exclude(flags__contains=[SessionFlag.SUPERSEDED])
    for older in left_open.select_for_update(no_key=True, skip_locked=True):
        with changing(older):
            add_flags(older, SessionFlag.SUPERSEDED)


def flag_all_superseded() -> int:
    """The same for every session of the scope, for the sweep; returns how many were flagged."""
    later = ChargingSession.objects.filter(
        connector_id=OuterRef("connector_id"), started_at__gt=OuterRef("started_at")
    )
    return (
        ChargingSession.objects.filter(
            Exists(later), state=ChargingSession.State.OPEN, ended_at=None
        )
        .exclude(flags__contains=[SessionFlag.SUPERSEDED])
        .update(
            flags=Func(F("flags"), Value(SessionFlag.SUPERSEDED.value), function="array_append")
        )
    )
