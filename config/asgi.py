"""ASGI entry: HTTP to Django, WebSockets to stations and open consoles."""

from __future__ import annotations

import os
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

http_application = get_asgi_application()

# These need Django to be set up, which the line above has done.
from chargepoints.consumers import OCPP_PATH, OcppConsumer  # noqa: E402
from chargepoints.node import nodes_here  # noqa: E402
from config.ocpp import STATIONS  # noqa: E402
from console.consumers import LIVE_PATH, serve_console  # noqa: E402


async def refuse_websocket(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer 403 to a WebSocket nobody here serves."""
    await receive()
    await send({"type": "websocket.close"})


# No origin check here: stations send none, or a wrong one.
ocpp: Any = OcppConsumer.as_asgi(stations=STATIONS)  # type: ignore[no-untyped-call]
console: Any = serve_console
others: Any = refuse_websocket
websocket_application = URLRouter(
    [re_path(OCPP_PATH, ocpp), re_path(LIVE_PATH, console), re_path("", others)]
)

application = ProtocolTypeRouter({"http": http_application, "websocket": websocket_application})


async def drain(within_s: float) -> None:
    """Close every charge point's socket of this loop, each after the answer under way."""
    for node in nodes_here():
        await node.drain(within_s)
