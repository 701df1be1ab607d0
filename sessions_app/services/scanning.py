"""The bell that asks for a session's new samples to be checked; the sweep behind it is theirs."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from outbox import bell

# By name: the checks live in an app that imports this one.
SCAN_TASK = "anomalies.tasks.scan_session"
SCANS_TASK = "anomalies.tasks.scan_sessions"
QUIET_S = 1.0
REMEMBERED = 10_000

_rung_at: dict[UUID, float] = {}
_ringer = ThreadPoolExecutor(1, "scan-bell")


def ring_scan(session_id: UUID) -> None:
    """Ask for a scan, at most once a second for each session in this process."""
    if _is_due(session_id, time.monotonic()):
        bell.ring(SCAN_TASK, str(session_id))


def ring_scans(session_ids: Iterable[UUID]) -> None:
    """`ring_scan` for many, with one message, and without waiting for the broker."""
    now = time.monotonic()
    due = [str(session_id) for session_id in session_ids if _is_due(session_id, now)]
    if due:
        _ringer.submit(bell.ring, SCANS_TASK, *due)


def _is_due(session_id: UUID, now: float) -> bool:
    if now - _rung_at.get(session_id, -QUIET_S) < QUIET_S:
        return False
    if len(_rung_at) >= REMEMBERED:
        _rung_at.clear()
    _rung_at[session_id] = now
    return True
