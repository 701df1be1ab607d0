"""Celery's side of the outbox."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from outbox.services import deliver_due, forget_old_messages
from outbox.services import send_due_messages as send_due


@shared_task(name="outbox.tasks.deliver_due_events")
def deliver_due_events() -> int:
    """Deliver what is due; also run by beat every few seconds."""
    return deliver_due()


@shared_task(name="outbox.tasks.send_due_messages")
def send_due_messages() -> int:
    """Send the messages that are due; also run by beat."""
    return send_due()


@shared_task(name="outbox.tasks.forget_messages")
def forget_messages() -> int:
    """Delete old messages; run by beat. Returns how many."""
    return forget_old_messages(before=timezone.now() - timedelta(days=settings.MESSAGE_DAYS))
