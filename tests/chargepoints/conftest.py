"""Two operators' stations, with keys, and the real server they connect to."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
from django.conf import settings
from django.db import connections
from redis import Redis

from chargepoints.models import ChargePoint
from chargepoints.services import register_charge_point
from config.devstack.rented import WebProcess
from tenants.scope import across_tenants, tenant_scope
from tests import station
from tests.cast import a_site, a_tenant

T = TypeVar("T")
RELEASED_WITHIN_S = 20.0


@dataclass
class Registered:
    """A charge point with its key, and where it connects."""

    charge_point: ChargePoint
    key: str
    url: str

    def connect(
        self, version: str = "1.6", **other: str
    ) -> AbstractAsyncContextManager[station.Station]:
        """Open its socket, with its own key on its own URL unless told otherwise."""
        return station.connect(other.get("url", self.url), other.get("key", self.key), version)

    @asynccontextmanager
    async def booted(self, version: str = "1.6") -> AsyncIterator[station.Station]:
        """A connected station that accepts every setting it is asked for."""
        async with self.connect(version) as talk:
            talk.answers = {
                "ChangeConfiguration": {"status": "Accepted"},
                "GetConfiguration": {},
            }
            yield talk


def register(slug: str, web: WebProcess, identity: str) -> Registered:
    """A charge point of a new operator, at whose door nobody has knocked yet."""
    forget_knocks()
    with tenant_scope(a_tenant(slug).id):
        charge_point, key = register_charge_point(site=a_site(), identity=identity)
    return Registered(charge_point, key, f"{web.websocket_url}/ocpp/{slug}/{identity}")


@pytest.fixture
def volt(transactional_db: None, web: WebProcess) -> Iterator[Registered]:
    """Volt's charge point; the test reads and writes in Volt's scope."""
    web.start()
    registered = register("volt", web, "CP-1")
    with tenant_scope(registered.charge_point.tenant_id):
        yield registered
    wait_for_release()


def forget_knocks() -> None:
    """Every test begins with no failed attempt counted."""
    with Redis.from_url(settings.REDIS_URL) as redis:
        for name in redis.scan_iter(f"{settings.CHANNEL_PREFIX}:door:*"):
            redis.delete(name)


def wait_for_release() -> None:
    """Return when the server has written down the end of every socket.

    Emptying the tables while it still writes would end in a deadlock.
    """
    give_up_at = time.monotonic() + RELEASED_WITHIN_S
    pause = threading.Event()
    with across_tenants(reason="the test is over"):
        while ChargePoint.objects.exclude(socket_channel="").exists():
            assert time.monotonic() < give_up_at, "a socket was never released"
            pause.wait(0.02)


@pytest.fixture
def ampere(volt: Registered, web: WebProcess) -> Registered:
    """Ampere's charge point, which has the same id as Volt's."""
    return register("ampere", web, "CP-1")


async def elsewhere(function: Callable[..., T], **arguments: Any) -> T:
    """Call synchronous code in a thread, as another process would, and leave no connection."""

    def call() -> T:
        try:
            return function(**arguments)
        finally:
            connections.close_all()

    return await asyncio.to_thread(call)
