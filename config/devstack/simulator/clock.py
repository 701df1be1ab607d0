"""Virtual time: a day of charging in seconds, or in real time, or anything between."""

import asyncio
import heapq
import itertools
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """The clock a simulated station lives by."""

    def now(self) -> datetime:
        """The station's time (aware, UTC)."""
        ...

    async def sleep_until(self, at: datetime, *, wake: asyncio.Event | None = None) -> None:
        """Return when the station's time is `at`, earlier if `wake` is set meanwhile."""
        ...

    def sleeper(self) -> AbstractContextManager[None]:
        """Scope of one activity that sleeps by this clock."""
        ...

    def resting(self) -> AbstractContextManager[None]:
        """Scope within a sleeper's in which it waits for something other than time."""
        ...


class LeapClock:
    """Jumps to the next wanted moment as soon as every activity sleeps.

    Activities of one station (its connectors) thereby speak in the order of their time stamps.
    """

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._sleepers = 0
        self._tie = itertools.count()
        self._waiting: list[tuple[datetime, int, asyncio.Event]] = []

    def now(self) -> datetime:
        """The station's time."""
        return self._now

    async def sleep_until(self, at: datetime, *, wake: asyncio.Event | None = None) -> None:
        """Wait for `at`; no real time passes, so there is nothing for `wake` to cut short."""
        if at <= self._now or (wake is not None and wake.is_set()):
            await asyncio.sleep(0)
            return
        entry = (at, next(self._tie), asyncio.Event())
        heapq.heappush(self._waiting, entry)
        self._leap()
        try:
            await entry[2].wait()
        except asyncio.CancelledError:
            self._forget(entry)
            raise

    @contextmanager
    def sleeper(self) -> Iterator[None]:
        """Scope of one activity; time stands still while any activity is busy."""
        self._sleepers += 1
        try:
            yield
        finally:
            self._sleepers -= 1
            self._leap()

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Time goes on for the others meanwhile."""
        self._sleepers -= 1
        self._leap()
        try:
            yield
        finally:
            self._sleepers += 1

    def _forget(self, entry: tuple[datetime, int, asyncio.Event]) -> None:
        if entry in self._waiting:
            self._waiting.remove(entry)
            heapq.heapify(self._waiting)

    def _leap(self) -> None:
        if self._waiting and len(self._waiting) >= self._sleepers:
            at, _, rung = heapq.heappop(self._waiting)
            self._now = max(self._now, at)
            rung.set()


class PacedClock:
    """Runs `speed` times as fast as real time from `now` on."""

    def __init__(self, now: datetime, *, speed: float = 1.0) -> None:
        self._start_at = now
        self._speed = speed
        self._origin_at = datetime.now(UTC)

    def now(self) -> datetime:
        """The station's time."""
        return self._start_at + (datetime.now(UTC) - self._origin_at) * self._speed

    async def sleep_until(self, at: datetime, *, wake: asyncio.Event | None = None) -> None:
        """Wait for `at` in scaled real time."""
        pause_s = max(0.0, (at - self.now()) / timedelta(seconds=1) / self._speed)
        if wake is None:
            await asyncio.sleep(pause_s)
            return
        try:
            async with asyncio.timeout(pause_s):
                await wake.wait()
        except TimeoutError:
            return

    @contextmanager
    def sleeper(self) -> Iterator[None]:
        """Scope of one activity; real time needs no counting."""
        yield

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Real time goes on anyway."""
        yield
