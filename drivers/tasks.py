"""Celery's side of the drivers' pages."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from drivers.my.signing_in import forget_old
from tenants.scope import across_tenants


@shared_task(name="drivers.tasks.forget_ended_visits")
def forget_ended_visits() -> int:
    """Remove sign-in links and visits that have ended."""
    with across_tenants(reason="visits that have ended"):
        return forget_old(now=timezone.now())
