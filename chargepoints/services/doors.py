"""The door book, and what follows when a station comes in."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from chargepoints.events import SecondConnectionRefused
from chargepoints.models import ChargePoint, DoorRecord
from chargepoints.services.rotation import RotationUnderWay, begin_rotation, promote_key
from chargepoints.types import Connection, Entry
from outbox.services import publish
from tenants.scope import tenant_scope

# Knocking again and again is one piece of news, not many.
TOLD_AT_MOST_EVERY = timedelta(minutes=1)
KEY_OF_THE_WINDOW = "commissioning window"


def record_second_connection(connection: Connection, address: str, now: datetime) -> bool:
    """Write down and tell that a second socket was refused; False if that was told just now."""
    with tenant_scope(connection.tenant_id), transaction.atomic():
        long_ago = Q(second_refused_at=None) | Q(second_refused_at__lte=now - TOLD_AT_MOST_EVERY)
        is_news = ChargePoint.objects.filter(long_ago, pk=connection.charge_point_id).update(
            second_refused_at=now
        )
        if not is_news:
            return False
        DoorRecord.objects.create(
            charge_point_id=connection.charge_point_id,
            kind=DoorRecord.Kind.SECOND_REFUSED,
            at=now,
            address=address,
        )
        publish(
            SecondConnectionRefused(
                occurred_at=now, charge_point_id=connection.charge_point_id, address=address
            )
        )
    return True


def record_weak_door(tenant_id: UUID, charge_point_id: UUID, address: str, now: datetime) -> None:
    """Write down, once a minute, that a station came over less than its profile demands."""
    with tenant_scope(tenant_id):
        told = DoorRecord.objects.filter(
            charge_point=charge_point_id,
            kind=DoorRecord.Kind.TOO_WEAK,
            at__gt=now - TOLD_AT_MOST_EVERY,
        )
        if not told.exists():
            DoorRecord.objects.create(
                charge_point_id=charge_point_id,
                kind=DoorRecord.Kind.TOO_WEAK,
                at=now,
                address=address,
            )


def note_entry(charge_point: ChargePoint, entry: Entry, now: datetime) -> None:
    """What follows from how a station came in. Needs a transaction, the scope and the locked row.

    The first use of a new key ends the old one. Without a key, in the commissioning window, the
    entry is written down and a key is sent at once.
    """
    if entry.with_next_key:
        promote_key(charge_point, now, reason="the station signed in with it")
    if entry.way != ChargePoint.Way.WINDOW:
        return
    DoorRecord.objects.create(
        charge_point=charge_point,
        kind=DoorRecord.Kind.WINDOW_ENTERED,
        at=now,
        address=entry.address,
        reason=charge_point.window_reason,
    )
    try:
        begin_rotation(charge_point=charge_point, requested_by=KEY_OF_THE_WINDOW, now=now)
    except RotationUnderWay:
        # Sent before; it is still owed, or valid already.
        return
