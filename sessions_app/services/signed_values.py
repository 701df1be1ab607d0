"""Checking a finished session's signed meter values with the meter's registered key."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from chargepoints.meter_keys import read_meter_key
from sessions_app.flags import SessionFlag
from sessions_app.models import ChargingSession
from sessions_app.selectors import CLOCK_WRONG
from sessions_app.services.locking import add_flags, changing, drop_flag, lock_session
from sessions_app.signed import BilledSession, SignedState, SignedVerdict, judge_signed_values
from sessions_app.types import Sample, SampleFlag

_FLAGS: dict[SignedState, str] = {
    SignedState.VERIFIED: SessionFlag.SIGNED_VERIFIED,
    SignedState.INCOMPLETE: SessionFlag.SIGNED_INCOMPLETE,
    SignedState.NO_KEY: SampleFlag.SIGNED_UNVERIFIED,
    SignedState.OTHER_FORMAT: SessionFlag.SIGNED_OTHER_FORMAT,
}
_ALL = {*_FLAGS.values(), SessionFlag.SIGNED_WRONG}


def verify_signed_values(
    *, session: ChargingSession, samples: Sequence[Sample]
) -> SignedVerdict | None:
    """Judge a completed session's signed values and note on it what came of it; repeatable.

    None, and nothing noted, where the meter signed nothing.
    """
    text = session.connector.meter_public_key if session.connector else ""
    key = read_meter_key(text) if text else None
    verdict = judge_signed_values(samples, _billed(session, samples), key)
    if verdict is None:
        return None
    with transaction.atomic():
        locked = lock_session(session.pk)
        with changing(locked):
            for flag in _ALL:
                drop_flag(locked, flag)
            add_flags(locked, _FLAGS.get(verdict.state, SessionFlag.SIGNED_WRONG))
    return verdict


def _billed(session: ChargingSession, samples: Sequence[Sample]) -> BilledSession:
    is_timed = not CLOCK_WRONG & {*session.flags}
    registers = [session.meter_start_wh, session.meter_stop_wh]
    registers += [sample.energy_wh for sample in samples]
    return BilledSession(
        energy_wh=session.energy_wh,
        started_at=session.started_at if is_timed else None,
        ended_at=session.ended_at if is_timed else None,
        registers_wh=tuple(value for value in registers if value is not None and value >= 0),
    )
