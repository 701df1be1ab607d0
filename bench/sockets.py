"""Stations for benchmarks: a WebSocket client so cheap that it is not what is measured."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import cast

# All bits zero is a mask, too (RFC 6455 5.3), and leaves the text as it is.
MASK = b"\x00\x00\x00\x00"
TEXT, CLOSE, PING = 0x1, 0x8, 0x9
LATEST_ANSWER_S = 30.0


@dataclass(frozen=True)
class Address:
    """Where and as whom to connect; no credentials without a user."""

    port: int
    path: str
    subprotocol: str = ""
    user: str = ""
    key: str = ""

    def request(self) -> bytes:
        """The opening request."""
        lines = [
            f"GET {self.path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: bGFkZGJvaw1sYWRkYm9rDQ==",
        ]
        if self.subprotocol:
            lines.append(f"Sec-WebSocket-Protocol: {self.subprotocol}")
        if self.user:
            token = base64.b64encode(f"{self.user}:{self.key}".encode()).decode()
            lines.append(f"Authorization: Basic {token}")
        return "\r\n".join([*lines, "", ""]).encode()


@dataclass
class Tally:
    """What was answered: latencies in seconds; `refused` counts CALLERRORs."""

    latencies: list[float] = field(default_factory=list)
    refused: int = 0
    closed: int = 0


class Socket(asyncio.Protocol):
    """One connection: opens, then gives every text it receives to `on_text`."""

    def __init__(self, address: Address, tally: Tally) -> None:
        """`opened` is done when the server has agreed, or has not."""
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.tally = tally
        self.on_text: Callable[[bytes], None] = lambda text: None
        self.on_lost: Callable[[], None] = lambda: None
        self.transport: asyncio.WriteTransport | None = None
        self._address = address
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        # uvloop's transports are of no class of asyncio's.
        self.transport = cast(asyncio.WriteTransport, transport)
        self.transport.write(self._address.request())

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits learns it."""
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("closed while opening"))
        self.tally.closed += 1
        self.transport = None
        self.on_lost()

    def send(self, text: bytes) -> None:
        """One text frame."""
        size = len(text)
        head = bytes((0x80 | TEXT,))
        head += bytes((0x80 | size,)) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
        if self.transport is not None:
            self.transport.write(head + MASK + text)

    def close(self) -> None:
        """Say goodbye and go."""
        if self.transport is not None:
            self.transport.write(bytes((0x80 | CLOSE, 0x82)) + MASK + (1000).to_bytes(2, "big"))
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        """The answer to the request, then frames."""
        data = self._buffer + data
        if not self.opened.done():
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self._buffer = head
                return
            if b" 101 " not in head.splitlines()[0]:
                self.opened.set_exception(ConnectionError(head.splitlines()[0].decode()))
                return
            self.opened.set_result(None)
        while len(data) >= 2:
            size, start = data[1], 2
            if size == 126:
                size, start = int.from_bytes(data[2:4], "big"), 4
            if len(data) < start + size:
                break
            self._take(data[0] & 0xF, data[start : start + size])
            data = data[start + size :]
        self._buffer = data

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == TEXT:
            self.on_text(payload)
        elif kind == PING and self.transport is not None:
            self.transport.write(bytes((0x8A, 0x80 | len(payload))) + MASK + payload)
        elif kind == CLOSE and self.transport is not None:
            self.transport.close()


async def connect(address: Address, tally: Tally) -> Socket:
    """Open a connection; raises ConnectionError when refused."""
    loop = asyncio.get_running_loop()
    _, socket = await loop.create_connection(
        lambda: Socket(address, tally), "127.0.0.1", address.port
    )
    await socket.opened
    return socket


async def ask(socket: Socket, text: bytes) -> bytes:
    """Send one text and wait for the next that comes; raises ConnectionError, TimeoutError."""
    if socket.transport is None:
        raise ConnectionError("closed")
    answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def take(text: bytes) -> None:
        if not answer.done():
            answer.set_result(text)

    def give_up() -> None:
        if not answer.done():
            answer.set_exception(ConnectionError("closed"))

    socket.on_text, socket.on_lost = take, give_up
    socket.send(text)
    async with asyncio.timeout(LATEST_ANSWER_S):
        return await answer


class Saturator:
    """Sends a socket's next call as soon as the last is answered, until told to stop."""

    def __init__(self, socket: Socket, calls: Iterator[bytes]) -> None:
        """Nothing is sent yet."""
        self.done = asyncio.Event()
        self._socket, self._calls = socket, calls
        self._sent_at = 0.0
        self._until = 0.0
        socket.on_text = self._answered

    def start(self, until: float) -> None:
        """Send until this `time.perf_counter`."""
        self._until = until
        self._send()

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        self._socket.send(next(self._calls))

    def _answered(self, text: bytes) -> None:
        now = time.perf_counter()
        self._socket.tally.latencies.append(now - self._sent_at)
        if text.startswith(b"[4"):
            self._socket.tally.refused += 1
        if now < self._until:
            self._send()
        else:
            self.done.set()
