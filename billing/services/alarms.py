"""Dealing with invoice alarms."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from billing.models import InvoiceAlarm
from tenants.models import User


def end_alarm(*, alarm_id: UUID, note: str, actor: User, now: datetime) -> bool:
    """Say that an alarm is dealt with, and how; False when somebody did before."""
    ended = InvoiceAlarm.objects.filter(pk=alarm_id, ended_at=None).update(
        ended_at=now, ended_by=actor, note=note.strip()[:500]
    )
    return bool(ended)
