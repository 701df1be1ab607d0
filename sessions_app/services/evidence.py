"""Sessions whose stop never came: closed by what else shows that they are over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from chargepoints.models import SILENCE_BEFORE_OFFLINE, ChargePoint, Connector, StatusRecord
from outbox.services import publish
from sessions_app.events import SessionCompleted, SessionHeld
from sessions_app.flags import SessionFlag
from sessions_app.models import ChargingSession
from sessions_app.services.closing import HELD_FOR
from sessions_app.services.completion import weigh_energy
from sessions_app.services.locking import add_flags, changing, drop_flag
from tenants.scope import tenant_scope

ClosedBy = ChargingSession.ClosedBy
Gate = ChargingSession.Gate

MOST_AT_ONCE = 2_000
# A station that never sent a reading may be silent for so many times as long, as may one that
# comes and goes.
PATIENCE = 7
IN_USE = (
    *(Connector.Status.CHARGING, Connector.Status.OCCUPIED),
    *(Connector.Status.SUSPENDED_EV, Connector.Status.SUSPENDED_EVSE),
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What shows that a session was over at a time."""

    kind: ChargingSession.ClosedBy
    at: datetime


def close_by_evidence(*, now: datetime) -> int:
    """Close sessions without a stop that something else shows to be over; returns how many.

    The end is the time of the evidence, the register the last one known; the stop itself may
    still come and then counts. A sweep: runs across tenants, each session in a transaction.
    """
    return sum(_look_at(row, now) for row in _silent(now)[:MOST_AT_ONCE])


def find_evidence(session: ChargingSession, now: datetime) -> Evidence | None:
    """The earliest thing that shows an open session to be over; None while it may go on.

    Counts only once the station has been connected for `SESSION_EVIDENCE_GRACE_S`, or is known
    for so long, so that a stop which waited in its queue has had the time to come.
    """
    found = [*_next_start(session, now), *_came_free(session, now), *_restarted(session, now)]
    found = found or [*_fell_silent(session, now)]
    return min(found, key=lambda one: one.at) if found else None


def weigh_late_stop(session: ChargingSession, now: datetime) -> None:
    """A real stop after the session was completed by evidence: its figures follow the stop.

    What was billed by then stays billed until a person prices it again; the flag says so.
    """
    evidence = weigh_energy(session)
    session.energy_wh, session.energy_source = evidence.energy_wh, evidence.source
    add_flags(session, SessionFlag.LATE_STOP, *evidence.flags)
    if session.gate == Gate.UNCHECKED:
        publish(SessionCompleted(occurred_at=now, session_id=session.id))


def _silent(now: datetime) -> list[ChargingSession]:
    """Open sessions of connected stations that nothing has been heard of for the grace."""
    before = now - _grace()
    quiet = Q(last_sample_at__isnull=True) | Q(last_sample_at__lt=before)
    return list(
        ChargingSession.objects.filter(
            quiet,
            ~Q(charge_point__socket_channel=""),
            state=ChargingSession.State.OPEN,
            ended_at=None,
            created_at__lt=before,
            charge_point__last_seen_at__gt=now - SILENCE_BEFORE_OFFLINE,
        )
        .only("id", "tenant_id")
        .order_by("id")[:MOST_AT_ONCE]
    )


def _look_at(row: ChargingSession, now: datetime) -> bool:
    with tenant_scope(row.tenant_id), transaction.atomic():
        session = (
            ChargingSession.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
            .select_related("charge_point")
            .filter(pk=row.pk, state=ChargingSession.State.OPEN, ended_at=None)
            .first()
        )
        evidence = None if session is None else find_evidence(session, now)
        if session is None or evidence is None:
            return False
        with changing(session):
            _close(session, evidence, now)
    return True


def _close(session: ChargingSession, evidence: Evidence, now: datetime) -> None:
    heard_at = _heard_at(session)
    session.ended_at = max(evidence.at, heard_at)
    session.closed_by = evidence.kind
    session.settle_at = now + timedelta(seconds=settings.SESSION_EVIDENCE_SETTLE_S)
    drop_flag(session, SessionFlag.SUPERSEDED)
    add_flags(session, SessionFlag.CLOSED_BY_EVIDENCE)
    # When it ended between the two nobody knows, and time may cost: a person looks at it first.
    if session.ended_at - heard_at > _grace() and session.gate == Gate.UNCHECKED:
        session.gate = Gate.HELD
        session.gate_reason = f"{HELD_FOR}: {evidence.kind.value}, last heard {heard_at:%F %H:%MZ}"
        reason = session.gate_reason
        publish(SessionHeld(occurred_at=now, session_id=session.id, reason=reason))


def _next_start(session: ChargingSession, now: datetime) -> Iterator[Evidence]:
    """1.6 StartTransaction, 2.0.1 a new transaction: an EVSE has one at a time."""
    if session.connector is None or session.started_at is None:
        return
    later = ChargingSession.objects.filter(
        charge_point_id=session.charge_point_id,
        connector__evse_id=session.connector.evse_id,
        started_at__gt=session.started_at,
        created_at__lte=_known_by(session.charge_point, now),
    )
    started_at = later.order_by("started_at").values_list("started_at", flat=True).first()
    if started_at is not None:
        yield Evidence(ClosedBy.NEXT_START, started_at)


def _came_free(session: ChargingSession, now: datetime) -> Iterator[Evidence]:
    connector = session.connector
    if connector is None or connector.status in IN_USE:
        return
    free = StatusRecord.objects.filter(
        charge_point_id=session.charge_point_id,
        connector=connector,
        status=Connector.Status.AVAILABLE,
        at__gt=_heard_at(session),
        created_at__lte=_known_by(session.charge_point, now),
    )
    came_at = free.order_by("at").values_list("at", flat=True).first()
    if came_at is not None:
        yield Evidence(ClosedBy.AVAILABLE, came_at)


def _restarted(session: ChargingSession, now: datetime) -> Iterator[Evidence]:
    """A restart, unless the outlet has been in use since: some stations go on afterwards."""
    booted_at, connector = session.charge_point.booted_at, session.connector
    if booted_at is None or booted_at <= _heard_at(session):
        return
    if booted_at > _known_by(session.charge_point, now):
        return
    if connector is not None and connector.status in IN_USE:
        return
    yield Evidence(ClosedBy.BOOT, booted_at)


def _fell_silent(session: ChargingSession, now: datetime) -> Iterator[Evidence]:
    """No reading for hours although the station is connected; ended at the last one."""
    heard_at = _heard_at(session)
    longest = timedelta(hours=settings.SESSION_SILENCE_H)
    if not session.sample_count:
        longest *= PATIENCE
    since = max(heard_at, session.charge_point.connected_at or heard_at)
    if now - since >= longest or now - heard_at >= longest * PATIENCE:
        yield Evidence(ClosedBy.SILENCE, heard_at)


def _heard_at(session: ChargingSession) -> datetime:
    """The last sign of life of the session itself, by the station's clock."""
    times = (session.started_at, session.last_sample_at)
    return max((at for at in times if at is not None), default=session.created_at)


def _known_by(charge_point: ChargePoint, now: datetime) -> datetime:
    """Evidence received by then counts: a queue sent on connecting is through."""
    grace = _grace()
    if charge_point.connected_at is not None and charge_point.connected_at > now - grace:
        return now - grace * PATIENCE
    return now - grace


def _grace() -> timedelta:
    return timedelta(seconds=settings.SESSION_EVIDENCE_GRACE_S)
