"""One transaction for what many sockets write: collect a moment, commit, and only then answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import NamedTuple

from django.db import InterfaceError, OperationalError

from chargepoints.database_threads import DatabaseThreads
from chargepoints.services.together import Entry, Outcome, write_together

log = logging.getLogger(__name__)

# Less costs a commit for each few messages, more costs time: measured.
LINGER_S = 0.005
MOST_TOGETHER = 500
# Whoever comes when so many wait is not read from until there is room.
MOST_WAITING = 4 * MOST_TOGETHER
# While the database is away answers are held this long; then the stations have to come again.
HELD_S = 10.0
RETRY_S = 0.2

DATABASE_AWAY = (OperationalError, InterfaceError)


class _Waiting(NamedTuple):
    entry: Entry
    outcome: asyncio.Future[Outcome]


class GroupCommit:
    """The writer of one event loop. It has a database thread of its own and runs while it is owed
    something; what comes during a commit is the next batch."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Nothing runs until the first entry."""
        self.database = DatabaseThreads(1)
        self._loop = loop
        self._waiting: list[_Waiting] = []
        self._waits_since = 0.0
        self._has_room = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    async def write(self, entry: Entry) -> Outcome:
        """Return when the entry is committed, or why it never will be."""
        if len(self._waiting) >= MOST_WAITING:
            async with self._has_room:
                await self._has_room.wait_for(lambda: len(self._waiting) < MOST_WAITING)
        if not self._waiting:
            self._waits_since = self._loop.time()
        waiting = _Waiting(entry, self._loop.create_future())
        self._waiting.append(waiting)
        if self._task is None:
            self._task = self._loop.create_task(self._write_all())
        return await waiting.outcome

    async def drain(self) -> None:
        """Return when everything that waits is committed."""
        while self._task is not None:
            await asyncio.wait([self._task])

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                linger_s = self._waits_since + LINGER_S - self._loop.time()
                if linger_s > 0:
                    await asyncio.sleep(linger_s)
                batch, self._waiting = (
                    self._waiting[:MOST_TOGETHER],
                    self._waiting[MOST_TOGETHER:],
                )
                async with self._has_room:
                    self._has_room.notify_all()
                await self._write_batch(batch)
        finally:
            self._task = None

    async def _write_batch(self, batch: Sequence[_Waiting]) -> None:
        result = await self._attempt([waiting.entry for waiting in batch])
        if isinstance(result, list):
            _settle(batch, result)
        elif isinstance(result, DATABASE_AWAY):
            log.error("database away: %d stations have to come again", len(batch))
            _settle(batch, [Outcome.AWAY] * len(batch))
        elif len(batch) == 1:
            # Its handler will find out what is wrong with it, and say so.
            log.warning("not written with others", exc_info=result)
            _settle(batch, [Outcome.NOT_PLAIN])
        else:
            middle = len(batch) // 2
            await self._write_batch(batch[:middle])
            await self._write_batch(batch[middle:])

    async def _attempt(self, entries: list[Entry]) -> list[Outcome] | BaseException:
        """Try for as long as answers are held; a deadlock is over after the first time."""
        give_up_at = self._loop.time() + HELD_S
        while True:
            result: list[Outcome] | BaseException = await self.database.attempt(
                write_together, entries
            )
            if not isinstance(result, DATABASE_AWAY) or self._loop.time() > give_up_at:
                return result
            await asyncio.sleep(RETRY_S)


def _settle(batch: Sequence[_Waiting], outcomes: Sequence[Outcome]) -> None:
    for waiting, outcome in zip(batch, outcomes, strict=True):
        if not waiting.outcome.done():
            waiting.outcome.set_result(outcome)
