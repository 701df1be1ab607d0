"""ASGI entry: HTTP to Django, WebSockets to the charge point consumer."""

from __future__ import annotations

import os
from typing import Any

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

http_application = get_asgi_application()


async def refuse_websocket(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer 403 to a WebSocket nobody here serves."""
    await receive()
    await send({"type": "websocket.close"})


application = ProtocolTypeRouter({"http": http_application, "websocket": refuse_websocket})
