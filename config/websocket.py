"""uvicorn's WebSocket with one more word: whether the other side still answers."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

# uvicorn writes the path of every opening request to its log at this level, and with it the
# station's id.
_log = logging.getLogger("config.websocket")
_log.setLevel(logging.WARNING)

PING = b"still there?"


class StationProtocol(WebSocketsSansIOProtocol):
    """For `uvicorn --ws config.websocket:StationProtocol`.

    Adds `scope["extensions"]["station.ping"]`, a coroutine function `(within_s) -> bool`: a PING of
    RFC 6455, which every WebSocket answers whatever it knows of OCPP.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """As uvicorn makes it."""
        super().__init__(*args, **kwargs)
        self.logger = self.conn.logger = _log
        # At DEBUG it would write down the opening request's headers, with the key.
        self.conn.debug = False
        self._heard: asyncio.Future[bool] | None = None

    def handle_connect(self, event: Request) -> None:
        """Offer the ping to the application."""
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions["station.ping"] = self.answers_ping

    def data_received(self, data: bytes) -> None:
        """Whatever comes is a sign of life."""
        super().data_received(data)
        self._tell(is_alive=True)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more will come."""
        super().connection_lost(exc)
        self._tell(is_alive=False)

    async def answers_ping(self, within_s: float) -> bool:
        """Whether anything comes from the other side in that time after a ping.

        True as well before the handshake is over, and while frames of its own wait to be read: what
        is late then is we.
        """
        if not self.handshake_complete:
            return not self.disconnected
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return False
        if self._heard is None or self._heard.done():
            self._heard = self.loop.create_future()
        heard = self._heard
        self.conn.send_ping(PING)
        self.transport.write(b"".join(self.conn.data_to_send()))
        done, _ = await asyncio.wait([heard], timeout=within_s)
        return heard.result() if done else self.read_paused

    def _tell(self, *, is_alive: bool) -> None:
        if self._heard is not None and not self._heard.done():
            self._heard.set_result(is_alive)
