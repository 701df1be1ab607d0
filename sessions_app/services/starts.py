"""OCPP 1.6 starts: a transaction id that the content of the start decides, and the session."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction

from sessions_app.messages import Start, trusted_time
from sessions_app.models import ChargingSession
from sessions_app.ports import DriverCredit
from sessions_app.services.authorization import Authorization, authorize_session, known_token
from sessions_app.services.completion import begin_session
from sessions_app.services.locking import add_flags, changing, lock_charge_point
from sessions_app.services.matching import find_connector, flag_superseded
from sessions_app.services.replay import replay_parked

LARGEST_ID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Started:
    """The answer to a start: our transaction id, the session, and whether its token may charge."""

    transaction_id: int
    session_id: UUID
    authorization: Authorization


def start_transaction(
    *, charge_point_id: UUID, start: Start, received_at: datetime, credit: DriverCredit
) -> Started:
    """Record a start, once however often it is sent, whoever's token it names.

    The id follows from the content (`docs/decisions/0002-transaction-ids.md`), so a repetition
    gets the same one. Messages that came before their start are replayed. A refused token does
    not keep the session from being recorded: offline, the energy has been delivered already.
    """
    with transaction.atomic():
        lock_charge_point(charge_point_id)
        session, is_new = _claim_session(charge_point_id, start, received_at)
        if is_new:
            with changing(session):
                flag_superseded(session)
                replay_parked(session, now=received_at)
        at, _ = trusted_time(start.at, received_at)
        authorization = authorize_session(session, at=at, credit=credit)
    return Started(int(session.transaction_ref), session.id, authorization)


def start_fingerprint(charge_point_id: UUID, start: Start) -> str:
    """What makes a start the same as another, as a SHA-256 in hexadecimal."""
    content = "|".join(
        (
            str(charge_point_id),
            str(start.evse_id),
            start.token_uid,
            start.at.astimezone(UTC).isoformat(),
            str(start.meter_start_wh),
        )
    )
    return hashlib.sha256(content.encode()).hexdigest()


def first_transaction_id(fingerprint: str) -> int:
    """The id a start gets unless another start has it: 1 to 2^31 - 1, as stations keep 32 bits."""
    return int(fingerprint, 16) % LARGEST_ID + 1


def _claim_session(
    charge_point_id: UUID, start: Start, received_at: datetime
) -> tuple[ChargingSession, bool]:
    """The session of this very start, made now unless it is there; the station must be locked."""
    fingerprint = start_fingerprint(charge_point_id, start)
    number = first_transaction_id(fingerprint)
    _, clock_flags = trusted_time(start.at, received_at)
    while True:
        known = ChargingSession.objects.filter(
            charge_point_id=charge_point_id, transaction_ref=str(number)
        ).first()
        if known is None:
            session = _create_session(charge_point_id, start, received_at, fingerprint, number)
            return session, True
        # A station without a clock starts every session at the same time of 1970: once such a
        # session has ended, the same content is the next one and no repetition.
        is_over = bool(clock_flags) and known.ended_at is not None
        if known.start_fingerprint == fingerprint and not is_over:
            return known, False
        number = number % LARGEST_ID + 1


def _create_session(
    charge_point_id: UUID, start: Start, received_at: datetime, fingerprint: str, number: int
) -> ChargingSession:
    started_at, clock_flags = trusted_time(start.at, received_at)
    token = known_token(start.token_uid)
    session = ChargingSession(
        charge_point_id=charge_point_id,
        connector=find_connector(charge_point_id, start.evse_id),
        driver_id=None if token is None else token.driver_id,
        token_uid=start.token_uid,
        transaction_ref=str(number),
        start_fingerprint=fingerprint,
        meter_start_wh=start.meter_start_wh,
    )
    add_flags(session, *clock_flags)
    begin_session(session, started_at=started_at, now=received_at)
    session.save(force_insert=True)
    return session
