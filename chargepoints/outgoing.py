"""Calls from us to one station: one outstanding at a time, each with a time-out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from chargepoints.frames import CallError, CallResult, call_text

SendText = Callable[[str], Awaitable[None]]
Answer = CallResult | CallError


class Unanswered(Exception):
    """A call of ours got no answer: too late, or the socket closed first."""


class ConnectionEnded(Unanswered):
    """The socket closed before the answer, or before the call."""


class OutgoingCalls:
    """Pairs our calls with the station's answers."""

    def __init__(self, send: SendText) -> None:
        self._send = send
        self._turn = asyncio.Lock()
        self._awaited_id = ""
        self._answer: asyncio.Future[Answer] | None = None
        self._is_closed = False

    async def call(
        self, message_id: str, action: str, payload: dict[str, Any], timeout_s: float
    ) -> Answer:
        """Send a call and return the station's answer; raises `Unanswered`.

        Not to be awaited by whoever reads the socket: the answer would never be read.
        """
        async with self._turn:
            if self._is_closed:
                raise ConnectionEnded("the connection ended before the call")
            self._awaited_id = message_id
            self._answer = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(timeout_s):
                    await self._send(call_text(message_id, action, payload))
                    return await self._answer
            except TimeoutError:
                raise Unanswered("no answer in time") from None
            finally:
                self._answer = None

    def accept(self, answer: Answer) -> bool:
        """Hand an answer to whoever waits for it; False when nobody does (any more)."""
        waiting = self._answer
        if waiting is None or waiting.done() or answer.message_id != self._awaited_id:
            return False
        waiting.set_result(answer)
        return True

    def close(self) -> None:
        """The socket is gone: whoever waits learns it now."""
        self._is_closed = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionEnded("the connection ended before the answer"))
