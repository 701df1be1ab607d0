"""Packing the samples of sessions that ended long ago, and taking them out again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sessions_app.models import ChargingSession, MeterSample, SealedSamples
from sessions_app.sealed import open_rows, seal_rows
from sessions_app.selectors import SAMPLE_COLUMNS
from sessions_app.services.sample_days import first_id

_GATES = (ChargingSession.Gate.CLEARED, ChargingSession.Gate.RELEASED)
# Locked, read and written in one go.
_AT_ONCE = 50


def seal_ended_sessions(*, before: datetime) -> int:
    """Pack the samples of sessions begun before a day's midnight (UTC) that need no more work.

    Held sessions and open ones stay as they are, and so does one that somebody works on just now.
    Returns how many were packed. Needs `across_tenants`; every few sessions are a transaction.
    """
    end, cursor, sealed = first_id(before.date()), UUID(int=0), 0
    while ids := _next_ids(cursor, end):
        cursor = ids[-1]
        sealed += _seal(ids, before)
    return sealed


def unseal(session: ChargingSession) -> None:
    """Put the samples of a locked session back into rows, so that others can join them."""
    sealed = SealedSamples.objects.filter(session=session).first()
    if sealed is None:
        return
    MeterSample.objects.bulk_create(
        MeterSample(
            tenant_id=session.tenant_id,
            session_id=session.id,
            **dict(zip(SAMPLE_COLUMNS, row, strict=True)),
        )
        for row in open_rows(SAMPLE_COLUMNS, bytes(sealed.content))
    )
    sealed.delete()


def _next_ids(cursor: UUID, end: UUID) -> list[UUID]:
    found = MeterSample.objects.filter(session_id__gt=cursor, session_id__lt=end)
    return list(
        found.order_by("session_id").values_list("session_id", flat=True).distinct()[:_AT_ONCE]
    )


@transaction.atomic
def _seal(ids: list[UUID], before: datetime) -> int:
    ended = (
        ChargingSession.objects.filter(id__in=ids, state=ChargingSession.State.COMPLETED)
        .filter(gate__in=_GATES, completed_at__lt=before)
        .select_for_update(skip_locked=True)
    )
    rows: dict[UUID, list[tuple[object, ...]]] = {}
    tenants = {session.id: session.tenant_id for session in ended}
    samples = MeterSample.objects.filter(session_id__in=tenants).order_by(
        "session_id", "at", "context"
    )
    for session_id, *row in samples.values_list("session_id", *SAMPLE_COLUMNS):
        rows.setdefault(session_id, []).append(tuple(row))
    SealedSamples.objects.bulk_create(
        SealedSamples(
            tenant_id=tenants[session_id],
            session_id=session_id,
            count=len(packed),
            content=seal_rows(SAMPLE_COLUMNS, packed),
            sealed_at=timezone.now(),
        )
        for session_id, packed in rows.items()
    )
    MeterSample.objects.filter(session_id__in=rows).delete()
    return len(rows)
