"""Processes that outlive a killed supervisor, on systems that do not tell children of its death."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

POLL_S = 0.05
GRACE_S = 3.0


def note_processes(notes: Path, process_ids: Sequence[int]) -> None:
    """Write down what runs, with when it started: a process id alone is soon somebody else's."""
    started = {str(pid): when for pid in process_ids if (when := started_at(pid))}
    notes.write_text(json.dumps(started), encoding="ascii")


def stop_noted_processes(notes: Path) -> int:
    """End what an earlier run noted and what still is the same process; returns how many."""
    if not notes.exists():
        return 0
    noted: dict[str, str] = json.loads(notes.read_text(encoding="ascii"))
    left = [int(pid) for pid, when in noted.items() if started_at(int(pid)) == when]
    # PostgreSQL takes SIGINT as "now, but cleanly"; the others end by it too.
    for number in (signal.SIGINT, signal.SIGKILL):
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        _wait_for_end(noted, left)
    notes.unlink()
    return len(left)


def started_at(pid: int) -> str:
    """When a living process started, in the system's words; empty when there is none."""
    done = subprocess.run(
        ["ps", "-o", "stat=", "-o", "lstart=", "-p", str(pid)],
        env={**os.environ, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
    condition, _, when = done.stdout.strip().partition(" ")
    return "" if condition.startswith("Z") else when.strip()


def _wait_for_end(noted: dict[str, str], left: Sequence[int]) -> None:
    until = time.monotonic() + GRACE_S
    while time.monotonic() < until and any(started_at(pid) == noted[str(pid)] for pid in left):
        time.sleep(POLL_S)
