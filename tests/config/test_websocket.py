"""What we lean on in uvicorn: an upgrade that moves it must fail here."""

from __future__ import annotations

import inspect

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


def test_the_parts_of_uvicorn_that_the_ping_needs_are_there() -> None:
    source = inspect.getsource(WebSocketsSansIOProtocol)
    for part in (
        "self.conn = ServerProtocol(",
        "self.response = self.conn.accept(event)",
        "self.scope: WebSocketScope = {",
        '"extensions": {"websocket.http.response": {}}',
        "self.handshake_complete = True",
        "self.read_paused = True",
        "self.disconnected = True",
    ):
        assert part in source
