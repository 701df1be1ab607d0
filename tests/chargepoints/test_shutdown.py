"""A server that is asked to stop answers what it has begun, and says goodbye."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress

from websockets.exceptions import ConnectionClosed

from chargepoints.models import OcppMessage
from config.devstack.rented import WebProcess
from tests.chargepoints.conftest import Registered, elsewhere


def test_a_server_that_stops_says_goodbye(volt: Registered, web: WebProcess) -> None:
    async def talk() -> int | None:
        async with volt.connect() as station:
            await station.call("Heartbeat", {})
            web.signal(signal.SIGTERM)
            return await station.closed()

    assert asyncio.run(talk()) == 1012
    web.stop()


def test_what_a_stopping_server_has_done_it_has_answered(volt: Registered, web: WebProcess) -> None:
    async def talk() -> tuple[int, int]:
        answered = 0
        async with volt.connect() as station:
            await station.call("Heartbeat", {})
            web.signal(signal.SIGTERM)
            with suppress(ConnectionClosed):
                while True:
                    await station.call("DataTransfer", {"vendorId": "V"})
                    answered += 1
        stored = OcppMessage.objects.filter(action="DataTransfer", inbound=True)
        return answered, await elsewhere(stored.count)

    answered, stored = asyncio.run(talk())
    assert answered == stored
    web.stop()
