"""Threads with lasting database connections, for an event loop that must never wait for one."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

T = TypeVar("T")

THREADS = 8


class DatabaseThreads:
    """A pool of threads. Channels' own way has one thread for all sockets of a process."""

    def __init__(self, threads: int = THREADS) -> None:
        """Threads start as they are needed."""
        self._connections: list[BaseDatabaseWrapper] = []
        self._pool = ThreadPoolExecutor(threads, "ocpp-database", initializer=self._adopt)

    async def run(self, function: Callable[..., T], *args: Any) -> T:
        """Call the function in a thread and in the caller's context, with a working connection."""
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, context.run, _call, function, args)

    async def attempt(self, function: Callable[..., Any], *args: Any) -> Any:
        """`run`, but whatever the function raises is returned instead: nothing ends the caller."""
        outcomes = await asyncio.gather(self.run(function, *args), return_exceptions=True)
        return outcomes[0]

    def stop(self) -> None:
        """Finish what runs and close the connections; never call it in a loop's thread."""
        self._pool.shutdown(wait=True)
        for connection in self._connections:
            connection.close()

    def _adopt(self) -> None:
        connection = connections[DEFAULT_DB_ALIAS]
        # So that `stop` may close it from another thread.
        connection.inc_thread_sharing()
        self._connections.append(connection)


def _call(function: Callable[..., T], args: tuple[Any, ...]) -> T:
    connection = connections[DEFAULT_DB_ALIAS]
    connection.close_at = None  # it ends with its thread, not after CONN_MAX_AGE
    connection.close_if_unusable_or_obsolete()
    return function(*args)
