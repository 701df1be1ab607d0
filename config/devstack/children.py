"""Child processes: each in its own session, dying with us, its output in a log file."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from config.devstack.identity import Identity, die_with_parent, identity_change

POLL_S = 0.03
LAST_LINES = 15


class ChildFailed(RuntimeError):
    """A process ended, or did not get ready in time; the message ends with its log's last lines."""


@dataclass(frozen=True)
class Program:
    """What to run.

    `ready` says whether it does its work yet, and is asked again until it does; without it nobody
    waits. A quick end whose output contains `start_again_on` is no failure but a reason to try
    again.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    standard_input: bytes = b""
    stop_signal: signal.Signals = signal.SIGTERM
    identity: Identity = Identity.SELF
    ready: Callable[[], bool] | None = None
    start_again_on: str = ""


class Child:
    """A running program."""

    def __init__(self, program: Program, log: Path) -> None:
        """Start it; its output is appended to `log`."""
        self.program = program
        self.log = log
        self.started_at = time.monotonic()
        self._log_from = log.stat().st_size if log.exists() else 0
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                list(program.command),
                cwd=program.folder,
                env={**os.environ, **program.environment},
                stdin=subprocess.PIPE if program.standard_input else subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C reaches the whole terminal session; only the supervisor may hear it.
                start_new_session=True,
                preexec_fn=_preparation(program),
            )
        if self.process.stdin is not None:
            self.process.stdin.write(program.standard_input)
            self.process.stdin.close()

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def wait_until_ready(self, within_s: float) -> float:
        """Wait for it to do its work; seconds since its start. Raises `ChildFailed`."""
        while self.program.ready is not None and not self.program.ready():
            if not self.is_alive:
                raise ChildFailed(self._obituary(f"ended with code {self.process.returncode}"))
            if time.monotonic() - self.started_at > within_s:
                raise ChildFailed(self._obituary(f"was not ready after {within_s:.0f} s"))
            time.sleep(POLL_S)
        return time.monotonic() - self.started_at

    def ask_to_stop(self) -> None:
        """Send the signal this program takes as a clean end."""
        if self.is_alive:
            self.process.send_signal(self.program.stop_signal)

    def wait_until_ended(self, within_s: float) -> bool:
        """Whether it ended by itself in time."""
        try:
            self.process.wait(timeout=max(within_s, 0))
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """End it and everything it started, at once."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, within_s: float = 3.0) -> None:
        """Clean end, or a hard one when that takes too long."""
        self.ask_to_stop()
        self.wait_until_ended(within_s)
        self.kill()

    def _obituary(self, what: str) -> str:
        return f"{self.program.name} {what}; {self.log} ends with:\n{self.last_lines()}"

    def last_lines(self) -> str:
        """What it said last in this run."""
        with self.log.open("rb") as log:
            log.seek(self._log_from)
            lines = log.read().decode(errors="replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-LAST_LINES:])


def stop_together(children: Sequence[Child], within_s: float) -> None:
    """Ask all, then wait for all until the same moment, then end what is left."""
    until = time.monotonic() + within_s
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.wait_until_ended(until - time.monotonic())
    for child in children:
        child.kill()


def _preparation(program: Program) -> Callable[[], None]:
    parent = os.getpid()
    change_identity = identity_change(program.identity)

    def prepare() -> None:
        if change_identity is not None:
            change_identity()
        die_with_parent(program.stop_signal)
        if os.getppid() != parent:  # it died before we could ask
            os.abort()

    return prepare
