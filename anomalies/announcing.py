"""The word that a tenant's incidents have changed; losing it costs seconds, never an incident.

Who hears it reads the rows: nothing but the tenant's id is said.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

GROUP: Final = "incidents"
TIMEOUT_S: Final = 1.0
QUIET_AFTER_FAILURE_S: Final = 5.0
_quiet_until = 0.0


def announce(tenant_id: UUID | None) -> None:
    """Tell every console of the tenant, once the transaction has been committed."""
    transaction.on_commit(lambda: _tell(str(tenant_id)))


def _tell(tenant_id: str) -> None:
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return
    try:
        async_to_sync(_send)(tenant_id)
    except (RedisError, OSError, TimeoutError):
        log.warning("channel layer unreachable: consoles will look by themselves")
        _quiet_until = time.monotonic() + QUIET_AFTER_FAILURE_S


async def _send(tenant_id: str) -> None:
    async with asyncio.timeout(TIMEOUT_S):
        await get_channel_layer().group_send(GROUP, {"type": "news", "tenant": tenant_id})
