"""Whose unpaid invoices keep them from charging."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q

from billing.models import DunningTerms, Invoice
from billing.models.dunning import BLOCKED_AFTER_DAYS

REFUSED: Final = (Invoice.State.PAST_DUE, Invoice.State.ACTION_REQUIRED)


def dunning_terms() -> DunningTerms:
    """The terms of the tenant in scope, or the defaults."""
    return DunningTerms.objects.first() or DunningTerms(blocked_after_days=BLOCKED_AFTER_DAYS)


def is_blocked(driver_id: UUID, now: datetime) -> bool:
    """Whether an invoice of the driver, or of who pays for them, was refused too long ago."""
    unpaid = Invoice.objects.filter(
        Q(billing_account__driver=driver_id) | Q(billing_account__pays_for__driver=driver_id),
        state__in=REFUSED,
    )
    oldest = unpaid.order_by("issued_at").values_list("issued_at", flat=True).first()
    if oldest is None:
        return False
    return bool(oldest + timedelta(days=dunning_terms().blocked_after_days) <= now)
