"""The bell that asks for a session's new samples to be checked; the sweep behind it is theirs."""

from __future__ import annotations

import time
from uuid import UUID

from outbox import bell

# By name: the checks live in an app that imports this one.
SCAN_TASK = "anomalies.tasks.scan_session"
QUIET_S = 1.0
REMEMBERED = 10_000

_rung_at: dict[UUID, float] = {}


def ring_scan(session_id: UUID) -> None:
    """Ask for a scan, at most once a second for each session in this process."""
    now = time.monotonic()
    if now - _rung_at.get(session_id, -QUIET_S) < QUIET_S:
        return
    if len(_rung_at) >= REMEMBERED:
        _rung_at.clear()
    _rung_at[session_id] = now
    bell.ring(SCAN_TASK, str(session_id))
