"""A tiny platform for the simulator's own tests: it checks every frame against OCPP's schemas."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import ocpp
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

Payload = dict[str, Any]
FOLDERS = {"ocpp1.6": ("v16", "", "Response"), "ocpp2.0.1": ("v201", "Request", "Response")}
NOW = "2026-01-05T12:00:00Z"


@cache
def schema(subprotocol: str, action: str, *, is_answer: bool) -> jsonschema_rs.Validator:
    """The `ocpp` package's schema of a call or an answer."""
    folder, call, answer = FOLDERS[subprotocol]
    name = f"{action}{answer if is_answer else call}.json"
    path = Path(ocpp.__file__).parent / folder / "schemas" / name
    return jsonschema_rs.validator_for(json.loads(path.read_text(encoding="utf-8-sig")))


class Csms:
    """Answers every call plausibly; remembers calls, and faults in `invalid`."""

    def __init__(self) -> None:
        self.url = ""
        self.calls: list[tuple[str, str, Payload]] = []
        self.ids: list[str] = []
        self.invalid: list[str] = []
        self.endings: list[int | None] = []
        self.refused: dict[str, str] = {}
        self.boot_statuses: list[str] = []
        self.on_boot: list[tuple[str, Payload]] = []
        self.rights: list[str | None] = []
        self.sockets: dict[str, ServerConnection] = {}
        self._numbers = itertools.count(1)
        self._pending: dict[str, asyncio.Future[list[Any]]] = {}
        self._heard = asyncio.Condition()

    def payloads(self, action: str) -> list[Payload]:
        """The payloads of all calls of one action, in order."""
        return [payload for _, name, payload in self.calls if name == action]

    def actions(self) -> list[str]:
        """The actions called, in order."""
        return [action for _, action, _ in self.calls]

    async def heard(self, action: str, times: int = 1) -> Payload:
        """Wait until an action was called this often; the last payload."""
        async with asyncio.timeout(10), self._heard:
            await self._heard.wait_for(lambda: len(self.payloads(action)) >= times)
        return self.payloads(action)[times - 1]

    async def connected(self, station: str) -> None:
        """Wait until a station is connected."""
        async with asyncio.timeout(10), self._heard:
            await self._heard.wait_for(lambda: station in self.sockets)

    async def ask(self, station: str, action: str, payload: Payload) -> list[Any]:
        """Call a station; its whole answer frame, checked against the schema."""
        socket = self.sockets[station]
        message_id = f"platform-{next(self._numbers)}"
        future = self._pending[message_id] = asyncio.get_running_loop().create_future()
        await socket.send(json.dumps([2, message_id, action, payload]))
        async with asyncio.timeout(10):
            frame = await future
        if frame[0] == 3:
            self._check(socket, action, frame[2], is_answer=True)
        return frame

    async def accept(self, socket: ServerConnection) -> None:
        """Serve one station until it goes."""
        station = socket.request.path.rpartition("/")[2]
        self.rights.append(socket.request.headers.get("Authorization"))
        async with self._heard:
            self.sockets[station] = socket
            self._heard.notify_all()
        try:
            async for text in socket:
                await self._receive(station, socket, json.loads(text))
        except ConnectionClosed:
            pass
        self.endings.append(socket.close_code)

    async def _receive(self, station: str, socket: ServerConnection, frame: list[Any]) -> None:
        if frame[0] != 2:
            self._pending.pop(frame[1]).set_result(frame)
            return
        action, payload = frame[2], frame[3]
        self._check(socket, action, payload, is_answer=False)
        self.ids.append(frame[1])
        await socket.send(json.dumps(self._answer(socket, frame[1], action, payload)))
        async with self._heard:
            self.calls.append((station, action, payload))
            self._heard.notify_all()
        if action == "BootNotification":
            for asked, content in self.on_boot:
                message = [2, f"boot-{next(self._numbers)}", asked, content]
                self._pending[message[1]] = asyncio.get_running_loop().create_future()
                await socket.send(json.dumps(message))

    def _answer(
        self, socket: ServerConnection, message_id: str, action: str, payload: Payload
    ) -> list[Any]:
        if action in self.refused:
            return [4, message_id, self.refused[action], "as the test wants", {}]
        answer = self._payload(socket.subprotocol or "", action, payload)
        self._check(socket, action, answer, is_answer=True)
        return [3, message_id, answer]

    def _payload(self, subprotocol: str, action: str, payload: Payload) -> Payload:
        if action == "BootNotification":
            status = self.boot_statuses.pop(0) if self.boot_statuses else "Accepted"
            return {"status": status, "currentTime": NOW, "interval": 300}
        if action == "Heartbeat":
            return {"currentTime": NOW}
        if action == "StartTransaction":
            return {"transactionId": next(self._numbers), "idTagInfo": self._info(payload["idTag"])}
        if action == "Authorize" and subprotocol == "ocpp1.6":
            return {"idTagInfo": self._info(payload["idTag"])}
        if "idToken" in payload:
            return {"idTokenInfo": self._info(payload["idToken"]["idToken"])}
        return {}

    def _info(self, token: str) -> Payload:
        return {"status": "Blocked" if token == "BLOCKED" else "Accepted"}

    def _check(
        self, socket: ServerConnection, action: str, payload: Payload, *, is_answer: bool
    ) -> None:
        known = schema(socket.subprotocol or "", action, is_answer=is_answer)
        self.invalid += [f"{action}: {error.message}" for error in known.iter_errors(payload)]


@asynccontextmanager
async def serve_csms() -> AsyncIterator[Csms]:
    """A platform on a free port; leaving checks that no frame was invalid."""
    csms = Csms()
    protocols = [Subprotocol(each) for each in FOLDERS]
    async with serve(csms.accept, "127.0.0.1", 0, subprotocols=protocols) as server:
        port = server.sockets[0].getsockname()[1]
        csms.url = f"ws://127.0.0.1:{port}"
        yield csms
    assert csms.invalid == []
