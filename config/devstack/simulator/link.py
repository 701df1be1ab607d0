"""One OCPP-J connection of a station: calls, answers, and the calls of the platform."""

import asyncio
import base64
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

Payload = dict[str, Any]
Work = Coroutine[Any, Any, None]

CALL, RESULT, ERROR = 2, 3, 4


class OcppError(Exception):
    """The platform answered with a CALLERROR, or the station wants to."""

    def __init__(self, code: str, description: str = "", details: Payload | None = None) -> None:
        super().__init__(f"{code}: {description}" if description else code)
        self.code = code
        self.description = description
        self.details = details or {}


class LinkLost(Exception):
    """The connection ended, or could not be made."""


class LinkRefused(Exception):
    """The platform refused the handshake, as it does for a wrong key."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a station answers to the platform, and what it does afterwards."""

    payload: Payload
    then: Callable[[], Work] | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """Where and as whom a station connects."""

    url: str
    tenant: str
    charge_point_id: str
    key: str
    subprotocol: str

    @property
    def endpoint(self) -> str:
        """The station's own URL."""
        identity = quote(self.charge_point_id, safe="")
        return f"{self.url.rstrip('/')}/ocpp/{quote(self.tenant, safe='')}/{identity}"

    @property
    def credentials(self) -> str:
        """The value of the Authorization header."""
        pair = f"{self.charge_point_id}:{self.key}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"


Answerer = Callable[[str, Payload], Answer]
Listener = Callable[[bool, list[Any]], None]


class Link:
    """Calls are matched to answers by message id; platform calls are answered in order.

    `on_frame(is_sent, message)` sees every frame; `spawn` runs what a station does after an
    answer. While `is_mute`, nothing is sent at all.
    """

    def __init__(
        self,
        socket: ClientConnection,
        answer: Answerer,
        message_ids: Iterator[str],
        on_frame: Listener,
        spawn: Callable[[Work], None],
    ) -> None:
        self._socket = socket
        self._answer = answer
        self._message_ids = message_ids
        self._on_frame = on_frame
        self._pending: dict[str, asyncio.Future[Payload]] = {}
        self._spawn = spawn
        self._reader = asyncio.create_task(self._read())
        self.is_mute = False
        self.answer_delay_s = 0.0
        self.last_platform_call_at = asyncio.get_running_loop().time()

    async def call(self, action: str, payload: Payload, *, timeout_s: float = 60.0) -> Payload:
        """Send a call and return the answer's payload.

        Raises OcppError for a CALLERROR and LinkLost when the connection ends or nothing comes.
        """
        message_id = next(self._message_ids)
        future: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()
        self._pending[message_id] = future
        try:
            async with asyncio.timeout(timeout_s):
                await self._send([CALL, message_id, action, payload])
                return await future
        except TimeoutError as error:
            raise LinkLost(f"no answer to {action} within {timeout_s} s") from error
        finally:
            del self._pending[message_id]

    async def close(self) -> None:
        """Close with a close frame."""
        await self._socket.close()
        await self.ended()

    async def cut(self) -> None:
        """Drop the connection without a close frame."""
        self._socket.transport.abort()
        await self.ended()

    async def ended(self) -> None:
        """Wait until the connection is gone, for whatever reason."""
        await asyncio.wait([self._reader])

    @property
    def is_open(self) -> bool:
        """Whether the connection still stands."""
        return not self._reader.done()

    async def _send(self, message: list[Any]) -> None:
        if self.is_mute:
            return
        self._on_frame(True, message)
        try:
            await self._socket.send(orjson.dumps(message).decode())
        except ConnectionClosed as error:
            raise LinkLost(str(error)) from error

    async def _read(self) -> None:
        reason = "connection closed"
        try:
            async for text in self._socket:
                await self._receive(orjson.loads(text))
        except (ConnectionClosed, LinkLost, orjson.JSONDecodeError) as error:
            reason = str(error)
        finally:
            for future in self._pending.values():
                if not future.done():
                    future.set_exception(LinkLost(reason))

    async def _receive(self, message: list[Any]) -> None:
        self._on_frame(False, message)
        if message[0] == CALL:
            await self._answer_call(message[1], message[2], message[3])
            return
        future = self._pending.get(message[1])
        if future is None or future.done():
            return
        if message[0] == RESULT:
            future.set_result(message[2])
        else:
            future.set_exception(OcppError(message[2], message[3], message[4]))

    async def _answer_call(self, message_id: str, action: str, payload: Payload) -> None:
        self.last_platform_call_at = asyncio.get_running_loop().time()
        await asyncio.sleep(self.answer_delay_s)
        try:
            answer = self._answer(action, payload)
        except OcppError as error:
            await self._send([ERROR, message_id, error.code, error.description, error.details])
            return
        await self._send([RESULT, message_id, answer.payload])
        if answer.then is not None and not self.is_mute:
            self._spawn(answer.then())


async def open_link(
    address: Address,
    answer: Answerer,
    message_ids: Iterator[str],
    on_frame: Listener,
    spawn: Callable[[Work], None],
) -> Link:
    """Connect a station. Raises LinkRefused when turned away, LinkLost when nobody answers."""
    try:
        socket = await connect(
            address.endpoint,
            subprotocols=[Subprotocol(address.subprotocol)],
            additional_headers={"Authorization": address.credentials},
            compression=None,
            proxy=None,
            ping_interval=None,
            max_size=2**20,
        )
    except InvalidHandshake as error:
        raise LinkRefused(str(error)) from error
    except (OSError, TimeoutError) as error:
        raise LinkLost(str(error)) from error
    if socket.subprotocol != address.subprotocol:
        await socket.close()
        raise LinkRefused(f"platform chose {socket.subprotocol}")
    return Link(socket, answer, message_ids, on_frame, spawn)
