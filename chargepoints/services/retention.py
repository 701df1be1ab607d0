"""Forgetting messages after their time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from chargepoints.models import CustomerReport, LogUpload, OcppMessage
from tenants.scope import across_tenants

ROWS_PER_STATEMENT = 10_000


def purge_messages(*, before: datetime) -> int:
    """Delete every message logged before this time, customers' reports and uploaded logs too.

    Returns how many messages there were.
    """
    purged = 0
    with across_tenants(reason="the message log is kept for a limited time"):
        CustomerReport.objects.filter(reported_at__lt=before).delete()
        LogUpload.objects.filter(created_at__lt=before).delete()
        while True:
            batch = OcppMessage.objects.filter(pk__lt=smallest_id_at(before)).order_by("pk")
            deleted, _ = OcppMessage.objects.filter(
                pk__in=batch.values("pk")[:ROWS_PER_STATEMENT]
            ).delete()
            purged += deleted
            if deleted < ROWS_PER_STATEMENT:
                return purged


def smallest_id_at(at: datetime) -> UUID:
    """The id below which every row is older: ids begin with the time (RFC 9562, version 7)."""
    milliseconds = int(at.timestamp() * 1000)
    return UUID(int=(milliseconds << 80) | (7 << 76) | (2 << 62))
