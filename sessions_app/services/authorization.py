"""Whether a token may charge."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from outbox.services import publish
from sessions_app.events import TokenRefused
from sessions_app.flags import SessionFlag
from sessions_app.models import ChargingSession, IdToken
from sessions_app.ports import DriverCredit

# A session nobody has heard of for this long does not keep its driver from charging elsewhere.
SILENCE_BEFORE_FREE = timedelta(hours=12)


class AuthorizationStatus(StrEnum):
    """Our answers, in the words of OCPP 2.0.1."""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    CONCURRENT = "ConcurrentTx"
    EXPIRED = "Expired"
    INVALID = "Invalid"
    NO_CREDIT = "NoCredit"


@dataclass(frozen=True, slots=True)
class Authorization:
    """The answer to a token, and whose it is."""

    status: AuthorizationStatus
    expires_at: datetime | None = None
    driver_id: UUID | None = None


def authorize_token(
    *, token_uid: str, at: datetime, charge_point_id: UUID, credit: DriverCredit
) -> Authorization:
    """Whether a token may charge at this station.

    A session of the token under way at the same station is no obstacle: the card may be there to
    end it (OCPP 1.6 section 4.1).
    """
    token = known_token(token_uid)
    if token is None:
        answer = _judge_stranger(token_uid, charge_point_id, None, credit)
    else:
        others = _sessions_of(token_uid, at).exclude(charge_point_id=charge_point_id)
        answer = _judge(token, at=at, credit=credit, others=others)
    if answer.status not in (AuthorizationStatus.ACCEPTED, AuthorizationStatus.CONCURRENT):
        with transaction.atomic():
            publish(
                TokenRefused(
                    occurred_at=at,
                    charge_point_id=charge_point_id,
                    token=hashlib.sha256(token_uid.encode()).hexdigest()[:20],
                )
            )
    return answer


def authorize_session(
    session: ChargingSession, *, at: datetime, credit: DriverCredit
) -> Authorization:
    """Whether the token of a session may charge, its sessions at other connectors considered."""
    token = known_token(session.token_uid)
    if token is None:
        connector_id = session.connector_id
        if _has_another(session):
            return Authorization(AuthorizationStatus.INVALID)
        return _judge_stranger(session.token_uid, session.charge_point_id, connector_id, credit)
    others = _sessions_of(session.token_uid, at).exclude(pk=session.pk)
    if session.connector_id is not None:
        others = others.exclude(connector_id=session.connector_id)
    return _judge(token, at=at, credit=credit, others=others)


def known_token(token_uid: str) -> IdToken | None:
    """The token of the tenant in scope, or None; `token_uid` is in capitals."""
    return IdToken.objects.filter(uid=token_uid).first() if token_uid else None


def _judge_stranger(
    token_uid: str, charge_point_id: UUID, connector_id: UUID | None, credit: DriverCredit
) -> Authorization:
    """Whoever has no card of ours may charge with the token that a payment was given."""
    if token_uid and credit.may_start(
        token_uid=token_uid, charge_point_id=charge_point_id, connector_id=connector_id
    ):
        return Authorization(AuthorizationStatus.ACCEPTED)
    return Authorization(AuthorizationStatus.INVALID)


def _has_another(session: ChargingSession) -> bool:
    """Whether the token of a session has started another one before: a stranger's is for one."""
    earlier = ChargingSession.objects.filter(
        token_uid=session.token_uid, created_at__lt=session.created_at
    )
    return bool(session.token_uid) and earlier.exclude(pk=session.pk).exists()


def _judge(
    token: IdToken,
    *,
    at: datetime,
    credit: DriverCredit,
    others: QuerySet[ChargingSession],
) -> Authorization:
    status = AuthorizationStatus.ACCEPTED
    if token.state == IdToken.State.BLOCKED:
        status = AuthorizationStatus.BLOCKED
    elif token.expires_at is not None and token.expires_at <= at:
        status = AuthorizationStatus.EXPIRED
    elif not credit.may_charge(token.driver_id):
        status = AuthorizationStatus.NO_CREDIT
    elif others.exists():
        status = AuthorizationStatus.CONCURRENT
    return Authorization(status, token.expires_at, token.driver_id)


def _sessions_of(token_uid: str, at: datetime) -> QuerySet[ChargingSession]:
    heard_at = Coalesce("last_sample_at", "started_at")
    return (
        ChargingSession.objects.alias(heard_at=heard_at)
        .filter(
            token_uid=token_uid,
            state=ChargingSession.State.OPEN,
            ended_at=None,
            started_at__lte=at,
            heard_at__gt=at - SILENCE_BEFORE_FREE,
        )
        .exclude(flags__contains=[SessionFlag.SUPERSEDED])
    )
