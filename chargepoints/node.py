"""This process among many: the sockets it holds and its inbox in the channel layer."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any, Protocol
from uuid import UUID, uuid4

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from redis.exceptions import RedisError

from chargepoints.database_threads import DatabaseThreads
from chargepoints.group_commit import GroupCommit
from chargepoints.limits import ConnectLimits, CountsInMemory, CountsInRedis
from chargepoints.takeover import Inquiries, Said, answer_to

log = logging.getLogger(__name__)

LAYER_TIMEOUT_S = 2.0
PROBE_INTERVAL_S = 0.05
RETRY_S = 1.0


class Socket(Protocol):
    """What the node asks of a live socket."""

    @property
    def charge_point_id(self) -> UUID:
        """Whose socket it is."""

    def evict(self, epoch: int) -> None:
        """Close, unless your epoch is this one or newer."""

    def wake(self) -> None:
        """A command may be waiting."""

    def go_away(self) -> None:
        """Close, after the answer that the station waits for."""

    def is_of(self, epoch: int) -> bool:
        """Whether it is, or may yet turn out to be, the socket of this epoch."""

    async def answers_ping(self) -> bool:
        """Whether the station is still there."""


class Node:
    """The sockets of one event loop, which others reach through `channel`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Nothing runs until `start`."""
        self.channel = f"ocpp.{uuid4().hex}"
        self.database = DatabaseThreads()
        self.inquiries = Inquiries(self.channel, notify_from_loop, _send)
        self.limits = ConnectLimits(
            CountsInRedis(settings.REDIS_URL, settings.CHANNEL_PREFIX),
            CountsInMemory(),
            settings.OCPP_CONNECTS_PER_MINUTE,
        )
        self._pings: set[asyncio.Task[None]] = set()
        self.group = GroupCommit(loop)
        self._loop = loop
        self._sockets: dict[UUID, set[Socket]] = {}
        self._listener: asyncio.Task[None] | None = None
        self._is_listening = asyncio.Event()
        self._is_empty = asyncio.Event()

    async def start(self) -> None:
        """Return when the inbox works; with the channel layer away, serve stations without it."""
        if self._listener is None:
            self._listener = self._loop.create_task(self._listen())
        try:
            async with asyncio.timeout(LAYER_TIMEOUT_S):
                await self._prove_subscription()
        except (RedisError, OSError, TimeoutError):
            log.warning("channel layer unreachable: commands wait for the sweep")

    def join(self, socket: Socket) -> None:
        """Have messages about its charge point delivered to the socket."""
        self._sockets.setdefault(socket.charge_point_id, set()).add(socket)

    def leave(self, socket: Socket) -> None:
        """Stop delivering to the socket."""
        sockets = self._sockets.get(socket.charge_point_id, set())
        sockets.discard(socket)
        if not sockets:
            self._sockets.pop(socket.charge_point_id, None)
            if not self._sockets:
                self._is_empty.set()

    async def drain(self, within_s: float) -> None:
        """Close every socket, each after the answer under way; return when all have ended."""
        for sockets in tuple(self._sockets.values()):
            for socket in tuple(sockets):
                socket.go_away()
        self._is_empty.clear()
        if self._sockets:
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await self._is_empty.wait()

    def deliver(self, message: dict[str, Any]) -> None:
        """Hand a message to the sockets of the charge point it names."""
        if message["type"] == "probe":
            self._is_listening.set()
            return
        if message["type"] == "said":
            self.inquiries.hear(message)
            return
        sockets = tuple(self._sockets.get(UUID(message["charge_point"]), ()))
        if message["type"] == "inquire":
            ping = self._loop.create_task(self._ping(sockets, message))
            self._pings.add(ping)
            ping.add_done_callback(self._pings.discard)
            return
        for socket in sockets:
            if message["type"] == "evict":
                socket.evict(message["epoch"])
            else:
                socket.wake()

    def deliver_from_thread(self, message: dict[str, Any]) -> None:
        """`deliver`, called from any thread of this process."""
        self._loop.call_soon_threadsafe(self.deliver, message)

    async def _ping(self, sockets: tuple[Socket, ...], question: dict[str, Any]) -> None:
        """Say at once that we ask, and then what the station said."""
        asked = [socket for socket in sockets if socket.is_of(question["epoch"])]
        if asked:
            await notify_from_loop(question["reply_to"], answer_to(question, Said.ASKING))
        answers = await asyncio.gather(*(socket.answers_ping() for socket in asked))
        said = Said.ALIVE if any(answers) else Said.GONE
        await notify_from_loop(question["reply_to"], answer_to(question, said))

    async def _prove_subscription(self) -> None:
        # What was published before the subscription took hold is lost, so ask until one comes back.
        while not self._is_listening.is_set():
            await get_channel_layer().send(self.channel, {"type": "probe"})
            with suppress(TimeoutError):
                async with asyncio.timeout(PROBE_INTERVAL_S):
                    await self._is_listening.wait()

    async def _listen(self) -> None:
        _nodes_by_channel[self.channel] = self
        try:
            while True:
                await self._receive_until_lost()
                await asyncio.sleep(RETRY_S)
        finally:
            del _nodes_by_channel[self.channel], _nodes[self._loop]
            await self.limits.close()
            # Django closes no connection in a thread that runs an event loop.
            await asyncio.to_thread(self.database.stop)
            await asyncio.to_thread(self.group.database.stop)

    async def _receive_until_lost(self) -> None:
        layer = get_channel_layer()
        try:
            while True:
                self.deliver(await layer.receive(self.channel))
        except (RedisError, OSError, ValueError, KeyError, TypeError):
            # The latter three: something that no process of ours has sent.
            log.warning("channel layer or a message of it is broken, trying again", exc_info=True)


_nodes: dict[asyncio.AbstractEventLoop, Node] = {}
_nodes_by_channel: dict[str, Node] = {}


def this_node() -> Node:
    """The node of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _nodes:
        _nodes[loop] = Node(loop)
    return _nodes[loop]


def nodes_here() -> list[Node]:
    """The node of the running event loop, if it has one."""
    node = _nodes.get(asyncio.get_running_loop())
    return [] if node is None else [node]


def notify(channel: str, message: dict[str, Any]) -> None:
    """Send a message to the node of that channel, whichever process it lives in.

    At most once: what must arrive is also a row that a sweep finds. Called from synchronous code.
    """
    node = _nodes_by_channel.get(channel)
    if node is not None:
        node.deliver_from_thread(message)
    else:
        async_to_sync(_send)(channel, message)


async def notify_from_loop(channel: str, message: dict[str, Any]) -> bool:
    """`notify`, called from a node's own loop; False when it certainly did not arrive."""
    node = _nodes_by_channel.get(channel)
    if node is None:
        return await _send(channel, message)
    node.deliver_from_thread(message)
    return True


async def _send(channel: str, message: dict[str, Any]) -> bool:
    try:
        async with asyncio.timeout(LAYER_TIMEOUT_S):
            await get_channel_layer().send(channel, message)
    except (RedisError, OSError, TimeoutError):
        log.warning("channel layer unreachable: the row or the epoch will have to do")
        return False
    return True
