"""When a session is complete, and what it delivered."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Min

from outbox.services import publish
from sessions_app.energy import EnergyEvidence, EnergySource, progress_wh, session_energy
from sessions_app.events import SessionCompleted, SessionStarted
from sessions_app.flags import SessionFlag
from sessions_app.models import ChargingSession, MeterSample
from sessions_app.registers import LARGEST_POWER_W, RegisterLimits, epoch_ms
from sessions_app.selectors import CLOCK_WRONG, rated_power_w, session_samples
from sessions_app.sequence import holds_all
from sessions_app.services.closing import reopen_if_alive
from sessions_app.services.locking import add_flags, changing
from sessions_app.types import SampleContext
from tenants.scope import tenant_scope

_OPEN = ChargingSession.State.OPEN
# A register that was this low in the session counts from zero: a begin of 0 is no placeholder.
LOW_REGISTER_WH = 1_000


def begin_session(session: ChargingSession, *, started_at: datetime, now: datetime) -> None:
    """Note when a locked session began, and tell of it; only once for a session."""
    session.started_at = started_at
    publish(SessionStarted(occurred_at=now, session_id=session.id))


def finish_if_ready(session: ChargingSession, *, now: datetime) -> None:
    """Complete a locked session that owes nothing more; else give it time to settle.

    Owed are the start, the stop, in 2.0.1 the events before the last (by their numbers), and in
    1.6 the samples that have to stand in for registers which contradict each other or the rating.
    """
    if session.state != _OPEN or session.ended_at is None or session.closed_by:
        return
    evidence = weigh_energy(session)
    if session.started_at is not None and _owes_nothing(session, evidence):
        _complete(session, evidence, now)
    elif session.settle_at is None:
        session.settle_at = now + timedelta(seconds=settings.SESSION_SETTLE_S)


def settle_next(*, now: datetime) -> bool:
    """Complete one session whose time to settle is over with what is known; False when none is.

    Runs across tenants or in one tenant's scope, in a transaction of its own.
    """
    with transaction.atomic():
        session = (
            ChargingSession.objects.select_for_update(no_key=True, skip_locked=True)
            .filter(state=_OPEN, settle_at__lte=now)
            .order_by("settle_at")
            .first()
        )
        if session is None:
            return False
        with tenant_scope(session.tenant_id), changing(session):
            if not reopen_if_alive(session):
                _settle(session, now)
    return True


def show_running_energy(session: ChargingSession) -> None:
    """Bring the energy shown of a locked session under way up to its newest register."""
    register_wh, at = session.last_register_wh, session.last_sample_at
    if session.state != _OPEN or register_wh is None or at is None:
        return
    begin_wh = session.meter_start_wh
    if begin_wh is None:
        begin_wh = _first_register_wh(session)
    energy_wh = progress_wh(
        begin_wh=begin_wh,
        register_wh=register_wh,
        at=at,
        started_at=_known_start(session),
    )
    # A register that makes no sense for the moment does not blank what is shown.
    session.energy_wh = energy_wh or session.energy_wh


def weigh_energy(session: ChargingSession) -> EnergyEvidence:
    """What the registers and samples of a session say it delivered.

    Not judged by the connector's rating: until somebody enters it, that is a guess of ours, and a
    guess must not cut what is billed. Holding what exceeds the rating is the checks' work.
    """
    return session_energy(
        meter_start_wh=session.meter_start_wh,
        meter_stop_wh=session.meter_stop_wh,
        samples=session_samples(session.id),
        started_at=_known_start(session),
        ended_at=None if CLOCK_WRONG & {*session.flags} else session.ended_at,
    )


def _owes_nothing(session: ChargingSession, evidence: EnergyEvidence) -> bool:
    if session.final_sequence is None:
        # Stations report a stop of 0 for "unknown", even before their samples are through.
        by_registers = evidence.source is EnergySource.REGISTERS and session.meter_stop_wh != 0
        return by_registers and _needs_no_witness(session, evidence)
    # A station whose last event is number 0 does not count, so its numbers prove nothing.
    return session.final_sequence > 0 and holds_all(session.seen_sequence, session.final_sequence)


def _needs_no_witness(session: ChargingSession, evidence: EnergyEvidence) -> bool:
    """Whether begin and stop can be believed before all samples are in.

    Not a begin of 0 that may be a placeholder, nor more energy than the connector can give: there
    the samples decide, in whatever order they and the stop come.
    """
    if session.started_at is None or session.ended_at is None:
        return False
    limits = RegisterLimits(power_w=rated_power_w(session) or LARGEST_POWER_W)
    lasted_ms = epoch_ms(session.ended_at) - epoch_ms(session.started_at)
    is_timed = not CLOCK_WRONG & {*session.flags}
    if is_timed and evidence.energy_wh > limits.gain_wh(lasted_ms):
        return False
    return session.meter_start_wh != 0 or evidence.energy_wh == 0 or _counts_from_zero(session)


def _counts_from_zero(session: ChargingSession) -> bool:
    return (
        MeterSample.objects.filter(session=session, energy_wh__gt=0, energy_wh__lte=LOW_REGISTER_WH)
        .exclude(context=SampleContext.BEGIN)
        .exists()
    )


def _settle(session: ChargingSession, now: datetime) -> None:
    if session.started_at is None:
        add_flags(session, SessionFlag.START_MISSING)
        first_at = MeterSample.objects.filter(session=session).aggregate(at=Min("at"))["at"]
        begin_session(session, started_at=first_at or session.ended_at or now, now=now)
    if session.final_sequence and not holds_all(session.seen_sequence, session.final_sequence):
        add_flags(session, SessionFlag.SEQUENCE_GAP)
    _complete(session, weigh_energy(session), now)


def _complete(session: ChargingSession, evidence: EnergyEvidence, now: datetime) -> None:
    session.state = ChargingSession.State.COMPLETED
    session.completed_at = now
    session.settle_at = None
    session.energy_wh = evidence.energy_wh
    session.energy_source = evidence.source
    if session.meter_start_wh is None:
        session.meter_start_wh = evidence.start_wh
    if session.meter_stop_wh is None:
        session.meter_stop_wh = evidence.stop_wh
    add_flags(session, *evidence.flags)
    started_at, ended_at = session.started_at, session.ended_at
    if started_at is not None and ended_at is not None and started_at > ended_at:
        add_flags(session, SessionFlag.ENDS_BEFORE_START)
    publish(SessionCompleted(occurred_at=now, session_id=session.id))


def _known_start(session: ChargingSession) -> datetime | None:
    # Where the station's clock was wrong, our time of receipt would lie to its samples' times.
    return None if CLOCK_WRONG & {*session.flags} else session.started_at


def _first_register_wh(session: ChargingSession) -> int | None:
    return (
        MeterSample.objects.filter(session=session, energy_wh__gte=0)
        .order_by("at", "energy_wh")
        .values_list("energy_wh", flat=True)
        .first()
    )
