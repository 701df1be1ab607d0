"""A station's way to the platform: connecting, resending, queueing, and misbehaving."""

import asyncio
import itertools
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol, TypeVar

from config.devstack.simulator.behaviour import Behaviour
from config.devstack.simulator.framelog import Frame, FrameLog
from config.devstack.simulator.link import (
    Address,
    Answer,
    Link,
    LinkLost,
    LinkRefused,
    OcppError,
    Payload,
    Work,
    open_link,
)

Outcome = TypeVar("Outcome")
RETRY_EVERY_S = 5.0

REORDERED = frozenset({"MeterValues", "StatusNotification", "StopTransaction", "TransactionEvent"})


@dataclass(slots=True)
class Message:
    """A call to be made now or, while offline, later; `subject` is the charge it is about."""

    action: str
    payload: Payload
    subject: Any = None
    answer: Payload | None = field(default=None, init=False)


class Owner(Protocol):
    """What the uplink needs of its station."""

    def answer(self, action: str, payload: Payload) -> Answer:
        """Answer a call of the platform."""
        ...

    def complete(self, message: Message) -> Payload:
        """The payload to send now; fills in what was unknown when the message was queued."""
        ...

    def settle(self, message: Message) -> None:
        """Take note of a message's answer (None after a CALLERROR)."""
        ...

    def spawn(self, work: Work) -> None:
        """Run something beside."""
        ...

    async def greet(self) -> None:
        """Boot again on a new connection."""
        ...


class Uplink:
    """Delivers messages one at a time, in order, across lost connections."""

    def __init__(
        self,
        address: Address,
        owner: Owner,
        behaviour: Behaviour,
        *,
        seed: int,
        log: FrameLog | None,
    ) -> None:
        self.address = address
        self.behaviour = behaviour
        self.calls = 0
        self.errors: list[str] = []
        self.is_offline = False
        self._owner = owner
        self._log = log
        self._random = Random(f"uplink:{seed}:{address.charge_point_id}")
        self._link: Link | None = None
        self._turn = asyncio.Lock()
        self._queue: list[Message] = []
        self._held: list[Message] = []
        self._lost: Counter[str] = Counter()
        self._connections = 0

    @property
    def is_silent(self) -> bool:
        """Whether the station has stopped to speak and to answer."""
        limit = self.behaviour.silent_after
        return limit is not None and self.calls >= limit

    async def deliver(self, message: Message) -> Payload | None:
        """Send a message and return the answer.

        None when it is queued, held back, swallowed by silence, or answered with a CALLERROR.
        Raises LinkLost when the platform stays away, LinkRefused when it turns the station away.
        """
        if self.is_offline:
            self._queue.append(message)
            return None
        if self.behaviour.reorder_window and message.action in REORDERED:
            self._held.append(message)
            if len(self._held) >= self.behaviour.reorder_window:
                await self.flush()
            return None
        await self._transmit(message)
        return message.answer

    async def flush(self) -> None:
        """Send what is held back for reordering, shuffled."""
        held, self._held = self._held, []
        self._random.shuffle(held)
        for message in held:
            await self._transmit(message)

    async def go_offline(self) -> None:
        """Drop the connection without a close frame and queue from now on."""
        self.is_offline = True
        async with self._turn:
            if self._link is not None:
                await self._link.cut()
                self._link = None

    async def go_online(self) -> None:
        """Connect again and send the queue: old statuses first, everything with its own time."""
        self._queue.sort(key=lambda each: each.action != "StatusNotification")
        while self._queue:
            await self._transmit(self._queue[0])
            del self._queue[0]
        self.is_offline = False

    async def open(self) -> None:
        """Connect if there is no connection.

        Raises LinkLost when nobody answers after all attempts, LinkRefused when turned away.
        """
        async with self._turn:
            await self._retry(self._open)

    async def stay_open(self) -> None:
        """Connect again whenever the connection ends, for ever, as stations do."""
        while True:
            try:
                await self.open()
            except (LinkLost, LinkRefused):
                await asyncio.sleep(min(RETRY_EVERY_S, self.behaviour.longest_pause_s))
            if self._link is not None:
                await self._link.ended()

    async def close(self) -> None:
        """Close the connection properly."""
        async with self._turn:
            if self._link is not None:
                await self._link.close()
                self._link = None

    async def settle_down(self, quiet_s: float) -> None:
        """Wait until the platform has asked nothing for `quiet_s` real seconds."""
        loop = asyncio.get_running_loop()
        while self._link is not None:
            pause_s = self._link.last_platform_call_at + quiet_s - loop.time()
            if pause_s <= 0:
                return
            await asyncio.sleep(pause_s)

    async def _transmit(self, message: Message) -> None:
        if self.is_silent:
            return
        async with self._turn:
            await self._send_until_answered(message)
            while self._lost[message.action] < self.behaviour.lose_answers.get(message.action, 0):
                self._lost[message.action] += 1
                await self._send_until_answered(message)
            if message.action in self.behaviour.repeat:
                await self._send_until_answered(message)
        self._owner.settle(message)

    async def _send_until_answered(self, message: Message) -> None:
        message.answer = await self._retry(lambda: self._send_once(message))

    async def _retry(self, attempt: Callable[[], Awaitable[Outcome]]) -> Outcome:
        reason = LinkLost("never connected")
        for delay_s in self.behaviour.reconnect_delays_s:
            await asyncio.sleep(delay_s)
            try:
                return await attempt()
            except LinkLost as error:
                reason = error
        raise reason

    async def _send_once(self, message: Message) -> Payload | None:
        await asyncio.sleep(self.behaviour.delay_s)
        if self._link is not None and self.calls in self.behaviour.cut_before:
            await self._link.cut()
        link = await self._open()
        self.calls += 1
        payload = self._owner.complete(message)
        try:
            return await link.call(
                message.action, payload, timeout_s=self.behaviour.answer_timeout_s
            )
        except OcppError as error:
            self.errors.append(f"{self.address.charge_point_id} {message.action}: {error}")
            return None
        finally:
            link.is_mute = self.is_silent

    async def _open(self) -> Link:
        if self._link is not None and self._link.is_open:
            return self._link
        self._link = await open_link(
            self.address, self._owner.answer, self._message_ids(), self._note, self._owner.spawn
        )
        self._link.answer_delay_s = self.behaviour.delay_s
        self._connections += 1
        if self._connections > 1 and self.behaviour.boots_after_reconnect:
            self._owner.spawn(self._owner.greet())
        return self._link

    def _message_ids(self) -> Iterator[str]:
        """Counters from 1 on every connection in 1.6, UUIDs in 2.0.1: both are in the field."""
        if self.address.subprotocol == "ocpp1.6":
            return map(str, itertools.count(1))
        return (
            str(uuid.UUID(int=self._random.getrandbits(128), version=4)) for _ in itertools.count()
        )

    def _note(self, is_sent: bool, message: list[Any]) -> None:
        if self._log is not None:
            version = self.address.subprotocol.removeprefix("ocpp")
            self._log.write(Frame(self.address.charge_point_id, version, is_sent, message))
