"""Celery: the application, its queues, and the whole beat schedule."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

app = Celery("laddbok")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

QUEUES = ("default", "outbox", "telemetry", "billing")

TASK_ROUTES: dict[str, dict[str, str]] = {
    "outbox.*": {"queue": "outbox"},
    "anomalies.*": {"queue": "telemetry"},
    "billing.*": {"queue": "billing"},
}

# Everything that runs by the clock. A sweep is the guarantee behind each bell: what a lost or
# empty broker forgot is found again within its interval.
BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "deliver what the outbox owes": {
        "task": "outbox.tasks.deliver_due_events",
        "schedule": 5.0,
        # A sweep nobody fetched in time is replaced by the next one.
        "options": {"expires": 5.0},
    },
}
