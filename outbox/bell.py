"""The wake-up call after a commit; losing it costs seconds, never work."""

from __future__ import annotations

import logging
import time

from celery import current_app
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

QUIET_AFTER_FAILURE_S = 5.0
_quiet_until = 0.0


def ring(task: str = "outbox.tasks.deliver_due_events", *args: str) -> None:
    """Ask a worker to run `task` now; with the broker away, leave it to the sweep."""
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return
    try:
        current_app.send_task(task, args=args, retry=False, ignore_result=True)
    except OperationalError:
        log.warning("broker unreachable, the sweep will deliver")
        _quiet_until = time.monotonic() + QUIET_AFTER_FAILURE_S
