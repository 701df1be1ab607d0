"""A command in a terminal of its own, and the processes it starts (Linux)."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAID_WITHIN_S = 60.0
GONE_WITHIN_S = 5.0


class Terminal:
    """Runs one command; `close` ends it whatever happened."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.descriptor, inner = pty.openpty()
        self.said = ""
        self.watched: list[int] = []
        self.process = subprocess.Popen(
            list(command),
            cwd=ROOT,
            env=dict(environment),
            stdin=inner,
            stdout=inner,
            stderr=inner,
            preexec_fn=lambda: os.login_tty(0),
        )
        os.close(inner)

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The first match in what it has said; fails when it does not come or the command ends."""
        until = time.monotonic() + SAID_WITHIN_S
        while (found := re.search(pattern, self.said)) is None:
            in_time = time.monotonic() < until and self._read()
            assert in_time, f"no {pattern!r} in: {self.said}"
        return found

    def press_ctrl_c(self) -> None:
        os.write(self.descriptor, b"\x03")

    def hang_up(self) -> None:
        os.close(self.descriptor)
        self.descriptor = -1

    def watch(self, process_ids: Iterable[int]) -> None:
        """Hold on to processes, so that their ids cannot come to mean others."""
        for pid in process_ids:
            with suppress(ProcessLookupError):  # databases have short-lived children
                self.watched.append(os.pidfd_open(pid))

    def watch_children(self) -> None:
        """Everything the command has started, theirs included."""
        self.watch(descendants(self.process.pid))

    def left_of(self, watched: Iterable[int]) -> int:
        """How many live on after the time they have to end."""
        until = time.monotonic() + GONE_WITHIN_S
        left = set(watched)
        while left and time.monotonic() < until:
            ended, _, _ = select.select(left, [], [], until - time.monotonic())
            left -= set(ended)
        return len(left)

    def close(self) -> None:
        for descriptor in (*self.watched, self.descriptor):
            if descriptor >= 0:
                os.close(descriptor)
        self.process.kill()
        self.process.wait()

    def _read(self) -> bool:
        if not select.select([self.descriptor], [], [], 0.2)[0]:
            return True
        try:
            heard = os.read(self.descriptor, 4000)
        except OSError:  # the last process with this terminal has ended
            return False
        self.said += heard.decode()
        return bool(heard)


def descendants(pid: int) -> list[int]:
    """The children of a process, and theirs."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    children = [int(child) for task in tasks for child in task.read_text().split()]
    return children + [each for child in children for each in descendants(child)]
