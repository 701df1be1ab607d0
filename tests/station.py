"""A charger for tests, a frame at a time: it may repeat, reorder, go silent, or send rubbish."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_socket
from websockets.typing import Subprotocol

from config.devstack.simulator.link import OcppError

__all__ = ["OcppError", "Station", "connect"]

Payload = dict[str, Any]
ANSWER_WITHIN_S = 10


@asynccontextmanager
async def connect(
    url: str,
    key: str | None,
    version: str = "1.6",
    *,
    user: str | None = None,
    headers: Mapping[str, str] | None = None,
    **how: Any,
) -> AsyncIterator[Station]:
    """Connect to `ws://host:port/ocpp/<tenant>/<id>`; the user is the id unless another is given.

    Without a key there is no Authorization; `how` goes to websockets (local_addr, ssl).

    Raises websockets.exceptions.InvalidStatus when the handshake is refused.
    """
    station = await open_station(url, key, version, user=user, headers=headers, **how)
    try:
        yield station
    finally:
        await station.socket.close()


async def open_station(
    url: str,
    key: str | None,
    version: str = "1.6",
    *,
    user: str | None = None,
    headers: Mapping[str, str] | None = None,
    **how: Any,
) -> Station:
    """`connect`, for those who close the socket themselves, or never."""
    name = user or unquote(urlsplit(url).path.rpartition("/")[2])
    credentials = base64.b64encode(f"{name}:{key}".encode()).decode()
    basic = {} if key is None else {"Authorization": f"Basic {credentials}"}
    socket = await connect_socket(
        url,
        subprotocols=[Subprotocol(f"ocpp{version}")],
        additional_headers={**basic, **(headers or {})},
        compression=None,
        proxy=None,
        ping_interval=None,
        **how,
    )
    return Station(socket)


class Station:
    """Frames in and out. Calls of the platform wait in `recv` unless `answers` knows them.

    `answers` maps an action to the payload it is answered with; `asked` lists those calls.
    """

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.answers: dict[str, Payload] = {}
        self.asked: list[tuple[str, Payload]] = []
        self._ids = map(str, itertools.count(1))
        self._waiting: deque[Any] = deque()

    async def call(
        self, action: str, payload: Payload, *, message_id: str | None = None
    ) -> Payload | OcppError:
        """Send a call; the payload of the answer, or the CALLERROR as an (unraised) OcppError."""
        own_id = message_id or next(self._ids)
        await self.send([2, own_id, action, payload])
        while True:
            frame = await self._receive()
            if frame[0] in (3, 4) and frame[1] == own_id:
                return frame[2] if frame[0] == 3 else OcppError(*frame[2:5])
            self._waiting.append(frame)

    async def send(self, frame: list[Any]) -> None:
        """Send one frame as JSON and wait for nothing."""
        await self.send_raw(json.dumps(frame))

    async def send_raw(self, text: str | bytes) -> None:
        """Send anything at all."""
        await self.socket.send(text)

    async def answer(self, message_id: str, payload: Payload) -> None:
        """Answer a call of the platform."""
        await self.send([3, message_id, payload])

    async def recv(self) -> Any:
        """The next frame that was neither awaited by `call` nor answered from `answers`.

        Raises websockets.exceptions.ConnectionClosed when the platform has closed.
        """
        return self._waiting.popleft() if self._waiting else await self._receive()

    async def recv_call(self, action: str) -> tuple[str, Payload]:
        """The id and payload of the platform's next call of this action; others are dropped."""
        while True:
            frame = await self.recv()
            if frame[0] == 2 and frame[2] == action:
                return frame[1], frame[3]

    async def closed(self) -> int | None:
        """Wait for the platform to close; the close code."""
        async with asyncio.timeout(ANSWER_WITHIN_S):
            await self.socket.wait_closed()
        return self.socket.close_code

    def fall_silent(self) -> None:
        """Read nothing and answer no ping any more, as when the network is gone in between."""
        self.socket.transport.pause_reading()

    async def cut(self) -> None:
        """End the connection without a close frame."""
        self.socket.transport.abort()
        await self.socket.wait_closed()

    async def _receive(self) -> Any:
        while True:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                frame = json.loads(await self.socket.recv())
            if frame[0] != 2 or frame[2] not in self.answers:
                return frame
            self.asked.append((frame[2], frame[3]))
            await self.answer(frame[1], self.answers[frame[2]])
