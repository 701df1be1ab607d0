"""Celery's side of charge points; the beat entries are in `config.celery`."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from chargepoints import services


@shared_task(name="chargepoints.tasks.expire_commands")
def expire_commands() -> int:
    """End commands past their time and wake sockets again; by beat every few seconds."""
    return services.expire_commands(now=timezone.now())


@shared_task(name="chargepoints.tasks.mind_doors")
def mind_doors() -> int:
    """Close commissioning windows and settle key rotations; by beat every few seconds."""
    now = timezone.now()
    return services.settle_rotations(now=now) + services.close_due_windows(now=now)


@shared_task(name="chargepoints.tasks.expire_reservations")
def expire_reservations() -> int:
    """End reservations past their time; by beat every half minute."""
    return services.expire_reservations(now=timezone.now())


@shared_task(name="chargepoints.tasks.advance_campaigns")
def advance_campaigns() -> int:
    """Take campaigns a step further; by beat."""
    return services.advance_campaigns(now=timezone.now())


@shared_task(name="chargepoints.tasks.renew_certificates")
def renew_certificates() -> int:
    """Ask for new requests where certificates end soon; by beat every hour."""
    return services.renew_certificates(now=timezone.now())


@shared_task(name="chargepoints.tasks.purge_messages")
def purge_messages() -> int:
    """Forget messages older than OCPP_LOG_DAYS; by beat once a day."""
    return services.purge_messages(before=timezone.now() - timedelta(days=settings.OCPP_LOG_DAYS))
