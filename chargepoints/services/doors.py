"""The door book: what is written down when somebody comes to a station's door."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from chargepoints.events import SecondConnectionRefused
from chargepoints.models import ChargePoint, DoorRecord
from chargepoints.types import Connection
from outbox.services import publish
from tenants.scope import tenant_scope

# Knocking again and again is one piece of news, not many.
TOLD_AT_MOST_EVERY = timedelta(minutes=1)


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
