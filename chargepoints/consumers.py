"""The WebSocket that charge points open: who may, and in which version."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from channels.consumer import AsyncConsumer
from django.utils import timezone

from chargepoints.handshake import SUBPROTOCOLS, chosen_subprotocol, key_in_headers
from chargepoints.live_socket import LiveSocket, Receive, Send
from chargepoints.node import Node, this_node
from chargepoints.routing import Connection, Station
from chargepoints.services.sockets import OpenedSocket, SignedIn, open_socket, sign_in

log = logging.getLogger(__name__)

# Stations write double slashes; the server has decoded %-escapes already.
OCPP_PATH = r"^/*ocpp/+(?P<tenant>[^/]+)/+(?P<identity>[^/]+)/*$"
PROTOCOL_ERROR = 1002
UNAUTHORIZED, UNAVAILABLE = 401, 503


class OcppConsumer(AsyncConsumer):
    """One charge point's connection.

    `__call__` replaces Channels' own: no task and no database hop for each frame, and no
    subscription of its own in the channel layer (the process has one for all its sockets).
    """

    def __init__(self, stations: Mapping[str, type[Station]]) -> None:
        """`stations` maps OCPP versions to the classes that answer."""
        self._stations = stations

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one connection from its opening request to its end."""
        self.scope, self.base_send = scope, send
        await receive()
        node = this_node()
        await node.start()
        route = scope["url_route"]["kwargs"]
        outcome = await self._sign_in(node, **route)
        if not isinstance(outcome, SignedIn):
            reason = "unknown, disabled or wrong key" if outcome is None else repr(outcome)
            log.warning("charge point refused", extra={**route, "reason": reason})
            await self._deny(UNAUTHORIZED if outcome is None else UNAVAILABLE)
            return
        ours = [name for name, version in SUBPROTOCOLS.items() if version in self._stations]
        subprotocol = chosen_subprotocol(scope["subprotocols"], ours)
        if subprotocol is None:
            log.warning("no OCPP version in common", extra=route)
            await self._refuse_versions()
            return
        version = SUBPROTOCOLS[subprotocol]
        connection = Connection(
            outcome.tenant_id, outcome.charge_point_id, route["identity"], version
        )
        await self._serve(self._stations[version](connection), node, receive, subprotocol)

    async def _sign_in(self, node: Node, tenant: str, identity: str) -> Any:
        key = key_in_headers(self.scope["headers"], identity)
        return await node.database.attempt(sign_in, tenant, identity, key)

    async def _serve(
        self, station: Station, node: Node, receive: Receive, subprotocol: str
    ) -> None:
        socket = LiveSocket(station, node, receive, self.base_send)
        # Known to the node before the database knows it: whoever takes over finds it here.
        node.join(socket)
        try:
            opened = await node.database.attempt(
                open_socket, station.connection, node.channel, timezone.now()
            )
            if isinstance(opened, OpenedSocket):
                await socket.serve(opened, subprotocol)
            else:
                log.error("socket not opened", exc_info=opened)
                await self._deny(UNAVAILABLE)
        finally:
            node.leave(socket)

    async def _deny(self, status: int) -> None:
        """Refuse the opening request: with a status where the server can say it, else 403."""
        if "websocket.http.response" not in (self.scope.get("extensions") or {}):
            await self.base_send({"type": "websocket.close"})
            return
        headers = [(b"www-authenticate", b'Basic realm="ocpp"')] if status == UNAUTHORIZED else []
        await self.base_send(
            {"type": "websocket.http.response.start", "status": status, "headers": headers}
        )
        await self.base_send({"type": "websocket.http.response.body", "body": b""})

    async def _refuse_versions(self) -> None:
        # OCPP-J 1.6 3.3: complete the handshake without a subprotocol, then close at once.
        await self.base_send({"type": "websocket.accept"})
        await self.base_send({"type": "websocket.close", "code": PROTOCOL_ERROR})
