"""The WebSocket that charge points open: who may, and in which version."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import Any

from channels.consumer import AsyncConsumer
from django.conf import settings
from django.utils import timezone

from chargepoints.handshake import SUBPROTOCOLS, chosen_subprotocol, key_in_headers
from chargepoints.keys import proof_of
from chargepoints.limits import attempt_of
from chargepoints.live_socket import LiveSocket, Receive, Send
from chargepoints.node import Node, this_node
from chargepoints.routing import Connection, Station
from chargepoints.services.doors import record_second_connection, record_weak_door
from chargepoints.services.sockets import (
    OpenedSocket,
    SignedIn,
    SocketTaken,
    TooWeak,
    open_socket,
    sign_in,
)
from chargepoints.visit import visit_of

log = logging.getLogger(__name__)

# Stations write double slashes; the server has decoded %-escapes already.
OCPP_PATH = r"^/*ocpp/+(?P<tenant>[^/]+)/+(?P<identity>[^/]+)/*$"
PROTOCOL_ERROR = 1002
UNAUTHORIZED, FORBIDDEN, CONFLICT, TOO_MANY, UNAVAILABLE = 401, 403, 409, 429, 503
# When one who was refused because its station is connected may ask again.
ASK_AGAIN_AFTER_S = 10
REFUSALS = {
    type(None): "unknown, disabled or wrong key",
    TooWeak: "weaker than its security profile",
}


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
        entered = await self._sign_in(node, **route)
        if entered is None:
            return
        ours = [name for name, version in SUBPROTOCOLS.items() if version in self._stations]
        subprotocol = chosen_subprotocol(scope["subprotocols"], ours)
        if subprotocol is None:
            extra = {"charge_point": str(entered.charge_point_id)}
            log.warning("no OCPP version in common", extra=extra)
            await self._refuse_versions()
            return
        version = SUBPROTOCOLS[subprotocol]
        connection = Connection(
            entered.tenant_id, entered.charge_point_id, route["identity"], version
        )
        station = self._stations[version](connection)
        await self._serve(station, node, receive, subprotocol, entered)

    async def _sign_in(self, node: Node, tenant: str, identity: str) -> SignedIn | None:
        """Who comes in; None when they were refused and have been told."""
        visit = visit_of(self.scope, settings.OCPP_TRUSTED_PROXIES)
        key = key_in_headers(self.scope["headers"], identity)
        place = f"{tenant}/{identity}"
        attempt = attempt_of(visit.address, place, proof_of(place, key or visit.fingerprint))
        verdict = await node.limits.judge(attempt)
        if verdict.wait_s:
            extra = {"address": visit.address, "wait_s": verdict.wait_s}
            log.warning("connection attempt refused: too many", extra=extra)
            await self._deny(TOO_MANY, math.ceil(verdict.wait_s))
            return None
        now = timezone.now()
        outcome = await node.database.attempt(sign_in, tenant, identity, key, visit, now)
        if isinstance(outcome, SignedIn):
            await node.limits.succeed(attempt, verdict)
            return outcome
        if isinstance(outcome, BaseException):
            log.error("sign-in failed", exc_info=outcome)
            await self._deny(UNAVAILABLE)
            return None
        # Neither names nor keys in the log: the pair's digest tells one knocking station's lines.
        extra = {"address": visit.address, "pair": attempt.pair}
        log.warning("charge point refused: %s", REFUSALS[type(outcome)], extra=extra)
        await node.limits.fail(attempt)
        if isinstance(outcome, TooWeak):
            who = (outcome.tenant_id, outcome.charge_point_id)
            await node.database.attempt(record_weak_door, *who, visit.address, now)
        await self._deny(FORBIDDEN if isinstance(outcome, TooWeak) else UNAUTHORIZED)
        return None

    async def _serve(
        self,
        station: Station,
        node: Node,
        receive: Receive,
        subprotocol: str,
        entered: SignedIn,
    ) -> None:
        connection, now = station.connection, timezone.now()
        entry, holder = entered.entry, entered.holder
        if holder is not None and await node.inquiries.is_alive(
            connection, holder, settings.OCPP_PING_WITHIN_MS / 1000, now
        ):
            await self._refuse_second(connection, node, entry.address)
            return
        ping = (self.scope.get("extensions") or {}).get("station.ping")
        socket = LiveSocket(station, node, receive, self.base_send, ping)
        # Known to the node before the database knows it: whoever takes over finds it here.
        node.join(socket)
        try:
            opened = await node.database.attempt(
                open_socket, connection, node.channel, timezone.now(), entry, holder
            )
            if isinstance(opened, OpenedSocket):
                await socket.serve(opened, subprotocol)
            elif isinstance(opened, SocketTaken):
                await self._refuse_second(connection, node, entry.address)
            else:
                log.error("socket not opened", exc_info=opened)
                await self._deny(UNAVAILABLE)
        finally:
            node.leave(socket)

    async def _refuse_second(self, connection: Connection, node: Node, address: str) -> None:
        extra = connection.log_fields
        log.warning("second connection refused: the first one answers", extra=extra)
        told = await node.database.attempt(
            record_second_connection, connection, address, timezone.now()
        )
        if isinstance(told, BaseException):
            log.error("refused connection not written down", exc_info=told, extra=extra)
        await self._deny(CONFLICT, ASK_AGAIN_AFTER_S)

    async def _deny(self, status: int, retry_after_s: int = 0) -> None:
        """Refuse the opening request: with a status where the server can say it, else 403."""
        if "websocket.http.response" not in (self.scope.get("extensions") or {}):
            await self.base_send({"type": "websocket.close"})
            return
        headers = [(b"www-authenticate", b'Basic realm="ocpp"')] if status == UNAUTHORIZED else []
        if retry_after_s:
            headers.append((b"retry-after", str(retry_after_s).encode()))
        await self.base_send(
            {"type": "websocket.http.response.start", "status": status, "headers": headers}
        )
        await self.base_send({"type": "websocket.http.response.body", "body": b""})

    async def _refuse_versions(self) -> None:
        # OCPP-J 1.6 3.3: complete the handshake without a subprotocol, then close at once.
        await self.base_send({"type": "websocket.accept"})
        await self.base_send({"type": "websocket.close", "code": PROTOCOL_ERROR})
