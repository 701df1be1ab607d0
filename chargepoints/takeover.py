"""Whether a station's present socket is alive: asked of the process that holds it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import uuid4

from chargepoints.types import Connection, Holder

log = logging.getLogger(__name__)

SendTo = Callable[[str, dict[str, Any]], Awaitable[bool]]

# How long the holder's process may take to say that it has begun to ask its station.
ACK_WITHIN_S = 3.0
# The holder's process waits this long for its station beyond the ping's own time.
SLACK_S = 1.0
# Without a way to ask, a socket heard of so lately keeps its place.
FRESH_FOR = timedelta(seconds=30)


class Said(Enum):
    """What came back."""

    ECHO = "echo"
    ASKING = "asking"
    ALIVE = "alive"
    GONE = "gone"
    NOTHING = "nothing"


class Inquiries:
    """The questions one process has asked about sockets it may not hold itself."""

    def __init__(self, channel: str, notify: SendTo, send: SendTo) -> None:
        """`notify` takes short cuts inside this process, `send` goes over the channel layer."""
        self._channel = channel
        self._notify = notify
        self._send = send
        self._answers: dict[str, asyncio.Queue[Said]] = {}

    def hear(self, message: dict[str, Any]) -> None:
        """Take in an answer; one that comes too late is dropped."""
        answers = self._answers.get(message["inquiry"])
        if answers is not None:
            answers.put_nowait(Said(message["said"]))

    async def is_alive(
        self, connection: Connection, holder: Holder, ping_within_s: float, now: datetime
    ) -> bool:
        """Whether the station's present socket answers a ping, as far as can be known.

        A process that no longer exists holds nothing. When the channel layer is away nobody can be
        asked; then the last sign of life in the database decides.
        """
        inquiry = uuid4().hex
        answers = self._answers[inquiry] = asyncio.Queue()
        try:
            said = await self._ask(inquiry, answers, connection, holder, ping_within_s)
        finally:
            del self._answers[inquiry]
        if said in (Said.ALIVE, Said.GONE):
            return said is Said.ALIVE
        if said is Said.ECHO:
            # Our own messages come through, so it is the other process that is gone.
            return False
        log.warning("no way to ask for a station's socket: its last sign of life decides")
        return holder.seen_at is not None and now - holder.seen_at < FRESH_FOR

    async def _ask(
        self,
        inquiry: str,
        answers: asyncio.Queue[Said],
        connection: Connection,
        holder: Holder,
        ping_within_s: float,
    ) -> Said:
        question = {
            "type": "inquire",
            "charge_point": str(connection.charge_point_id),
            "epoch": holder.epoch,
            "inquiry": inquiry,
            "reply_to": self._channel,
        }
        if not await self._notify(holder.channel, question):
            return Said.NOTHING
        if holder.channel != self._channel:
            await self._send(self._channel, answer_to(question, Said.ECHO))
        said = Said.NOTHING
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + ACK_WITHIN_S
        while said not in (Said.ALIVE, Said.GONE):
            try:
                async with asyncio.timeout_at(give_up_at):
                    heard = await answers.get()
            except TimeoutError:
                return said
            if heard is Said.ASKING:
                give_up_at = loop.time() + ping_within_s + SLACK_S
            if said is not Said.ASKING or heard is not Said.ECHO:
                said = heard
        return said


def answer_to(question: dict[str, Any], said: Said) -> dict[str, Any]:
    """The message that goes back to whoever asked."""
    return {"type": "said", "inquiry": question["inquiry"], "said": said.value}
