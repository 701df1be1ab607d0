"""Messages about transactions we do not know: kept, never refused, replayed when we do."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from sessions_app.models import ChargingSession, ParkedMessage

# Readings without a transaction wait this long for a session that began before them.
STRAY_READINGS_KEPT = timedelta(hours=24)


def park_message(
    *,
    charge_point_id: UUID,
    transaction_ref: str,
    action: str,
    payload: dict[str, Any],
    received_at: datetime,
) -> ParkedMessage:
    """Keep a message once, however often it comes; returns the row that keeps it.

    The station must be locked.
    """
    text = json.dumps([action, payload], sort_keys=True, separators=(",", ":"))
    parked, _ = ParkedMessage.objects.get_or_create(
        charge_point_id=charge_point_id,
        transaction_ref=transaction_ref,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        defaults={"action": action, "payload": payload, "received_at": received_at},
    )
    return parked


def parked_for(session: ChargingSession) -> Iterable[ParkedMessage]:
    """What waits for this transaction, and what of the station has no usable id; stops come last,
    so that the readings before them are in."""
    unnamed = Q(transaction_ref__in=("", "0")) | Q(transaction_ref__startswith="-")
    return ParkedMessage.objects.filter(
        Q(transaction_ref=session.transaction_ref) | unnamed,
        charge_point_id=session.charge_point_id,
        session=None,
    ).order_by("action", "received_at", "id")


def claim_parked(parked: ParkedMessage, session: ChargingSession) -> None:
    """Note whose the message turned out to be; it stays as evidence."""
    parked.session = session
    parked.save(update_fields=("session",))


def drop_stray_readings(*, now: datetime) -> int:
    """Delete readings that no session claimed in time: stations measure while idle, too."""
    dropped, _ = ParkedMessage.objects.filter(
        transaction_ref="", session=None, received_at__lt=now - STRAY_READINGS_KEPT
    ).delete()
    return dropped
