"""Starts processes in order, keeps them running, and stops them whatever ends us."""

from __future__ import annotations

import signal
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import NoReturn

from config.devstack.children import Child, ChildFailed, Program, stop_together
from config.devstack.leftovers import note_processes, stop_noted_processes
from config.devstack.reporter import Reporter

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
WATCH_EVERY_S = 0.2
START_AGAIN_FOR_S = 15.0
START_AGAIN_AFTER_S = 0.2
# A process that ends this often in this time is broken, not unlucky.
MOST_RESTARTS = 3
RESTART_WINDOW_S = 60.0
RESTARTED_WITHIN_S = 60.0
# How long a group of processes may take to end by itself.
GRACE_S = 2.2


class StopAsked(KeyboardInterrupt):
    """Ctrl-C, SIGTERM or a closed terminal."""


class Supervisor:
    """Use as a context: on the way out everything is stopped, the last group first."""

    def __init__(self, reporter: Reporter, logs: Path, notes: Path | None = None) -> None:
        """Nothing is started yet; `notes` is where process ids are kept for the next run."""
        self._reporter = reporter
        self._logs = logs
        self._notes = notes
        self._groups: list[list[Child]] = []
        self._restarts: dict[str, deque[float]] = {}
        self._deferring = False
        self._stop_pending = False

    def __enter__(self) -> Supervisor:
        """From here on the stop signals raise `StopAsked` once, and are ignored after that."""
        for number in STOP_SIGNALS:
            signal.signal(number, self._hear)
        if self._notes is not None and stop_noted_processes(self._notes):
            self._reporter.say("  stopped what an earlier run had left behind")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop everything; a second Ctrl-C changes nothing."""
        self._deafen()
        if isinstance(error, StopAsked):
            self._reporter.say("\n  stopping ...")
        while self._groups:
            stop_together(self._groups.pop(), GRACE_S)

    def start_group(self, programs: Sequence[Program], *, within_s: float) -> None:
        """Start programs side by side and wait until all are ready; raises `ChildFailed`."""
        group: list[Child] = []
        self._groups.append(group)
        for program in programs:
            self._start(program, group)
        for program in programs:
            self._wait_until_ready(program, group, within_s)

    def watch(self) -> NoReturn:
        """Start again what ends by itself, until `StopAsked` or `ChildFailed` ends this."""
        while True:
            for group in self._groups:
                for child in list(group):
                    if not child.is_alive:
                        self._start_again(child, group)
            time.sleep(WATCH_EVERY_S)

    def process_ids(self) -> list[int]:
        """Of everything started here, in the order of starting."""
        return [child.process.pid for group in self._groups for child in group]

    def _start(self, program: Program, group: list[Child]) -> Child:
        with self._signals_deferred():
            child = Child(program, self._logs / f"{file_name(program.name)}.log")
            group.append(child)
        if self._notes is not None:
            note_processes(self._notes, self.process_ids())
        return child

    def _wait_until_ready(self, program: Program, group: list[Child], within_s: float) -> None:
        give_up_at = time.monotonic() + START_AGAIN_FOR_S
        while True:
            child = next(child for child in group if child.program is program)
            try:
                took_s = child.wait_until_ready(within_s)
            except ChildFailed:
                group.remove(child)
                child.stop()
                again = program.start_again_on and program.start_again_on in child.last_lines()
                if not again or time.monotonic() > give_up_at:
                    raise
                time.sleep(START_AGAIN_AFTER_S)
                self._start(program, group)
            else:
                said = "started" if program.ready is None else "ready"
                self._reporter.ready(program.name, said, took_s)
                return

    def _start_again(self, child: Child, group: list[Child]) -> None:
        name, now = child.program.name, time.monotonic()
        ends = self._restarts.setdefault(name, deque(maxlen=MOST_RESTARTS))
        if len(ends) == MOST_RESTARTS and now - ends[0] < RESTART_WINDOW_S:
            raise ChildFailed(
                f"{name} ended {MOST_RESTARTS + 1} times within {RESTART_WINDOW_S:.0f} s; "
                f"{child.log} ends with:\n{child.last_lines()}"
            )
        ends.append(now)
        code = child.process.returncode
        self._reporter.say(f"  {name} ended with code {code}; starting it again")
        group.remove(child)
        child.kill()
        self._start(child.program, group)
        self._wait_until_ready(child.program, group, RESTARTED_WITHIN_S)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self._deafen()
        if self._deferring:
            self._stop_pending = True
            return
        raise StopAsked(signal.Signals(number).name)

    def _deafen(self) -> None:
        # Not SIG_IGN: children would inherit that.
        for number in STOP_SIGNALS:
            signal.signal(number, _ignore)

    @contextmanager
    def _signals_deferred(self) -> Iterator[None]:
        """A signal between a start and its note in our list would leave an orphan."""
        self._deferring = True
        try:
            yield
        finally:
            self._deferring = False
        if self._stop_pending:
            self._stop_pending = False
            raise StopAsked("deferred")


def file_name(program_name: str) -> str:
    """`Stripe stand-in` becomes `stripe-stand-in`."""
    return program_name.lower().replace(" ", "-")


def _ignore(number: int, frame: FrameType | None) -> None:
    return
