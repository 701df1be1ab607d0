"""Celery's side of the outbox."""

from __future__ import annotations

from celery import shared_task

from outbox.services import deliver_due


@shared_task(name="outbox.tasks.deliver_due_events")
def deliver_due_events() -> int:
    """Deliver what is due; also run by beat every few seconds."""
    return deliver_due()
