"""A signed-in charge point's socket: takes over from older ones, gives way to newer ones."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from chargepoints.conversation import (
    MESSAGE_TOO_BIG,
    REPLACED,
    RESTART,
    Conversation,
    SocketEnded,
)
from chargepoints.errors import Fault, FrameRefused
from chargepoints.journal import Journal
from chargepoints.node import Node, notify_from_loop
from chargepoints.routing import Station
from chargepoints.sender import CommandSender
from chargepoints.services.sockets import OpenedSocket

log = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
# Whether the other side answers a WebSocket ping within so many seconds.
Ping = Callable[[float], Awaitable[bool]]


class LiveSocket:
    """A charge point's socket while it is open."""

    def __init__(
        self, station: Station, node: Node, receive: Receive, send: Send, ping: Ping | None
    ) -> None:
        """Without a `ping`, which some servers do not offer, a frame in time will have to do."""
        self._station = station
        self._node = node
        self._receive = receive
        self._send = send
        self._ping = ping
        self._frame_came = asyncio.Event()
        self._epoch: int | None = None
        self._newest_epoch = 0
        self._sender: CommandSender | None = None
        self._closing: asyncio.Task[None] | None = None
        self._is_answering = False
        self._is_leaving = False

    @property
    def charge_point_id(self) -> UUID:
        """Whose socket it is."""
        return self._station.connection.charge_point_id

    def evict(self, epoch: int) -> None:
        """Close if older than `epoch`; remembered when our own is not known yet."""
        self._newest_epoch = max(self._newest_epoch, epoch)
        if self._epoch is not None and self._epoch < self._newest_epoch and self._closing is None:
            close = self._close(REPLACED, "replaced by a newer connection")
            self._closing = asyncio.create_task(close)

    def wake(self) -> None:
        """A command may be waiting."""
        if self._sender is not None:
            self._sender.wake()

    def go_away(self) -> None:
        """Close, after the answer that the station waits for."""
        self._is_leaving = True
        if not self._is_answering and self._closing is None:
            self._closing = asyncio.create_task(self._close(RESTART, "this server restarts"))

    def is_of(self, epoch: int) -> bool:
        """Whether it is, or may yet turn out to be, the socket of this epoch."""
        return self._epoch is None or self._epoch == epoch

    async def answers_ping(self) -> bool:
        """Whether the station is still there; see `docs/decisions/0007-take-over.md`."""
        within_s = settings.OCPP_PING_WITHIN_MS / 1000
        if self._closing is not None:
            return False
        if self._ping is not None:
            return await self._ping(within_s)
        self._frame_came.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                return await self._frame_came.wait()
        return False

    async def serve(self, opened: OpenedSocket, subprotocol: str) -> None:
        """Accept, and answer until either side has had enough."""
        self._epoch = opened.epoch
        self._station.profile = opened.profile
        self._station.boot_state = opened.boot_state
        self._station.clock_skew_s = opened.clock_skew_s
        self._station.connected_at = timezone.now()
        connection = self._station.connection
        journal = Journal(connection, opened.epoch, timezone.now())
        conversation = Conversation(self._station, journal, self._node, self._send_text)
        self._sender = CommandSender(conversation, self._node)
        try:
            await self._transmit({"type": "websocket.accept", "subprotocol": subprotocol})
            await self._evict_older(opened)
            self.evict(self._newest_epoch)
            self._sender.wake()
            await self._read_frames(conversation, self._sender)
        finally:
            conversation.outgoing.close()
            await self._sender.close()
            await self._node.database.attempt(journal.close, conversation.seen_at, timezone.now())

    async def _evict_older(self, opened: OpenedSocket) -> None:
        if opened.replaced_channel:
            message = {
                "type": "evict",
                "charge_point": str(self.charge_point_id),
                "epoch": opened.epoch,
            }
            await notify_from_loop(opened.replaced_channel, message)

    async def _read_frames(self, conversation: Conversation, sender: CommandSender) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                if message.get("code") == MESSAGE_TOO_BIG:
                    # Larger still than what we count ourselves: the server has cut it off.
                    await conversation.record_oversized()
                return
            self._frame_came.set()
            if self._closing is not None:
                continue
            sender.hold()
            self._is_answering = True
            try:
                await _take(conversation, message.get("text"))
            except SocketEnded as end:
                await self._close(end.code, end.reason)
                return
            finally:
                self._is_answering = False
                sender.let_go()
            if self._is_leaving:
                self.go_away()

    async def _send_text(self, text: str) -> None:
        await self._transmit({"type": "websocket.send", "text": text})

    async def _close(self, code: int, reason: str) -> None:
        extra = {**self._station.connection.log_fields, "code": code}
        log.warning("OCPP socket closed: %s", reason, extra=extra)
        await self._transmit({"type": "websocket.close", "code": code, "reason": reason})

    async def _transmit(self, message: dict[str, Any]) -> None:
        try:
            await self._send(message)
        except (OSError, RuntimeError):
            # The station is gone, or the socket was closed in another task; reading will tell.
            log.debug("nobody is there to hear it", exc_info=True)


async def _take(conversation: Conversation, text: str | None) -> None:
    if text is None:
        await conversation.refuse_frame(FrameRefused(Fault.UNREADABLE, "a binary frame"))
    else:
        await conversation.receive(text)
