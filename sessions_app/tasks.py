"""Celery's side of charging sessions."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from sessions_app.services import (
    close_by_evidence,
    drop_empty_days,
    drop_stray_readings,
    flag_all_superseded,
    prepare_days,
    seal_ended_sessions,
    settle_next,
)
from tenants.scope import across_tenants

MOST_AT_ONCE = 500


@shared_task(name="sessions_app.tasks.settle_sessions")
def settle_sessions() -> int:
    """Complete sessions that had their time to settle; run by beat. Returns how many."""
    now = timezone.now()
    with across_tenants(reason="sessions whose time to settle is over"):
        drop_stray_readings(now=now)
        flag_all_superseded()
        for settled in range(MOST_AT_ONCE):
            if not settle_next(now=now):
                return settled
    return MOST_AT_ONCE


@shared_task(name="sessions_app.tasks.close_sessions")
def close_sessions() -> int:
    """Close sessions whose stop never came by what else shows it; by beat. Returns how many."""
    with across_tenants(reason="sessions without a stop"):
        return close_by_evidence(now=timezone.now())


@shared_task(name="sessions_app.tasks.prepare_sample_days")
def prepare_sample_days() -> int:
    """Make the sample table's partitions of the week to come; returns how many were missing."""
    return prepare_days(timezone.now().date())


@shared_task(name="sessions_app.tasks.seal_samples")
def seal_samples() -> int:
    """Pack the samples of sessions that ended long ago and drop the days that are then empty.

    Returns how many sessions were packed.
    """
    before = timezone.now() - timedelta(days=settings.SAMPLES_SEALED_AFTER_DAYS)
    with across_tenants(reason="sessions that ended long ago"):
        sealed = seal_ended_sessions(before=before)
        drop_empty_days(before.date())
    return sealed
