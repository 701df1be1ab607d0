"""The WebSocket of an open console: incidents of its organisation, as they open and end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.http.cookie import parse_cookie
from django.http.request import split_domain_port, validate_host
from django.utils import translation
from redis.exceptions import RedisError

from anomalies.announcing import GROUP
from chargepoints.database_threads import DatabaseThreads
from console.live import read_cursor, report
from tenants.access import Principal, Right
from tenants.middleware import SESSION_KEY
from tenants.models import User
from tenants.scope import tenant_scope
from tenants.services import principal_of_user

_sessions = import_module(settings.SESSION_ENGINE)
log = logging.getLogger(__name__)

LIVE_PATH: Final = r"^admin/live/incidents/$"
# Whatever was announced, so often everybody looks: a lost word costs no more than this.
LOOK_EVERY_S: Final = 5.0
# A burst of incidents is one message.
TOGETHER_S: Final = 0.2
RETRY_S: Final = 1.0
GONE: Final = 4403

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Newsroom:
    """Wakes the consoles of one event loop, by tenant."""

    def __init__(self) -> None:
        """Nothing is heard until somebody has joined."""
        self.database = DatabaseThreads(2)
        self._listeners: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._hearing: asyncio.Task[None] | None = None

    def join(self, tenant_id: UUID, bell: asyncio.Event) -> None:
        """Have the bell set when the tenant's incidents have changed."""
        self._listeners[str(tenant_id)].add(bell)
        if self._hearing is None or self._hearing.done():
            self._hearing = asyncio.create_task(self._hear())

    def leave(self, tenant_id: UUID, bell: asyncio.Event) -> None:
        """No more."""
        self._listeners[str(tenant_id)].discard(bell)

    async def _hear(self) -> None:
        layer = get_channel_layer()
        while True:
            try:
                channel = await layer.new_channel()
                await layer.group_add(GROUP, channel)
                while True:
                    message = await layer.receive(channel)
                    for bell in self._listeners.get(str(message.get("tenant")), ()):
                        bell.set()
            except (RedisError, OSError, ValueError):
                log.warning("channel layer is broken: consoles look by themselves", exc_info=True)
                await asyncio.sleep(RETRY_S)


_rooms: dict[asyncio.AbstractEventLoop, Newsroom] = {}


def this_newsroom() -> Newsroom:
    """The newsroom of the running event loop."""
    return _rooms.setdefault(asyncio.get_running_loop(), Newsroom())


async def serve_console(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Tell one open page of incidents until it goes, its user is signed out, or loses the right."""
    await receive()
    room = this_newsroom()
    principal = await room.database.run(_principal, scope) if _is_same_origin(scope) else None
    if principal is None:
        await send({"type": "websocket.close", "code": GONE})
        return
    await send({"type": "websocket.accept"})
    bell, gone = asyncio.Event(), asyncio.ensure_future(_wait_for_end(receive))
    room.join(principal.tenant_id, bell)
    try:
        await _tell(scope, send, principal, bell, gone)
    finally:
        room.leave(principal.tenant_id, bell)
        gone.cancel()


async def _tell(
    scope: dict[str, Any],
    send: Send,
    principal: Principal,
    bell: asyncio.Event,
    gone: asyncio.Future[None],
) -> None:
    room, told, last = this_newsroom(), set[str](), ""
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    cursor = read_cursor(asked.get("after", [""])[0])
    while not gone.done():
        bell.clear()
        news = await room.database.run(_read, principal.tenant_id, cursor, _language(scope))
        news["events"] = [one for one in news["events"] if one["event"] not in told]
        told.update(one["event"] for one in news["events"])
        cursor = read_cursor(news["cursor"])
        state = json.dumps([news["open"], news["rows"]])
        if news["events"] or state != last:
            last = state
            await send({"type": "websocket.send", "text": json.dumps(news)})
        await asyncio.wait([gone], timeout=TOGETHER_S)
        ring = asyncio.ensure_future(bell.wait())
        either: list[asyncio.Future[Any]] = [gone, ring]
        await asyncio.wait(either, timeout=LOOK_EVERY_S, return_when="FIRST_COMPLETED")
        is_quiet = not ring.done()
        ring.cancel()
        if is_quiet and not gone.done():
            now = await room.database.run(_principal, scope)
            if now is None or now.tenant_id != principal.tenant_id:
                await send({"type": "websocket.close", "code": GONE})
                return


async def _wait_for_end(receive: Receive) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        while (await receive())["type"] != "websocket.disconnect":
            """What a page says means nothing here."""


def _is_same_origin(scope: dict[str, Any]) -> bool:
    """Browsers send cookies to everybody's WebSockets; only our own pages may open this one."""
    host, origin = _header(scope, "host"), _header(scope, "origin")
    domain, _port = split_domain_port(host)
    allowed = settings.ALLOWED_HOSTS or (["localhost", "127.0.0.1"] if settings.DEBUG else [])
    if not domain or not validate_host(domain, allowed):
        return False
    return urlsplit(origin).netloc == host or origin in settings.CSRF_TRUSTED_ORIGINS


def _principal(scope: dict[str, Any]) -> Principal | None:
    """Who looks, as their session says now; None when signed out or without the right."""
    request = HttpRequest()
    request.session = _sessions.SessionStore(_cookies(scope).get(settings.SESSION_COOKIE_NAME))
    user = get_user(request)
    if not isinstance(user, User):
        return None
    principal = principal_of_user(user, request.session.get(SESSION_KEY))
    return principal if principal is not None and principal.may(Right.VIEW) else None


def _read(tenant_id: UUID, cursor: UUID | None, language: str) -> dict[str, Any]:
    with tenant_scope(tenant_id), translation.override(language):
        return report(cursor)


def _language(scope: dict[str, Any]) -> str:
    asked = _cookies(scope).get(settings.LANGUAGE_COOKIE_NAME, "")
    if asked in dict(settings.LANGUAGES):
        return asked
    request = HttpRequest()
    request.META["HTTP_ACCEPT_LANGUAGE"] = _header(scope, "accept-language")
    return translation.get_language_from_request(request)


def _cookies(scope: dict[str, Any]) -> dict[str, str]:
    return parse_cookie(_header(scope, "cookie"))


def _header(scope: dict[str, Any], name: str) -> str:
    wanted = name.encode()
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == wanted), "")
